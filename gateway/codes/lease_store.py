"""Leases, workers and what a dead worker left behind (D3)."""

import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.codes.lease import Expiring, Grant, PackedRange, Refill, RefillVerdict, Renewal
from gateway.codes.lease_losses import LeaseLosses, Lost, TakenBack
from gateway.codes.outlet import life_of, outlet_of, shelf_of
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.database import ANNOUNCEMENTS
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.migrate import routines_schema

WORKER_LOCK = 0x5157  # "QW": first key of the advisory lock a living worker holds on its slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A lease just granted, or in the only row why none was: then it has no numbers."""

    verdict: RefillVerdict
    pool_id: int
    lease_id: int
    epoch: int
    lo: int
    hi: int
    generation: int
    held: int | None  # of a row that says why none was: codes that holds may give back …
    held_s: int | None  # … and in how many seconds the first of them ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What differs: leases we hold and others closed; and leases of ours that we do not know, with
    their outlets."""

    gone: Sequence[int]
    unknown: Sequence[int]
    unknown_shelves: Sequence[int]
    unknown_lives: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWorker:
    """Another worker; `slot` None: nobody remembers it, but its leases are still there."""

    slot: int | None
    worker_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """How many workers live, and on how many nodes."""

    workers: int
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """The key of a batch, wrapped by the vault."""

    id: int
    data_key: bytes = field(repr=False)


class SQL(Statements, file="codes/lease_queries"):
    """Leases and workers."""

    refill: Statement[[uuid.UUID, int, int, Sequence[int], float, int, int, bool], Granted]
    read_range: Statement[[int, int, int], bytes]
    give_back: Statement[[uuid.UUID, int | None, Sequence[int], int], int]
    recall: Statement[[str, int, str], None]
    void: Statement[[int, Sequence[int], str], int]
    renew: Statement[[uuid.UUID, Sequence[int], float], Renewed]
    register_worker: Statement[[int, uuid.UUID, str, int, float, str, uuid.UUID], None]
    announce_worker: Statement[[], None]
    workers: Statement[[int], OtherWorker]
    reclaim: Statement[[Sequence[uuid.UUID]], TakenBack]
    close_ended_shelves: Statement[[], None]
    why_closed: Statement[[Sequence[int]], Lost]
    data_keys_of_range: Statement[[int, int, int], DataKey]
    count_workers: Statement[[], int]
    living: Statement[[], Alive]
    expiring: Statement[[int], Expiring]


class LeaseStore:
    """Leases of one worker."""

    def __init__(
        self,
        pool: Any,
        *,
        worker_id: uuid.UUID,
        slot: int,
        ttl_s: float,
        losses: LeaseLosses | None = None,
    ) -> None:
        self._pool = pool
        self._losses = losses or LeaseLosses()
        self._worker_id = worker_id
        self._slot = slot
        self._ttl_s = ttl_s

    async def refill(
        self, outlet: int, want: int, held: Sequence[int], *, short: int = 0, recalled: bool = False
    ) -> Refill:
        """Close our leases of the outlet but those `held`, and grant about `want` codes, or say
        why not.

        Orders wait for `short` codes more than we hold: so many may be borrowed. `recalled`: the
        other workers were asked for theirs since the first of these orders waits."""
        with unreachable_is_unavailable():
            rows = await SQL.refill.all(
                self._pool, self._worker_id, shelf_of(outlet), want, list(held), self._ttl_s,
                life_of(outlet), short, recalled,
            )  # fmt: skip
        first = rows[0]
        grants: tuple[Grant, ...] = ()
        if first.verdict == "granted":
            grants = tuple(
                Grant(lease_id=r.lease_id, epoch=r.epoch, lo=r.lo, hi=r.hi) for r in rows
            )
        return Refill(
            verdict=first.verdict,
            pool_id=first.pool_id,
            generation=first.generation,
            grants=grants,
            held=first.held or 0,
            held_s=first.held_s or 0,
        )

    async def read_range(self, pool_id: int, lo: int, hi: int) -> PackedRange:
        """The range's records, each its length in four bytes, then batch id and sealed code."""
        with unreachable_is_unavailable():
            async with self._pool.acquire() as connection:
                packed = await SQL.read_range.only(connection, pool_id, lo, hi)
                rows = await SQL.data_keys_of_range.all(connection, pool_id, lo, hi)
        return PackedRange(packed=packed, data_keys=tuple((row.id, row.data_key) for row in rows))

    async def give_back(self, outlet: int | None = None, held: Sequence[int] = ()) -> int:
        """Return all but what is `held`, of one outlet or of all; how many codes became free."""
        with unreachable_is_unavailable():
            return await SQL.give_back.only(
                self._pool,
                self._worker_id,
                None if outlet is None else shelf_of(outlet),
                held,
                0 if outlet is None else life_of(outlet),
            )

    async def recall(self, outlet: int) -> None:
        """Ask all to return what stands in the outlet's way; take back what dead workers held."""
        with unreachable_is_unavailable():
            async with self._pool.acquire() as connection:
                asking = f"{self._worker_id}:{outlet}"
                await SQL.recall.run(connection, ANNOUNCEMENTS, shelf_of(outlet), asking)
                await reclaim_dead(connection, self._slot, self._losses)

    async def void(self, pool_id: int, seqs: Sequence[int], reason: str) -> int:
        """Make codes unsaleable; leases over them are revoked first. How many were still unsold."""
        with unreachable_is_unavailable():
            return await SQL.void.only(self._pool, pool_id, seqs, reason)

    async def renew(self, held: Sequence[int]) -> Renewal:
        """Prolong the worker's row and the leases it holds, no others; reclaim what expired."""
        with unreachable_is_unavailable():
            row = await SQL.renew.only(self._pool, self._worker_id, list(held), self._ttl_s)
            self._losses.took_back(await SQL.reclaim.all(self._pool, []))
        return Renewal(
            workers=await self.count_workers(),
            gone=tuple(row.gone),
            unknown={
                lease_id: outlet_of(shelf_id, life_days)
                for lease_id, shelf_id, life_days in zip(
                    row.unknown, row.unknown_shelves, row.unknown_lives, strict=True
                )
            },
        )

    async def close_ended_shelves(self) -> None:
        """Close the shelves whose time has come."""
        with unreachable_is_unavailable():
            await SQL.close_ended_shelves.run(self._pool)

    async def tell_lost(self, lease_ids: Sequence[int]) -> int:
        """Say by name which of our leases others closed; how many, without what is no loss."""
        with unreachable_is_unavailable():
            return self._losses.lost_ours(await SQL.why_closed.all(self._pool, list(lease_ids)))

    async def expiring(self, days: int) -> Sequence[Expiring]:
        """Unsold codes that expire within so many days, by pool, the first ones first."""
        with unreachable_is_unavailable():
            return await SQL.expiring.all(self._pool, days)

    async def count_workers(self) -> int:
        """How many workers live, on all nodes."""
        with unreachable_is_unavailable():
            return await SQL.count_workers.only(self._pool)


