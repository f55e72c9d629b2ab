"""The small version of `tests.chaos.tails`: every tail ends, and nothing is stranded."""

from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.tails import run

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize(("workers", "buyers"), [(2, 16), (4, 64)])
async def test_every_tail_ends(fresh: Config, log: Path, workers: int, buyers: int) -> None:
    """No 500, no false "sold out", all codes sold, nothing leased one TTL later."""
    result = await run(fresh, log, workers=workers, buyers=buyers, rounds=2)
    assert (result["internal"], result["false_sold_out"], result["wrong"]) == (0, 0, [])
