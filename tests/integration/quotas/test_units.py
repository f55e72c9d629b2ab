"""Units of quotas in SQL: taken exactly, given back exactly, whoever comes at once."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from tests.integration.quotas.quota_books import NOW, complaints, had, make_quota, take

OK, USED_UP, ELSEWHERE = 1, 5, 13


@pytest.fixture
async def books(connection: Any) -> AsyncIterator[Any]:
    """A connection inside a transaction, rolled back at the end."""
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    assert await complaints(connection) == []
    await transaction.rollback()


async def test_lines_are_judged_one_by_one_when_not_all_can_be(books: Any) -> None:
    """In their order, all or none of a line's quotas; the first that refuses is named."""
    each = await make_quota(books, "each", "buyer", 3)
    both = await make_quota(books, "both", "device", 4)
    asks = [(each, "1 ann"), (both, "d")]
    answer = await take(books, [(1, 2, asks), (2, 2, asks), (3, 1, asks), (4, 1, [(both, "d")]),
                                (5, 1, [(both, "d")]), (6, 9, [])])  # fmt: skip
    assert answer == (
        [OK, USED_UP, OK, OK, USED_UP, OK],
        [None, each, None, None, both, None],
        [None, 1, None, None, 0, None],
    )
    assert await had(books, each) == {("1 ann", 0): 3}
    assert await had(books, both) == {("d", 0): 4}


async def test_a_refused_first_order_leaves_no_units(books: Any) -> None:
    """A count that is made for more than is allowed says nothing was had."""
    each = await make_quota(books, "each", "buyer", 3)
    assert (await take(books, [(1, 4, [(each, "a")])]))[0] == [USED_UP]
    assert await had(books, each) == {("a", 0): 0}
    assert (await take(books, [(2, 3, [(each, "a")])]))[0] == [OK]


@pytest.mark.parametrize(
    ("span", "lasts"), [("day", timedelta(days=1)), ("hour", timedelta(hours=1))]
)
@pytest.mark.parametrize("per", ["buyer", "total"])
async def test_a_window_begins_anew(books: Any, span: str, lasts: timedelta, per: str) -> None:
    """At its own edge by the moment of the commit, not a window's length after the first order."""
    quota = await make_quota(books, "q", per, 1, span=span)
    edge = NOW.replace(minute=0) if span == "hour" else NOW.replace(hour=0, minute=0)
    tick = timedelta(microseconds=1)
    moments = [edge - tick, edge, edge + lasts - tick, edge + lasts]
    outcomes = [
        (await take(books, [(n, 1, [(quota, "")])], now=moment))[0][0]
        for n, moment in enumerate(moments)
    ]
    assert outcomes == [OK, OK, USED_UP, OK]


async def test_what_is_gone_or_lifted_asks_nothing(books: Any) -> None:
    """A worker may not know yet: it is not refused, and nothing is written."""
    lifted = await make_quota(books, "lifted", "buyer", 1)
    await books.execute("UPDATE quota SET most = NULL WHERE id = $1", lifted)
    assert (await take(books, [(1, 5, [(lifted, "a"), (10**9, "b")])]))[0] == [OK]
    assert await had(books, lifted) == {}
    assert await books.fetchval("SELECT count(*) FROM quota_taken") == 0


async def test_a_total_is_sold_out_of_blocks_to_the_last_unit(books: Any) -> None:
    """Many connections, few units each: none is left over in a block while somebody is refused.

    Seen red with a hold_block that asks its own block and the count alone.
    """
    total = await make_quota(books, "t", "total", 1_000)
    rng, sold, owner = random.Random(7), 0, 0
    refused = 0
    while refused < 20:
        owner += 1
        units = rng.randint(1, 9)
        outcomes, _, left = await take(
            books, [(owner, units, [(total, "")])], holder=rng.randint(0, 15)
        )
        sold += units if outcomes == [OK] else 0
        if outcomes == [USED_UP]:
            refused += 1
            assert left == [1_000 - sold]
            assert units > 1_000 - sold
        assert outcomes != [ELSEWHERE]
    assert await had(books, total) == {("", 0): sold}
    blocks = await books.fetchval("SELECT count(*) FROM quota_block WHERE units > 0")
    assert blocks <= 1


