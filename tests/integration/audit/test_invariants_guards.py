"""The guards in the database: with all else wrong, they still refuse (design §2).

Each test says with which planted bug it was seen to fail. I3 is seen in
tests/property/orders/test_order_model.py, I4 in tests/chaos/test_failpoints.py, I8 in
test_leases.py, I11 and I13 in test_audit.py, I12 in test_invariants_secrets.py.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest

from gateway.dispatch.purchase_store import PurchaseStore
from gateway.ground.config import Config
from gateway.ground.errors import InvariantBrokenError
from gateway.ground.histogram import Times
from gateway.orders.commit_store import DatabaseCommitter
from gateway.orders.lost_tail import TailOfLog
from tests.world import WORLD_FILES
from tests.world.servers import nothing_lost

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")
W1 = "00000000-0000-0000-0000-000000000001"
W3 = "00000000-0000-0000-0000-000000000003"
CREATED, REPLAYED, CONFLICT, INSUFFICIENT = 1, 2, 3, 4


@pytest.fixture
async def world(connection: Any) -> AsyncIterator[Any]:
    """A connection inside a transaction, in the small world of the audit's tests."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()


async def commit(world: Any, **changes: Any) -> Any:
    """One line through commit_orders, under worker 1's lease unless said otherwise."""
    lease = await world.fetchrow(
        "SELECT id, epoch FROM lease WHERE worker_id = $1 AND state = 'active'", W1
    )
    line = {
        "number": "new", "quantity": 1, "amount": 100, "seqs": [3], "content": b"\1",
        "all_new": False,
        "lease": lease and lease["id"], "epoch": lease and lease["epoch"], **changes,
    }  # fmt: skip
    async with world.transaction():  # a savepoint: a refusal leaves the world as it was
        return await world.fetchrow(
            """
            SELECT c.* FROM partner p, pool pl, sku s, LATERAL commit_orders(
                p_batch => gen_random_uuid(), p_chain => 2, p_partner => ARRAY[p.id],
                p_id => '{900}', p_out => ARRAY[$1::text], p_hash => ARRAY[$2::bytea],
                p_sku => ARRAY[s.id], p_quantity => ARRAY[$3::integer],
                p_amount => ARRAY[$4::bigint], p_pool => ARRAY[pl.id], p_first => '{1}',
                p_account => '{NULL}', p_metadata => '{NULL}', p_details => '{NULL}',
                p_notify => '{f}', p_notify_url => '{NULL}', p_attempt => '{NULL}',
                p_upstream => '{NULL}', p_product => '{NULL}', p_cost_max => '{NULL}',
                p_face => '{NULL}', p_owner => NULL,
                a_line => array_fill(1, ARRAY[cardinality($5::bigint[])]), a_seq => $5,
                a_lease => array_fill($6::bigint, ARRAY[cardinality($5)]),
                l_id => ARRAY[$6::bigint], l_epoch => ARRAY[$7::bigint], p_all_new => $8) AS c
            WHERE p.name = 'acme' AND pl.name = 'vip' AND s.sku = 'VIP'
            """,
            line["number"], line["content"], line["quantity"], line["amount"], line["seqs"],
            line["lease"], line["epoch"], line["all_new"],
        )  # fmt: skip


def nobodys_lane() -> DatabaseCommitter:
    """A lane that was never opened: what it makes of an error."""
    return DatabaseCommitter(
        dsn="",
        config=Config(),
        chain=0,
        worker_id=uuid.UUID(W1),
        times=Times(),
        tail=TailOfLog(nothing_lost),
    )


async def totals(world: Any) -> Any:
    """What a refused commit must not change."""
    return await world.fetchrow(
        "SELECT (SELECT count(*) FROM orders) AS orders,"
        " (SELECT count(*) FROM each_entry) AS entries,"
        " (SELECT count(*) FROM allocation) AS allocated,"
        " (SELECT sum(balance) FROM account) AS money"
    )


