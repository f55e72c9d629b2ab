"""Leases that others close are said by name, and only what is wrong is a difference."""

import asyncio
import os
import socket
import uuid
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.codes.lease import Renewal
from gateway.codes.lease_keeping import LeaseKeeping
from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.lease_store import LeaseStore, reclaim_dead
from gateway.codes.stock import Stock
from gateway.ground.errors import LeaseLostError
from gateway.ground.native import Allocator

CODES = 6
US = f"{socket.gethostname()}:{os.getpid()}"


class World:
    """A pool of six codes, all of them leased to one worker."""

    def __init__(self, database: Any, connection: Any, pool_id: int, name: str) -> None:
        self.connection, self.pool_id, self.name = connection, pool_id, name
        self.losses = LeaseLosses()
        self.worker = uuid.uuid4()
        self.leases = LeaseStore(
            database.pool, worker_id=self.worker, slot=1000, ttl_s=60.0, losses=self.losses
        )
        self.stock = Stock(allocator=Allocator(), leases=self.leases, find_corrupt=lambda *_: [])
        self.keeping = LeaseKeeping(leases=self.leases, stock=self.stock, ttl_s=60.0)

    async def renew(self) -> list[Any]:
        """One turn of keeping the leases; what it logs."""
        with capture_logs() as said:
            self.stock.renewed(await self.leases.renew(list(self.stock.held())))
            await self.keeping.tell_lost()
        return said


@pytest.fixture
async def world(database: Any, connection: Any) -> World:
    """Everything is ours."""
    name = f"told-{uuid.uuid4().hex}"
    pool_id = await connection.fetchval(
        "INSERT INTO pool (name, size) VALUES ($1, $2) RETURNING id", name, CODES
    )
    await connection.execute(
        "INSERT INTO code (pool_id, seq, batch_id, sealed)"
        " SELECT $1, s, 1, decode(repeat('00', 40), 'hex') FROM generate_series(0, $2 - 1) AS s",
        pool_id,
        CODES,
    )
    world = World(database, connection, pool_id, name)
    while await world.stock.refill(pool_id) != "mine":
        pass
    return world


async def test_a_worker_taken_for_dead_is_told_by_both(world: World) -> None:
    """Who takes the leases back says whose, of which pool and why; their holder says what it lost.

    Before: only `control.reclaimed` with a number, and `stock.leases_differ` with ids.
    """
    other = LeaseLosses()
    held = len(world.stock.held())
    await world.connection.execute(
        "INSERT INTO worker (slot, worker_id, host, pid, expires_at)"
        " VALUES (1000, $1, 'north', 4711, now() + interval '1 hour')",
        world.worker,
    )
    with capture_logs() as said:
        assert await reclaim_dead(world.connection, own_slot=7, losses=other) >= CODES
    assert [line for line in said if line["pool"] == world.name] == [
        {
            "event": "lease.taken_back", "log_level": "warning", "pool": world.name,
            "leases": held, "codes": CODES, "of": "north:4711", "by": US, "why": "dead",
        }
    ]  # fmt: skip
    assert other.taken_back[world.name, "dead"] == held
    assert await world.renew() == [
        {
            "event": "lease.lost", "log_level": "warning", "pool": world.name,
            "leases": held, "codes": CODES, "of": US, "why": "taken-back",
        }
    ]  # fmt: skip
    assert world.losses.lost == {(world.name, "taken-back"): held}
    assert world.stock.lost_leases == held
    assert await world.renew() == []
    assert world.stock.lost_leases == 0


async def test_a_commit_names_the_lease_it_lost(world: World) -> None:
    """Of a batch's leases only the one that was closed is said to be lost."""
    lost, *kept = sorted(world.stock.held())
    await world.connection.execute(
        "SELECT close_leases($1, ARRAY[$2::bigint])", world.pool_id, lost
    )
    with pytest.raises(Exception, match="lease lost") as caught:
        await world.connection.execute(
            "SELECT hold_leases($1, $2, now())", [lost, *kept], [1] * (1 + len(kept))
        )
    assert caught.value.sqlstate == "QG001"  # type: ignore[attr-defined]
    assert caught.value.detail == str(lost)  # type: ignore[attr-defined]
    assert LeaseLostError([lost]).leases == [lost]
    world.stock.closed_by_others += [lost]  # as the intake does with them
    (line,) = [line for line in await world.renew() if line["event"] == "lease.lost"]
    assert (line["pool"], line["leases"]) == (world.name, 1)


