"""Plain commits of what is sold in a window, and from totals."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.orders.commit_columns import commit_request
from tests.integration.orders.plain_books import (
    OPEN,
    WINDOWS,
    Lines,
    committed,
    lines_of,
    open_world,
)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[Any]:
    """See open_world."""
    async with open_world(database_url) as connection:
        yield connection


@pytest.fixture
async def lines(world: Any) -> Lines:
    """Lines of the partner acme."""
    return await lines_of(world)


async def test_a_total_in_hand_is_sold_from_plainly(world: Any, lines: Lines) -> None:
    """In a campaign that is open, lines take units of a total that their connection has in hand;
    the first commit, which has none, and one that wants more than is in hand go the full way.

    Seen red with a plain commit that takes nothing of totals.
    """
    asks = f'[[{lines.quotas[3]},""]]'
    ways = []
    for size in (1, 5, 3, 2):  # of 60 the first takes one, and a block of 7
        asked = [lines.line(quotas=asks) for _ in range(size)]
        for line in asked:
            line.opens_at, line.closes_at = OPEN
        said, _ = await committed(world, commit_request(asked), plain=True, keep=True)
        assert said[1] == [1] * size
        ways.append(said[4])
    assert ways == [False, True, False, True]
    had = await world.fetchrow(
        "SELECT (SELECT used FROM quota_use) - (SELECT sum(units) FROM quota_block) AS had,"
        " (SELECT sum(units) FROM quota_taken) AS taken"
    )
    assert tuple(had) == (11, 11)


@pytest.mark.parametrize("window", WINDOWS[-2:])
async def test_a_window_that_is_not_open_is_seen(
    world: Any, lines: Lines, window: tuple[str, str]
) -> None:
    """One line whose window is over, or to come, among others without one: it is refused, and no
    other is.

    Seen red without the plain commit's look at windows.
    """
    asked = [lines.line(quotas=None) for _ in range(3)]
    for line in asked:
        line.opens_at = line.closes_at = None
    asked[1].opens_at, asked[1].closes_at = window
    said, _ = await committed(world, commit_request(asked), plain=True, keep=True)
    assert (said[1], said[4]) == ([1, 11, 1], False)


async def test_a_campaign_for_newcomers_is_judged(world: Any, lines: Lines) -> None:
    """As long as there is one, whoever orders in a window goes the full way.

    Seen red without the plain commit's look for one.
    """
    await world.execute(
        "INSERT INTO campaign (name, sku_id, starts_at, ends_at, new_buyers)"
        " SELECT 'first', id, now() - interval '1 h', now() + interval '1 h', true FROM sku"
    )
    line = lines.line(quotas=None)
    line.opens_at, line.closes_at = OPEN
    said, _ = await committed(world, commit_request([line]), plain=True, keep=True)
    assert (said[1], said[4]) == ([1], False)
