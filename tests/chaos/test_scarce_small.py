"""Holds, quotas and shelves together, small: tests/chaos/scarce.py runs it larger."""

from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.scarce import Size, run

pytestmark = pytest.mark.chaos


async def test_nothing_too_much_and_nothing_too_little(fresh: Config, tmp_path: Path) -> None:
    """Held, confirmed, released, forgotten and late, from shelves that tail out, workers killed.

    Larger runs of it were seen red without `has_due_units`, without the units that a release gives
    back, with those of confirmed holds given back, and with counts held before the pool.
    """
    result = await run(Size(numbers=500, codes=250, workers=3), tmp_path, fresh)
    assert result["ok"], result
    assert result["harm"]
    assert result["borrowed"] > 0
