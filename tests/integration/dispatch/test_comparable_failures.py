"""How comparable systems failed when they were run, one test for each (features.md, §5)."""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from gateway.ground.native import OrderIds
from tests.chaos.books import differences, stats
from tests.chaos.buyers import Buyers, buyers_of, in_parallel, under_load, until_accepted
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world
from tests.conftest import unguarded
from tests.world.partner import eventually

HISTORY = 100_000  # orders and codes of others that lie in the way
_named = iter(range(1000))


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """One gateway for all; a test that kills has its own."""
    process = GatewayProcess(config, tmp_path_factory.mktemp("comparable") / "log")
    process.start()
    yield process
    process.kill()


@pytest.fixture
async def buyers(config: Config, gateway: GatewayProcess) -> AsyncIterator[Any]:
    """Makes a shop of its own for a test: `await buyers(codes)` gives (buyers, world)."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(codes: int) -> tuple[Buyers, World]:
            number = next(_named)
            world = await build_world(
                config, codes=codes, partner=f"partner-{number}", sku=f"SKU-{number}"
            )
            made = await stack.enter_async_context(buyers_of(world, gateway.url))
            await eventually(lambda: _sells(made))
            made.ledger.sent.pop("hello", None)
            made.ledger.last_word.pop("hello", None)
            made.ledger.answers.clear()
            return made, world

        yield make


async def _sells(buyers: Buyers) -> bool:
    """Whether the gateway has heard of the shop: what it knows costs more than nothing."""
    return await buyers.single("hello", max_amount=0) == "price-changed"


async def test_1_the_same_number_fifty_times(buyers: Any) -> None:
    """One order, one charge; whoever lost its answer gets the same codes by asking again."""
    shop, world = await buyers(100)
    await shop.together("fifty", copies=50)
    assert shop.ledger.created == {"fifty": 1}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.001):  # hangs up before any answer can come
            await shop.single("lost")
    await shop.again("lost")
    await shop.again("lost")
    assert shop.ledger.last_word["lost"] == "accepted"
    assert await differences(world, shop.ledger) == []


async def test_2_killed_under_load(config: Config, tmp_path: Path, connection: Any) -> None:
    """Right after a SIGKILL, before anything could sweep: every paid order has its codes."""
    world = await build_world(config, codes=5000, partner="killed", sku="KILLED")
    async with (
        GatewayProcess(config, tmp_path / "log") as doomed,
        buyers_of(world, doomed.url) as shop,
    ):
        async with under_load(shop, seed=2, prefix="k"):
            await until_accepted(shop, 200)
            doomed.signal(signal.SIGKILL)
        assert await connection.fetchval(INCOMPLETE) == 0
        async with (
            GatewayProcess(config, tmp_path / "log2") as healthy,
            buyers_of(world, healthy.url, shop.ledger) as again,
        ):
            await again.ask_again_for_all()
    assert await differences(world, shop.ledger) == []


async def test_3_twenty_orders_at_once(buyers: Any) -> None:
    """Twenty different orders at once, hundreds in stock: each is paid and has its code."""
    shop, world = await buyers(300)
    await in_parallel(20, [lambda n=n: shop.single(f"n{n}") for n in range(20)])
    assert set(shop.ledger.last_word.values()) == {"accepted"}
    assert await differences(world, shop.ledger) == []


async def test_4_nobody_is_refused_while_stock_is_left(buyers: Any) -> None:
    """A hundred connections fight for exactly as many codes as they want: all get them."""
    shop, world = await buyers(400)
    await in_parallel(100, [lambda n=n: shop.single(f"n{n}") for n in range(400)])
    assert "sold-out" not in shop.ledger.answers
    await shop.settle()
    assert shop.ledger.codes_accepted == 400
    assert await differences(world, shop.ledger) == []


async def test_5_the_last_codes(buyers: Any) -> None:
    """More orders than codes: those without are told so and pay nothing."""
    shop, world = await buyers(5)
    await in_parallel(30, [lambda n=n: shop.single(f"n{n}") for n in range(30)])
    await shop.settle()
    words = list(shop.ledger.last_word.values())
    assert (words.count("accepted"), words.count("sold-out")) == (5, 25)
    assert await differences(world, shop.ledger) == []


async def test_6_speed_does_not_fall_with_history(buyers: Any, connection: Any) -> None:
    """A hundred thousand orders and codes of others: no order reads through them.

    PostgreSQL counts the rows: while fifty orders and their replays pass, no table that grows
    is read from end to end.
    """
    shop, world = await buyers(200)
    async with unguarded(connection):
        await connection.execute(HISTORY_OF_OTHERS, HISTORY)
    await connection.execute("ANALYZE orders, allocation, code, entry")
    before = await _scans(connection)
    await in_parallel(10, [lambda n=n: shop.single(f"n{n}") for n in range(50)])
    await shop.ask_again_for_all()
    await eventually(lambda: _index_scans_grew(connection, before))
    after = await _scans(connection)
    # Rows, not scans: a scan of the young table may be told late, by a backend that was idle.
    read = {table: after[table]["read"] - before[table]["read"] for table in GROWING}
    assert {table: rows for table, rows in read.items() if rows >= HISTORY} == {}
    assert len(shop.ledger.accepted) == 50
    assert (await stats(connection, world.sku))["delivered"] == 50


async def test_7_more_intake_does_not_starve_delivery(buyers: Any, connection: Any) -> None:
    """Delivery is part of the commit: more connections make larger commits, not a longer queue."""
    shop, _ = await buyers(1300)
    commits = []
    for width in (20, 100):
        before = await connection.fetchval("SELECT count(*) FROM commit_batch")
        await in_parallel(width, [lambda n=n, w=width: shop.single(f"{w}-{n}") for n in range(600)])
        commits.append(await connection.fetchval("SELECT count(*) FROM commit_batch") - before)
    assert shop.ledger.codes_accepted == 1200  # each answer had its codes
    assert commits[1] < commits[0]


def test_8_order_numbers_never_collide() -> None:
    """Two hundred thousand numbers made in the same millisecond by four workers are different."""
    makers = [OrderIds(slot) for slot in (0, 1, 511, 1023)]
    numbers = [number for maker in makers for number in maker.next_many(1_767_225_600_000, 50_000)]
    assert len(set(numbers)) == 200_000


async def test_9_one_commit_for_many_orders(buyers: Any, connection: Any) -> None:
    """Eighty lines of a batch are one commit, one order alone is one: nothing waits for more.

    Now and then a lease ends meanwhile; then it is tried with other orders.
    """
    shop, _ = await buyers(8_000)
    tries = itertools.count()

    async def commits_of(buy: Coroutine[Any, Any, object]) -> int:
        before = await connection.fetchval("SELECT count(*) FROM commit_batch")
        await buy
        now: int = await connection.fetchval("SELECT count(*) FROM commit_batch")
        return now - before

    async def batch_is_one() -> bool:
        number = next(tries)
        assert number < 99
        return await commits_of(shop.batch([f"line-{number}-{n}" for n in range(80)])) == 1

    async def order_is_one() -> bool:
        return await commits_of(shop.single(f"alone-{next(tries)}")) == 1

    await eventually(batch_is_one)
    await eventually(order_is_one)


INCOMPLETE = """
SELECT count(*) FROM orders o WHERE cardinality(seqs) IS DISTINCT FROM quantity
    OR NOT EXISTS (SELECT FROM each_entry e WHERE e.partner_id = o.partner_id AND e.order_id = o.id)
