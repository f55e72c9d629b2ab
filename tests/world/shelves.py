"""A pool and its shelves on the module's database, without a gateway."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.codes import administration as codes
from gateway.codes import shelve
from gateway.codes.import_store import staging
from gateway.codes.lease import Refill
from gateway.codes.lease_store import LeaseStore
from gateway.ground.desk.transaction import administration
from tests.conftest import unguarded

PARTS = ("free", "leased", "held", "in_doubt", "delivered", "void", "expired")


@dataclass(slots=True, kw_only=True)
class Shelves:
    """A pool and who sells from it, without a gateway."""

    database: Any
    connection: Any
    pool: str
    id: int

    async def put_up(self, shelf: str, codes: int, **more: Any) -> int:
        """A new shelf with codes of main; its id."""
        async with administration(self.database) as db:
            await shelve.put_up(
                db, shelve.NewShelf(pool=self.pool, shelf=shelf, codes=codes, **more)
            )
        return await self.shelf_id(shelf)

    async def shelf_id(self, shelf: str) -> int:
        """A shelf's number."""
        found = await self.connection.fetchval(
            "SELECT id FROM shelf WHERE pool_id = $1 AND name = $2", self.id, shelf
        )
        return int(found)

    async def move(self, source: str, target: str, count: int) -> int:
        """Move codes; how many."""
        async with administration(self.database) as db:
            moved = await shelve.move(db, self.pool, source, target, count)
            return int(moved["moved"])

    async def close(self, shelf: str) -> int:
        """Close a shelf; how many codes went back."""
        async with administration(self.database) as db:
            return int((await shelve.close(db, self.pool, shelf))["returned"])

    async def listed(self) -> dict[str, Any]:
        """The shelves by name; each one's codes are where its parts say, and all are the pool's."""
        async with administration(self.database) as db:
            shelves = await shelve.list_shelves(db, self.pool)
            stats = await codes.SQL.code_stats.one(db, self.pool)
        assert stats is not None
        for shelf in shelves:
            assert shelf["codes"] == sum(shelf[part] for part in PARTS), shelf
        assert stats["imported"] == sum(shelf["codes"] for shelf in shelves)
        for part in PARTS:
            assert stats[part] == sum(shelf[part] for shelf in shelves)
        return {shelf["shelf"]: shelf for shelf in shelves}

    def worker(self) -> LeaseStore:
        """One more worker."""
        return LeaseStore(self.database.pool, worker_id=uuid.uuid4(), slot=1000, ttl_s=3600.0)

    async def sell(self, grants: Refill, count: int) -> list[int]:
        """Codes of a grant, delivered as a commit does; their numbers."""
        seqs = [seq for grant in grants.grants for seq in range(grant.lo, grant.hi)][:count]
        order = 10**9 + (await self.connection.fetchval("SELECT count(*) FROM allocation"))
        async with unguarded(self.connection):
            await self.connection.execute(
                "INSERT INTO allocation (pool_id, seq, order_id) SELECT $1, s, $3"
                " FROM unnest($2::bigint[]) AS s",
                self.id, seqs, order,
            )  # fmt: skip
        return seqs


async def put_on_sale(database: Any, connection: Any, pool_id: int, days: list[Any]) -> None:
    """A batch of codes that expire so many days from now (None: never), as an import ends."""
    batch_id, lo = await connection.fetchrow(
        "INSERT INTO batch (pool_id, kind, lo, imported, expiring)"
        " SELECT id, 'import', size, $2, $3 FROM pool WHERE id = $1 RETURNING id, lo",
        pool_id, len(days), any(d is not None for d in days),
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


@asynccontextmanager
async def pool_of(database: Any, connection: Any, days: list[Any]) -> AsyncIterator[Shelves]:
    """A pool with these codes."""
    name = f"shelves-{uuid.uuid4().hex[:12]}"
    pool_id = await connection.fetchval("INSERT INTO pool (name) VALUES ($1) RETURNING id", name)
    await put_on_sale(database, connection, pool_id, days)
    yield Shelves(database=database, connection=connection, pool=name, id=pool_id)