async def test_most_orders_of_a_total_write_no_common_row(books: Any) -> None:
    """The count itself is written when a block is filled, not by each."""
    total = await make_quota(books, "t", "total", 100_000)
    places = set()
    for owner in range(50):
        await take(books, [(owner, 1, [(total, "")])], holder=owner % 2)
        places.add(await books.fetchval("SELECT ctid FROM quota_use"))
    assert len(places) <= 3


async def give_back(
    books: Any, *owners: tuple[int, int | None], refunded: bool = False, partner: int = 1
) -> None:
    """Units of owners come back; None: all."""
    await books.execute(
        "SELECT give_back_units($1, $2, $3, $4)",
        [partner] * len(owners), [owner for owner, _ in owners], [units for _, units in owners],
        [refunded] * len(owners),
    )  # fmt: skip


async def test_what_comes_back_can_be_had_again(books: Any) -> None:
    """All or a part of it, once; of somebody who has none nothing; a deleted quota's nowhere."""
    each = await make_quota(books, "each", "buyer", 5)
    total = await make_quota(books, "t", "total", 5)
    asks = [(each, "a"), (total, "")]
    await take(books, [(1, 3, asks), (2, 2, asks)])
    await give_back(books, (1, 2), (9, 1))
    assert await had(books, each) == {("a", 0): 3}
    await give_back(books, (1, None), (2, None))
    await give_back(books, (1, None), (2, None))
    assert await had(books, each) == {("a", 0): 0}
    assert await had(books, total) == {("", 0): 0}
    assert (await take(books, [(3, 5, asks)], holder=3))[0] == [OK]
    await books.execute("DELETE FROM quota WHERE id = $1", each)
    await books.execute("DELETE FROM quota_use WHERE quota_id = $1", each)
    await give_back(books, (3, None))
    assert await had(books, total) == {("", 0): 0}
    assert await books.fetchval("SELECT count(*) FROM quota_taken") == 0


async def test_half_of_it_comes_back_and_then_the_other(books: Any) -> None:
    """Who keeps as much as it gave still has that.

    Seen red: its row was deleted, as that of one that gave all, and the other half was lost.
    """
    each = await make_quota(books, "each", "buyer", 5)
    await take(books, [(1, 2, [(each, "a")])])
    await give_back(books, (1, 1))
    assert await had(books, each) == {("a", 0): 1}
    assert await books.fetchval("SELECT units FROM quota_taken WHERE owner_id = 1") == 1
    await give_back(books, (1, 1))
    assert await had(books, each) == {("a", 0): 0}


async def test_a_quota_may_keep_what_was_refunded(books: Any) -> None:
    """But not what was never delivered: that was nobody's."""
    keeps = await make_quota(books, "keeps", "buyer", 5, keep=True)
    gives = await make_quota(books, "gives", "buyer", 5)
    asks = [(keeps, "a"), (gives, "a")]
    await take(books, [(1, 3, asks), (2, 2, asks)])
    await give_back(books, (1, 1))  # partly failed
    await give_back(books, (1, 2), refunded=True)
    assert await had(books, keeps) == {("a", 0): 4}
    assert await had(books, gives) == {("a", 0): 2}
    await give_back(books, (2, None))  # failed
    assert await had(books, keeps) == {("a", 0): 2}


async def test_an_order_has_what_its_hold_took(books: Any) -> None:
    """Passed on, nothing is counted twice, and it comes back from the order alone."""
    each = await make_quota(books, "each", "buyer", 2)
    await take(books, [(70, 2, [(each, "a")])])
    assert await books.fetchval("SELECT pass_units('{1}', '{70}', '{71}')") == 1
    await give_back(books, (70, None))
    assert await had(books, each) == {("a", 0): 2}
    await give_back(books, (71, None))
    assert await had(books, each) == {("a", 0): 0}