async def register_worker(
    connection: Any, worker_id: uuid.UUID, ttl_s: float, node: uuid.UUID
) -> int:
    """Take a free slot on `connection`, which holds it by an advisory lock while it lives."""
    with unreachable_is_unavailable():
        for _ in range(1024):
            slot = int(await connection.fetchval("SELECT nextval('worker_slot')"))
            if not await connection.fetchval(
                "SELECT pg_try_advisory_lock($1, $2)", WORKER_LOCK, slot
            ):
                continue
            await _register(connection, slot, worker_id, ttl_s, node)
            return slot
    raise RuntimeError("all 1,024 worker slots are taken")


async def hold_slot(
    connection: Any, slot: int, worker_id: uuid.UUID, ttl_s: float, node: uuid.UUID
) -> None:
    """Take the slot and its row again on a new connection.

    Raises StoreUnavailableError when another worker has the slot now: it is free again as
    soon as that one ends, and ids stay unique because `orders` has the last word.
    """
    with unreachable_is_unavailable():
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", WORKER_LOCK, slot):
            raise StoreUnavailableError(f"worker slot {slot} is held by another connection")
        await _register(connection, slot, worker_id, ttl_s, node)


async def read_living(connection: Any) -> Alive:
    """How many workers and nodes live, those whose row has not run out."""
    with unreachable_is_unavailable():
        return await SQL.living.only(connection)


async def _register(
    connection: Any, slot: int, worker_id: uuid.UUID, ttl_s: float, node: uuid.UUID
) -> None:
    about = (socket.gethostname(), os.getpid(), ttl_s, routines_schema(), node)
    async with connection.transaction():  # no row of which nobody heard
        await SQL.register_worker.run(connection, slot, worker_id, *about)
        await SQL.announce_worker.run(connection)


async def reclaim_dead(connection: Any, own_slot: int, losses: LeaseLosses) -> int:
    """Take back the leases of workers whose connection is gone; how many codes became free.

    A worker's lock ends with its connection, so a killed worker is found at once and not only
    when its leases expire. A living one that merely lost its connection is fenced by the epoch.
    """
    with unreachable_is_unavailable():
        rows = await SQL.workers.all(connection, own_slot)
        dead = []
        for row in rows:
            if row.slot is None:
                dead.append(row.worker_id)
            elif await connection.fetchval(
                "SELECT pg_try_advisory_lock($1, $2)", WORKER_LOCK, row.slot
            ):
                await connection.execute("SELECT pg_advisory_unlock($1, $2)", WORKER_LOCK, row.slot)
                dead.append(row.worker_id)
        return losses.took_back(await SQL.reclaim.all(connection, dead))


async def unregister_worker(connection: Any, worker_id: uuid.UUID) -> None:
    """Forget the worker; its leases must have been given back."""
    with unreachable_is_unavailable():
        await connection.execute("DELETE FROM worker WHERE worker_id = $1", worker_id)
