"""The small version of `tests.chaos.shelf_tails`: all codes are sold, each from its shelf."""

from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.shelf_tails import run

pytestmark = pytest.mark.chaos


async def test_three_shelves_sell_out_while_workers_are_killed(fresh: Config, log: Path) -> None:
    """100 codes, 200 buyers, 3 workers, 2 kills: exactly 100, no 500, and the books agree."""
    result = await run(fresh, log, workers=3, buyers=200, kills=2)
    assert (result["internal"], result["wrong"]) == (0, []), result
