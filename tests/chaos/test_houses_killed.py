"""Other houses' orders while the gateway is killed: a number is one order, to the code and cent."""

from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.houses import FACES, run
from tests.chaos.houses_play import Plan

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("face", FACES)
async def test_nothing_differs_after_kills(face: str, fresh: Config, tmp_path: Path) -> None:
    """120 orders, four SIGKILLs, answers that are lost: one order for each number, executed once,
    the same codes in the house's books and in ours, each code once, all the money, every end told.
    """
    result = await run(face, Plan(orders=120, kills=4), tmp_path, fresh)
    assert result.differences == []
