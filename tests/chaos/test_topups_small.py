"""The soak run in small: 300 top-ups over six failing platforms, under SIGKILLs."""

import tempfile
from pathlib import Path

import pytest

from tests.chaos.topups.run import Plan, run

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


async def test_top_ups_survive_faults_and_kills() -> None:
    """Executed once or refunded, told once, to the cent; nothing is left uncertain."""
    plan = Plan(topups=400, seed=7, kill_every_s=1.0, per_s=60, long_run=False, patience_s=600.0)
    # Not under pytest's directory: that is closed to others when another run starts.
    with tempfile.TemporaryDirectory(prefix="quangate-soak-") as directory:
        result = await run(plan, Path(directory))
    assert result.verdicts.good, (result.verdicts, result.states)
    assert result.complaints == []
    assert result.kills >= 2
    assert sum(result.states.values()) == plan.topups