async def test_codes_that_expire_are_no_loss(world: World) -> None:
    """Their leases end with them: counted, but nothing is wrong and nothing is said.

    Before: `stock.leases_differ` named them each time (a breaker's note).
    """
    held = len(world.stock.held())
    await world.connection.execute(
        "UPDATE lease SET sell_until = now() - interval '1 s' WHERE pool_id = $1", world.pool_id
    )
    await world.leases.renew([])  # reclaims, as any worker's turn does
    assert await world.renew() == []
    assert world.losses.lost == {(world.name, "codes-expired"): held}
    assert (world.stock.lost_leases, world.stock.unknown_leases) == (0, 0)


async def test_codes_that_expire_sooner_are_no_loss(world: World) -> None:
    """An import of them calls leases back that last longer, from a worker that is well.

    Seen red as `lease.lost why=taken-back`: whoever read it looked for a dead worker.
    """
    held = len(world.stock.held())
    await world.connection.execute(
        "WITH grown AS (UPDATE pool SET size = size + 2 WHERE id = $1)"
        " INSERT INTO code (pool_id, seq, batch_id, sealed, expires_at)"
        " SELECT $1, s, 2, decode(repeat('00', 40), 'hex'), now() + interval '1 day'"
        " FROM generate_series($2::int, $2 + 1) AS s",
        world.pool_id,
        CODES,
    )
    await world.connection.execute(
        "SELECT offer_expiring($1, $2::int, $2 + 2)", world.pool_id, CODES
    )
    assert await world.renew() == []
    assert world.losses.lost == {(world.name, "codes-sooner"): held}
    assert world.stock.lost_leases == 0


async def test_a_lease_between_voided_codes_says_so(world: World) -> None:
    """A void revokes every lease from its first code to its last: also those without one of them.

    Seen red as `taken-back` for the lease between.
    """
    held = len(world.stock.held())
    assert held > 2
    await world.leases.void(world.pool_id, [0, CODES - 1], "wrong batch")
    await world.renew()
    assert world.losses.lost == {(world.name, "codes-voided"): held}


async def test_voided_codes_say_so(world: World) -> None:
    """An operator's void revokes leases: whoever reads the log need not look for a dead worker."""
    await world.leases.void(world.pool_id, [0], "wrong batch")
    said = await world.renew()
    assert {(line["event"], line["why"]) for line in said} == {("lease.lost", "codes-voided")}


class Calls:
    """A store whose answers the test gives; a refill waits for the test."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def refill(self, *_: Any) -> Any:
        """Granted over there; its answer is on the way."""
        await self.go_on.wait()
        raise ConnectionError


def told(stock: Stock, **unknown: int) -> list[Any]:
    """What a renewal logs that says so of leases a1, a2 … by pool."""
    ids = {int(name[1:]): pool_id for name, pool_id in unknown.items()}
    with capture_logs() as said:
        stock.renewed(Renewal(workers=1, gone=(), unknown=ids))
    return said


async def test_a_grant_on_its_way_is_no_difference() -> None:
    """At the first order of a pool the database knows a lease before we do.

    Seen red with `stray` not asked for: a warning whenever a renewal fell between the two.
    """
    calls: Any = Calls()
    stock = Stock(allocator=Allocator(), leases=calls, find_corrupt=lambda *_: [])
    refill = asyncio.create_task(stock.refill(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for _ in range(3):  # however long the answer takes
        assert told(stock, a7=1) == []
        assert stock.unknown_leases == 0
    calls.go_on.set()
    await refill


def test_a_lease_that_stays_unknown_is_a_difference_said_once() -> None:
    """Once may be a call that ended meanwhile; twice nobody knows of it: one line, not one a turn.

    Seen red with one renewal taken as enough.
    """
    stock = Stock(allocator=Allocator(), leases=Calls(), find_corrupt=lambda *_: [])  # type: ignore[arg-type]
    assert told(stock, a7=1) == []
    (line,) = told(stock, a7=1)
    assert (line["event"], line["unknown"]) == ("stock.leases_differ", [7])
    assert stock.unknown_leases == 1
    assert told(stock, a7=1) == []
    assert told(stock) == []
    assert stock.unknown_leases == 0
