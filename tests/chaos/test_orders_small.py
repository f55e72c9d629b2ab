"""A short chaos run over orders, with another seed each time; the seed is printed."""

import json
import random

import pytest

from tests.chaos.orders import run

SECONDS = 15


@pytest.mark.chaos
@pytest.mark.slow
async def test_a_short_run_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Fifteen seconds of load and misfortune: no order lost, no code twice, no cent astray."""
    seed = random.SystemRandom().randrange(10**6)
    result = await run(seed, SECONDS)
    with capsys.disabled():
        print("\n" + json.dumps(result))  # noqa: T201
    assert result["wrong"] == []
    assert result["harm"]
    assert result["orders"] > 100
