"""A commit of plain lines writes and answers what the commit there always was does, for less."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.campaigns.passes import UsedPass
from gateway.orders.commit_columns import commit_request
from gateway.orders.commit_store import PLAIN_PARAMETERS
from gateway.orders.line import HeldGoods
from gateway.orders.plain_commits import PAUSE_MAX, PlainCommits
from tests.integration.orders.plain_books import PAY_IN, Lines, committed, lines_of, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[Any]:
    """See open_world."""
    async with open_world(database_url) as connection:
        yield connection


@pytest.fixture
async def lines(world: Any) -> Lines:
    """Lines of the partner acme."""
    return await lines_of(world)


async def test_both_ways_write_the_same_and_say_the_same(world: Any, lines: Lines) -> None:
    """120 commits of lines made by chance, each done both ways from the same state.

    Seen red with the charge's amounts positive, without `take_first`'s look at what is allowed,
    with the digest of views over the ids alone, and with `last_event` always 0.
    """
    seen = {"plain": 0, "through": 0, "refused": 0}
    for n in range(120):
        request = commit_request(lines.batch())
        assert request.plain_of == lines.partner_id
        if n % 20 == 19:
            await world.execute(PAY_IN, f"d{n}")
        keeps_plain = n % 2 == 0
        said, rows = await committed(world, request, plain=True, keep=False)
        other, rows_of_other = await committed(world, request, plain=False, keep=not keeps_plain)
        assert said[:4] == other[:4]
        assert rows == rows_of_other
        if rows is None:
            seen["refused"] += 1
            continue
        if keeps_plain:
            await committed(world, request, plain=True, keep=True)
        seen["plain" if said[4] else "through"] += 1
    # Each way was gone often, or this says little.
    assert min(seen.values()) > 5
    assert seen["plain"] > 40


async def test_what_was_sold_plainly_adds_up(world: Any, lines: Lines) -> None:
    """The chain's digest is that of the orders that name the commit, and the money follows."""
    for size in (1, 4):
        request = commit_request([lines.line(quotas=None) for _ in range(size)])
        said, _ = await committed(world, request, plain=True, keep=True)
        assert said[4]
    digests = await world.fetch(
        "SELECT r.digest = sha256(array_send(array_agg(o.id ORDER BY o.id))"
        " || array_send(array_agg(o.seqs[1] ORDER BY o.id))) AS same, r.digest"
        " FROM reveal r JOIN orders o ON o.commit_no = r.no GROUP BY r.no, r.digest"
    )
    assert [row["same"] for row in digests] == [True, True]


async def test_the_arguments_of_a_plain_commit_are_the_databases(world: Any) -> None:
    """Each parameter of `commit_plain` has its name and type here.

    Seen red with `a_lease` missing among the columns.
    """
    rows = await world.fetch(
        "SELECT a.name, format_type(a.type, NULL) AS kind"
        " FROM pg_proc p,"
        " unnest(p.proargnames, p.proallargtypes, p.proargmodes) AS a (name, type, mode)"
        " WHERE p.proname = 'commit_plain' AND pg_function_is_visible(p.oid) AND a.mode = 'i'"
    )
    kinds = {
        name: kind.removeprefix("text::").replace("timestamptz", "timestamp with time zone")
        for name, kind in PLAIN_PARAMETERS.items()
    }
    assert kinds == {row["name"]: row["kind"] for row in rows}


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 2},
        {"partner_id": -1},
        {"account": "13800000000"},
        {"hold": HeldGoods(id=1, late=False)},
        {"used_pass": UsedPass(room_id=1, number=1)},
    ],
)
async def test_unusual_lines_go_the_full_way(lines: Lines, changes: dict[str, Any]) -> None:
    """One line with something that only `commit_orders` judges, and all of its commit goes there.

    Seen red without the look at quantities and partners, and at the columns.
    """
    assert commit_request([lines.line(), lines.line()]).plain_of == lines.partner_id
    assert commit_request([lines.line(), lines.line(**changes)]).plain_of is None


def test_in_vain_is_tried_less_and_less() -> None:
    """After each failure twice as many commits go the full way at once, up to a bound; one that
    was plain begins anew.

    Seen red with a pause that does not grow.
    """
    plain = PlainCommits()

    def tried(commits: int) -> int:
        return sum(plain.is_worth_trying() for _ in range(commits))

    assert tried(1 + 1 + 1 + 3 + 1 + 7 + 1) == 4
    assert tried(100 * (PAUSE_MAX + 1)) in {99, 100, 101, 102}
    while not plain.is_worth_trying():
        pass
    plain.was_plain()
    assert tried(1) == 1
