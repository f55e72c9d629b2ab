"""Expiry is decided by the database's clock: earliest first, and never handed out after it.

Time passes by taking it from the rows: `pass_days` moves every expiry of a pool into the past.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from gateway.audit.run import audit
from gateway.audit.store import AuditSnapshot
from gateway.codes.import_store import staging
from gateway.codes.lease import Refill, Renewal
from gateway.codes.lease_keeping import LeaseKeeping
from gateway.codes.lease_store import LeaseStore
from gateway.codes.stock import Stock
from gateway.ground.config import Config
from gateway.ground.native import Allocator
from gateway.health.doctor import _database as examine_database
from gateway.health.store import read_database_facts
from tests.conftest import unguarded
from tests.integration.codes.told_stock import stats_of

Days = Sequence[float | None]
NOT_SOLD = (
    " AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = t.pool_id AND a.seq = t.seq"
    " AND a.order_id IS NOT NULL)"
)
COMMIT = """
    SELECT (commit_orders(
        p_batch => gen_random_uuid(), p_opens => NULL, p_chain => 1, p_partner => ARRAY[p.id],
        p_id => ARRAY[$3::bigint], p_out => ARRAY[$3::text], p_hash => ARRAY['\\x00'::bytea],
        p_sku => ARRAY[1::bigint],
        p_quantity => '{1}', p_amount => '{0}', p_pool => ARRAY[l.pool_id], p_first => '{1}',
        p_account => '{NULL}', p_metadata => '{NULL}', p_details => '{NULL}',
        p_notify => '{false}', p_notify_url => '{NULL}', p_attempt => '{NULL}',
        p_upstream => '{NULL}', p_product => '{NULL}', p_cost_max => '{NULL}', p_face => '{NULL}',
        p_owner => NULL, a_line => '{1}', a_seq => ARRAY[$2::bigint], a_lease => ARRAY[l.id],
        l_id => ARRAY[l.id], l_epoch => ARRAY[$4::bigint])).outcome
    FROM lease l, partner p WHERE l.id = $1 AND p.name = $5
"""


@pytest.fixture
async def pool(connection: Any) -> str:
    """A fresh pool."""
    name = f"expiry-{uuid.uuid4().hex[:12]}"
    await connection.execute("INSERT INTO pool (name) VALUES ($1)", name)
    return name


async def put_on_sale(database: Any, connection: Any, pool: str, days: Days) -> None:
    """A batch of codes that expire so many days from now (None: never), as an import ends."""
    batch_id, pool_id, lo = await connection.fetchrow(
        "INSERT INTO batch (pool_id, kind, lo, imported, expiring)"
        " SELECT id, 'import', size, $2, $3 FROM pool WHERE name = $1 RETURNING id, pool_id, lo",
        pool, len(days), any(d is not None for d in days),
    )  # fmt: skip
    now = datetime.now(UTC)
    rows = [
        (pool_id, lo + i, batch_id, b"x", None if d is None else now + timedelta(days=d))
        for i, d in enumerate(days)
    ]
    await connection.copy_records_to_table(
        "code", records=rows, columns=["pool_id", "seq", "batch_id", "sealed", "expires_at"]
    )
    async with staging(database) as batches:
        await batches.finish(batch_id)


async def pass_days(connection: Any, pool: str, days: float) -> None:
    """The same as waiting."""
    async with unguarded(connection):
        for table, column in (
            ("code", "expires_at"),
            ("fragment", "expires_at"),
            ("lease", "sell_until"),
        ):
            unsold = NOT_SOLD if table == "code" else ""
            await connection.execute(
                f"UPDATE {table} t SET {column} = {column} - make_interval(secs => $2)"
                f" WHERE pool_id = (SELECT id FROM pool WHERE name = $1){unsold}",
                pool, days * 86_400,
            )  # fmt: skip


async def id_of(connection: Any, pool: str) -> int:
    """A pool's number."""
    return int(await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool))


class Holder(LeaseStore):
    """The leases of a worker that holds whatever it was granted."""

    def __init__(self, database: Any) -> None:
        super().__init__(database.pool, worker_id=uuid.uuid4(), slot=1000, ttl_s=3600.0)
        self._held: list[int] = []

    async def refill(  # type: ignore[override]
        self, outlet: int, want: int, held: Sequence[int], **more: Any
    ) -> Refill:
        """Hold on to all of it."""
        answer = await super().refill(outlet, want, [*self._held, *held], **more)
        self._held += [grant.lease_id for grant in answer.grants]
        return answer

    async def renew(self, held: Sequence[int] = ()) -> Renewal:
        """All of it."""
        return await super().renew([*self._held, *held])