async def test_i1_a_code_is_sold_once(world: Any) -> None:
    """Even when the allocator handed the same range out twice, the second sale is refused.

    Seen red with the primary key of `allocation` dropped, and its alarm with QG007 raised as the
    plain error it comes from: told by its own SQLSTATE, not by a table's name.
    """
    await world.execute(
        "UPDATE lease SET state = 'closed', epoch = epoch + 1 WHERE worker_id = $1", W1
    )
    again = await world.fetchrow(
        "INSERT INTO lease (pool_id, lo, hi, worker_id, expires_at)"
        " SELECT id, 0, 6, $1, now() + interval '1 h' FROM pool RETURNING id, epoch",
        W3,
    )
    before = await totals(world)
    for all_new in (False, True):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await commit(world, seqs=[0], lease=again["id"], epoch=again["epoch"], all_new=all_new)
        alarm = await nobodys_lane()._meaning_of(refused.value)
        assert isinstance(alarm, InvariantBrokenError)
        assert "(pool_id, seq)=" in refused.value.detail  # for PostgreSQL's log: which code
    assert await totals(world) == before


BOUGHT_AGAIN = {
    "for an order": """
        SELECT bind_bought_codes(
            ARRAY(SELECT j FROM json_populate_record(
                NULL::judged_news, '{"line": 1, "order_id": 101, "target": "delivered"}') AS j),
            ARRAY(SELECT n FROM json_populate_record(NULL::attempt_news,
                json_build_object('pool', a.pool_id, 'seqs', ARRAY[a.seq])) AS n))
        FROM allocation a WHERE a.order_id IS NOT NULL LIMIT 1""",
    "beyond one": """
        SELECT bind_surplus(ARRAY[a.pool_id], ARRAY[a.seq])
        FROM allocation a WHERE a.order_id IS NOT NULL LIMIT 1""",
}


class OneConnection:
    """A pool of the world's connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """It."""
        yield self._connection


@pytest.mark.parametrize("way", BOUGHT_AGAIN)
async def test_i1_a_bought_code_is_sold_once(
    world: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Numbers that are sold already are refused to a purchase too, as the alarm that it is.

    Seen red with 23505 raised as it comes: tried again like a code that two platforms sold at
    the same moment, and then no alarm.
    """
    tries = []

    async def settle(_: Any, connection: Any, *__: Any) -> Any:
        tries.append(way)
        return await connection.fetchval(BOUGHT_AGAIN[way])

    monkeypatch.setattr(PurchaseStore, "_settle", settle)
    nothing = cast("Any", None)
    store = PurchaseStore(OneConnection(world), nothing, nothing, chain=0)
    before = await totals(world)
    with pytest.raises(InvariantBrokenError, match="I1: "):
        await store.settle([], [])
    assert (tries, await totals(world)) == ([way], before)


async def test_i1_a_known_number_is_no_alarm(world: Any) -> None:
    """A number that was thought new is looked up: its order answers, and its codes are nobody's.

    Seen red with `made` 0 from the start.
    """
    same = bytes.fromhex("89116713f7dd11955790c3c3f510ddf7")
    before = await totals(world)
    answer = await commit(world, number="a", content=same, all_new=True)
    assert (answer["outcome"], answer["existing"]) == ([REPLAYED], [101])
    assert await totals(world) == before


@pytest.mark.parametrize(
    ("quantity", "seqs"),
    [
        (2, [3]),  # a code is missing
        (1, [3, 4]),  # one too many
        (1, []),  # "delivered", with nothing
    ],
)
async def test_i2_quantity_and_codes_agree(world: Any, quantity: int, seqs: list[int]) -> None:
    """An order cannot be delivered with fewer or more codes than its quantity.

    Seen red with the check in record_codes and the constraint `orders_quantity` taken away;
    without the former alone, a missing code is still refused.
    """
    before = await totals(world)
    with pytest.raises(asyncpg.CheckViolationError):
        await commit(world, quantity=quantity, seqs=seqs)
    assert await totals(world) == before


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (bytes.fromhex("89116713f7dd11955790c3c3f510ddf7"), REPLAYED),  # as order 101 was sent
        (b"\1", CONFLICT),  # something else under its number
    ],
)
async def test_i5_a_number_is_one_order(world: Any, content: bytes, outcome: int) -> None:
    """A number that was accepted answers with its order, other content is a conflict; no effect.

    Seen red with `o.content_hash = p_hash[u.line]` replaced by `true`.
    """
    before = await totals(world)
    answer = await commit(world, number="a", content=content)
    assert (answer["outcome"], answer["existing"]) == ([outcome], [101])
    assert await totals(world) == before