"""
# No real books: after this, no test of this module asks the audit.
HISTORY_OF_OTHERS = """
WITH numbered AS (SELECT generate_series(1, $1) AS n), sold AS (
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                        delivered_quantity, pool_id, seqs, created_at, updated_at)
    SELECT 999999, n, 'old-' || n, '\\x00', 999999, 1, 7, 'delivered', 1, 999999, ARRAY[n],
           now(), now() FROM numbered
), codes AS (
    INSERT INTO code (pool_id, seq, batch_id, sealed)
    SELECT 999999, n, 999999, '\\x00' FROM numbered
), entries AS (
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id)
    SELECT 999999, n, 'charge', -7, 0, n FROM numbered
)
INSERT INTO allocation (pool_id, seq, order_id) SELECT 999999, n, n FROM numbered
"""
GROWING = ("orders", "allocation", "code", "entry", "reveal", "commit_batch")


async def _scans(connection: Any) -> dict[str, dict[str, int]]:
    rows = await connection.fetch(
        "SELECT relname, seq_tup_read AS read, coalesce(idx_scan, 0) AS idx_scan"
        " FROM pg_stat_user_tables"
        " WHERE relname = ANY ($1)",
        list(GROWING),
    )
    return {row["relname"]: dict(row) for row in rows}


async def _index_scans_grew(connection: Any, before: dict[str, dict[str, int]]) -> bool:
    now = await _scans(connection)
    return now["orders"]["idx_scan"] >= before["orders"]["idx_scan"] + 50