def leases_of(database: Any) -> Holder:
    """The leases of a new worker."""
    return Holder(database)


async def drain(connection: Any, leases: Holder, pool: str) -> list[int]:
    """The numbers of all codes that are granted, in the order of the grants."""
    pool_id, found = await id_of(connection, pool), []
    while (answer := await leases.refill(pool_id, 100, [])).verdict == "granted":
        for grant in answer.grants:
            found += range(grant.lo, grant.hi)
    return found


async def sound(connection: Any) -> None:
    """I1 to I3 and I7 hold."""
    async with connection.transaction(isolation="repeatable_read"):
        findings = await audit(AuditSnapshot(connection))
    assert [f for f in findings if not f.ok and f.invariant in {"I1", "I2", "I3", "I7"}] == []


async def test_what_expires_first_is_granted_first(
    database: Any, connection: Any, pool: str
) -> None:
    """Over batches and days, and codes that never expire come last."""
    await put_on_sale(database, connection, pool, [None, None])
    await put_on_sale(database, connection, pool, [30, 9, None, 30])
    await put_on_sale(database, connection, pool, [3, 3, 20])
    await put_on_sale(database, connection, pool, [None])
    assert await drain(connection, leases_of(database), pool) == [6, 7, 3, 8, 2, 5, 0, 1, 4, 9]
    await sound(connection)


async def test_a_lease_over_later_codes_is_called_back(
    database: Any, connection: Any, pool: str
) -> None:
    """A worker that holds codes of next year gets those of next week as soon as they come."""
    leases = leases_of(database)
    await put_on_sale(database, connection, pool, [300, 300, 300])
    held = (await leases.refill(await id_of(connection, pool), 3, [])).grants
    await put_on_sale(database, connection, pool, [7])
    states = await connection.fetch(
        "SELECT state FROM lease WHERE id = ANY ($1)", [grant.lease_id for grant in held]
    )
    assert {row["state"] for row in states} == {"closed"}
    assert (await drain(connection, leases, pool))[0] == 3


async def test_a_commit_after_the_expiry_is_refused(
    database: Any, connection: Any, pool: str
) -> None:
    """A worker that still has the code in memory cannot sell it; until then it can."""
    await connection.execute("INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x')", pool)
    await connection.execute(
        "INSERT INTO account (partner_id) SELECT id FROM partner WHERE name = $1", pool
    )
    await put_on_sale(database, connection, pool, [5, 5])
    leases, pool_id = leases_of(database), await id_of(connection, pool)
    grants = (await leases.refill(pool_id, 100, [])).grants
    first = grants[0]
    order_id = int(uuid.uuid4().int % 2**62)
    sold = await connection.fetchval(COMMIT, first.lease_id, first.lo, order_id, first.epoch, pool)
    assert sold == [1]
    more = (await leases.refill(pool_id, 100, [])).grants or grants
    second = more[-1]
    await pass_days(connection, pool, 6)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.fetchval(
            COMMIT, second.lease_id, second.hi - 1, order_id + 1, second.epoch, pool
        )
    assert refused.value.sqlstate == "QG001"
    assert await stats_of(database, pool) == {"imported": 2, "delivered": 1, "expired": 1}


async def test_what_has_expired_is_no_stock(database: Any, connection: Any, pool: str) -> None:
    """It counts as expired at once, nobody is granted it, and then the pool is sold out (I8).

    Free, leased and void codes each; the books are right before and after it is swept.
    """
    leases, other = leases_of(database), leases_of(database)
    await put_on_sale(database, connection, pool, [2, 2, 2, 2, 2.0, 40])
    pool_id = await id_of(connection, pool)
    await leases.refill(pool_id, 2, [])
    await leases.void(pool_id, [4], "recalled")
    await leases.refill(pool_id, 2, [])
    before = await stats_of(database, pool)
    assert before["void"] == 1
    assert "expired" not in before
    await pass_days(connection, pool, 3)
    due = {"imported": 6, "expired": 4, "void": 1, "free": 1}
    assert await stats_of(database, pool) == due
    await sound(connection)
    assert await drain(connection, other, pool) == [5]
    swept = {"imported": 6, "expired": 4, "void": 1, "leased": 1}
    assert await stats_of(database, pool) == swept
    assert (await leases.refill(pool_id, 10, [])).verdict == "others"
    await pass_days(connection, pool, 40)
    assert (await leases.refill(pool_id, 10, [])).verdict == "sold_out"
    assert await stats_of(database, pool) == {"imported": 6, "expired": 5, "void": 1}
    await sound(connection)