async def test_i7_leases_are_disjoint(world: Any) -> None:
    """No range can be leased while another worker's lease holds a code of it.

    Seen red with the exclusion constraint `lease_disjoint` dropped.
    """
    with pytest.raises(asyncpg.ExclusionViolationError):
        await world.execute(
            "INSERT INTO lease (pool_id, lo, hi, worker_id, expires_at)"
            " SELECT id, 5, 7, $1, now() FROM pool",
            W3,
        )


async def test_i7_a_reclaimed_lease_sells_nothing(world: Any) -> None:
    """A holder that was declared dead and wakes up cannot commit: its epoch is over.

    Seen red with `l.epoch = mine.epoch AND l.state = 'active'` removed from commit_orders.
    """
    old = await world.fetchrow("SELECT id, epoch FROM lease WHERE worker_id = $1", W1)
    await world.fetchval("SELECT reclaim($1::uuid[])", [W1])
    before = await totals(world)
    with pytest.raises(asyncpg.PostgresError, match="lease lost"):
        await commit(world, lease=old["id"], epoch=old["epoch"])
    assert await totals(world) == before


@pytest.mark.parametrize(
    ("attempt", "news", "verdict"),
    [
        (301, "failed", "parked"),  # a failure after the success
        (302, "succeeded", "parked"),  # a success after the refund
        (302, "uncertain", "late"),
    ],
)
async def test_i9_what_is_final_stays(world: Any, attempt: int, news: str, verdict: str) -> None:
    """News that contradict a final state change neither order nor money: a person decides.

    Seen red with judge_news answering 'applied' to everything (and move_order's table removed).
    """
    orders = "SELECT id, state, refunded, delivered_quantity FROM orders ORDER BY id"
    before = (await world.fetch(orders), await totals(world))
    verdicts = await world.fetchval(
        "SELECT settle(ARRAY[jsonb_populate_record(NULL::attempt_news, $1)], NULL)",
        json.dumps({"attempt": attempt, "news": news, "webhook": 777}),
    )
    assert verdicts == [verdict]
    assert (await world.fetch(orders), await totals(world)) == before


async def test_i10_nobody_spends_what_he_has_not(world: Any) -> None:
    """A line above the funds is refused with what there is; and no cent moves.

    Seen red with the funds check removed from commit_orders (then the constraint
    `account_funds` refuses the batch) and with the constraint dropped as well.
    """
    before = await totals(world)
    answer = await commit(world, amount=before["money"] + 1)
    assert (answer["outcome"], answer["existing"]) == ([INSUFFICIENT], [before["money"]])
    assert await totals(world) == before


async def test_i10_every_cent_has_its_entry(world: Any) -> None:
    """A sale moves the balance by exactly its entry, which follows the one before without a gap.

    Seen red with `balance = a.balance - d.total` removed from commit_orders.
    """
    before = await world.fetchrow("SELECT balance, last_entry FROM account")
    assert (await commit(world, amount=123))["outcome"] == [CREATED]
    after = await world.fetchrow("SELECT balance, last_entry FROM account")
    entry = await world.fetchrow("SELECT * FROM entry ORDER BY seq DESC LIMIT 1")
    assert (entry["amount"], entry["kind"], entry["order_id"]) == (-123, "charge", 900)
    assert (after["balance"], entry["balance_after"]) == (before["balance"] - 123,) * 2
    assert after["last_entry"] == entry["seq"] == before["last_entry"] + 1


@pytest.mark.parametrize("table", ["entry", "allocation", "reveal"])
async def test_history_is_insert_only(world: Any, table: str) -> None:
    """Money, deliveries and views that happened are neither changed nor deleted.

    Seen red with the trigger `entry_insert_only` dropped; the other two were not planted.
    """
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {FIRST_COLUMN[table]} = DEFAULT"):
        with pytest.raises(asyncpg.PostgresError, match="insert-only"):
            async with world.transaction():
                await world.execute(change)


FIRST_COLUMN = {"entry": "reference", "allocation": "lease_id", "reveal": "items"}