async def test_no_row_says_more_than_was_allowed(books: Any) -> None:
    """Past the routines the database refuses it, and a block below nothing.

    Seen red without quota_use_most and quota_block_units.
    """
    each = await make_quota(books, "each", "buyer", 2)
    total = await make_quota(books, "t", "total", 2)
    await take(books, [(1, 1, [(each, "a"), (total, "")])])
    for statement in (
        "UPDATE quota_use SET used = used + 2 WHERE subject = 'a'",
        "UPDATE quota_use SET used = used - 2 WHERE subject = 'a'",
        "UPDATE quota_block SET units = units - 5",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with books.transaction():
                await books.execute(statement)


async def test_units_that_were_called_in_meanwhile_are_tried_for_again(
    connection: Any, config: Config
) -> None:
    """A block that was seen full and is empty when it is held is no refusal.

    Seen red with is_sure true whatever is found.
    """
    total = await make_quota(connection, "called-in", "total", 80)
    await take(connection, [(1, 1, [(total, "")])], holder=1)
    seen = await connection.fetchrow(
        "SELECT $1::bigint, '', 0::bigint, 80::bigint, true, 1::bigint, units, NULL::bigint,"
        " 80::bigint, true FROM quota_block WHERE quota_id = $1 AND holder = 1 AND units > 0",
        total,
    )
    assert (await take(connection, [(2, 79, [(total, "")])], holder=2))[0] == [OK]
    await give_back(connection, (1, None))
    held = await connection.fetchrow(
        "SELECT * FROM hold_block($1::quota_count, 1)", tuple(seen.values())
    )
    assert (held["left_over"], held["is_sure"]) == (0, False)
    assert (await take(connection, [(3, 1, [(total, "")])], holder=1))[0] == [OK]
    assert await complaints(connection) == []


async def test_from_many_connections_at_once_none_too_many_and_none_refused(
    connection: Any, config: Config
) -> None:
    """Buyers, devices and a total, batches of random lines, some given back, some rolled back.

    Every refusal of a total comes when nothing is left but what others may yet give back.
    """
    each = await make_quota(connection, "each", "buyer", 4)
    device = await make_quota(connection, "device", "device", 6)
    total = await make_quota(connection, "all", "total", 300)
    sold = {"units": 0, "refused": 0}

    async def buy(holder: int) -> None:
        rng, owner = random.Random(holder), holder * 10_000
        other = await asyncpg.connect(str(config.database_url), server_settings=session_settings())
        try:
            for _ in range(40):
                lines = []
                for _ in range(rng.randint(1, 6)):
                    owner += 1
                    asks = [(each, f"b{rng.randint(0, 60)}"), (device, f"d{rng.randint(0, 40)}")]
                    asks = [ask for ask in asks if rng.random() < 0.8] + [(total, "")]
                    lines.append((owner, rng.randint(1, 2), asks))
                transaction = other.transaction()
                await transaction.start()
                outcomes, refused, _ = await take(other, lines, holder=holder)
                if rng.random() < 0.1:
                    await transaction.rollback()
                    continue
                await transaction.commit()
                taken = [line for line, made in zip(lines, outcomes, strict=True) if made == OK]
                sold["units"] += sum(units for _, units, _ in taken)
                sold["refused"] += refused.count(total)
                if taken and rng.random() < 0.2:
                    await give_back(other, (taken[0][0], None))
                    sold["units"] -= taken[0][1]
        finally:
            await other.close()

    await asyncio.gather(*(buy(holder) for holder in range(1, 9)))
    assert await complaints(connection) == []
    assert await had(connection, total) == {("", 0): sold["units"]}
    assert max((await had(connection, each)).values()) <= 4
    assert max((await had(connection, device)).values()) <= 6
    left = 300 - sold["units"]
    assert sold["refused"] > 0
    assert not left or (await take(connection, [(1, left, [(total, "")])], holder=99))[0] == [OK]