async def test_a_worker_lets_go_of_what_has_expired(
    database: Any, connection: Any, pool: str
) -> None:
    """Renewing leases sweeps: nothing waits for a buyer to find out."""
    await put_on_sale(database, connection, pool, [1, 1, 1])
    leases, pool_id = leases_of(database), await id_of(connection, pool)
    await leases.refill(pool_id, 2, [])
    await pass_days(connection, pool, 2)
    assert await stats_of(database, pool) == {"imported": 3, "expired": 3}
    await leases.renew()
    rows = await connection.fetch(
        "SELECT reason, expired FROM code_void WHERE pool_id = $1", pool_id
    )
    assert [tuple(row) for row in rows] == [("expired", True)] * 3
    assert (
        await connection.fetchval("SELECT count(*) FROM fragment WHERE pool_id = $1", pool_id) == 0
    )


async def test_too_short_a_life_is_not_granted(database: Any, connection: Any, pool: str) -> None:
    """A pool's minimum remaining life keeps codes back, and ends leases so much earlier."""
    await connection.execute("UPDATE pool SET min_life = '7 days' WHERE name = $1", pool)
    await put_on_sale(database, connection, pool, [3, 30])
    assert await drain(connection, leases_of(database), pool) == [1]
    left = await connection.fetchval(
        "SELECT sell_until < now() + interval '24 days' FROM lease WHERE pool_id = $1",
        await id_of(connection, pool),
    )
    assert left
    assert await stats_of(database, pool) == {"imported": 2, "free": 1, "leased": 1}


async def test_a_stock_gives_expired_leases_up(database: Any, connection: Any, pool: str) -> None:
    """The worker's own stock: after the refusal of a commit the pool is proved sold out."""
    await put_on_sale(database, connection, pool, [1])
    pool_id = await id_of(connection, pool)
    stock = Stock(allocator=Allocator(), leases=leases_of(database), find_corrupt=lambda *_: [])
    assert await stock.refill(pool_id) == "granted"
    await pass_days(connection, pool, 2)
    (runs,) = stock.claim_many([(pool_id, 1)])
    assert runs is not None  # memory knows no clock
    stock.lost(pool_id, [run[0] for run in runs])
    stock.unused(pool_id, runs)
    assert await stock.refill(pool_id) == "sold_out"
    assert stock.sold_out(pool_id)


async def test_what_expires_soon_is_told(database: Any, connection: Any, pool: str) -> None:
    """Once per pool and moment: in the log, for the metric, and by the doctor."""
    await put_on_sale(database, connection, pool, [2, 2, 6, 40, None])
    leases = leases_of(database)
    stock = Stock(allocator=Allocator(), leases=leases, find_corrupt=lambda *_: [])
    await leases.refill(await id_of(connection, pool), 1, [])
    keeping = LeaseKeeping(leases=leases, stock=stock, ttl_s=30.0)
    with capture_logs() as told:
        await keeping.look_ahead()
        await keeping.look_ahead()
        await pass_days(connection, pool, 3)
        await keeping.look_ahead()
    lines = [line for line in told if line["event"] == "stock.codes_expire_soon"]
    assert [line["codes"] for line in lines if line["pool"] == pool] == [3, 1]
    assert [soon.codes for soon in stock.expiring if soon.pool == pool] == [1]
    facts = await read_database_facts(database, Config())
    assert dict(facts.expiring)[pool] == 1
    (check,) = [one for one in examine_database(facts) if one.name == "expiry"]
    assert f"1 unsold codes of pool {pool}" in check.detail


async def test_codes_of_a_release_that_kept_no_expiry_are_told(
    database: Any, connection: Any
) -> None:
    """Theirs stands only inside the code, so nobody takes them off sale: the doctor counts them."""
    made = "INSERT INTO pool (name, size, next_seq) VALUES ($1, $2, $3) RETURNING id"
    old = await connection.fetchval(made, "of-old", 10, 4)
    new = await connection.fetchval(made, "of-new", 5, 0)
    batch = """
        INSERT INTO batch (pool_id, kind, state, lo, imported, created_at)
        SELECT $1, 'import', 'on_sale', $2, $3, applied_at - $4::interval FROM migration
        WHERE name = '0150_expiry'"""
    await connection.execute(batch, old, 0, 6, timedelta(days=365))
    await connection.execute(batch, old, 6, 4, timedelta(0))
    await connection.execute(batch, new, 0, 5, timedelta(0))
    await connection.execute("INSERT INTO fragment (pool_id, lo, hi) VALUES ($1, 1, 2)", old)
    facts = await read_database_facts(database, Config())
    assert dict(facts.expiry_unread) == {"of-old": 3}  # one came back, 4 and 5 were never leased
    (check,) = [one for one in examine_database(facts) if one.name == "expiry"]
    assert "3 unsold codes of pool of-old were imported by a release" in check.detail
