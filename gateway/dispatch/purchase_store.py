"""Codes bought on demand: stored, allocated and settled in one transaction, or not at all.

The vault binds a record to its number, and only the database gives numbers: so the transaction
is open while the codes are sealed, which takes microseconds. It ends before anybody is answered.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from msgspec.structs import replace

from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.purchase import Purchase, PurchaseVerdict
from gateway.dispatch.store import AttemptStore
from gateway.ground.errors import InvariantBrokenError
from gateway.ground.native import Vault
from gateway.ground.sql.books import again, unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements

FINGERPRINT_BYTES: Final = 16
BATCH_CODES_MAX: Final = 1_000_000  # codes under one data key; then the pool gets another batch
UNIQUE_VIOLATION: Final = "23505"  # somebody else was sold the same code at the same moment
# What only a bug of ours can bring: it is not tried again.
BROKEN: Final[Mapping[str, str]] = {
    "QG004": "bought codes would belong to no order",
    "QG007": "I1: a code was about to be sold twice",
}


@dataclass(slots=True)
class _Shelf:
    """Where the next code of a pool goes."""

    pool_id: int
    batch_id: int
    next_seq: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """A purchase with the numbers its codes got: `lo` onwards."""

    purchase: Purchase
    shelf: _Shelf
    lo: int

    @property
    def numbers(self) -> range:
        """Of all of its codes."""
        return range(self.lo, self.lo + len(self.purchase.codes))

    @property
    def delivered(self) -> range:
        """Of those that are the order's."""
        return self.numbers[: self.purchase.wanted]

    @property
    def surplus(self) -> range:
        """Of those beyond the ordered quantity."""
        return self.numbers[self.purchase.wanted :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A purchase whose pool is locked, or why its codes are not wanted; `line` from 1."""

    line: int
    verdict: str
    twin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPool:
    """A pool, and its batch of today, if there is one with room."""

    id: int
    size: int
    batch_id: int | None
    data_key: bytes | None = field(repr=False)


class SQL(Statements, file="dispatch/purchase_queries"):
    """Codes bought on demand."""

    open_purchases: Statement[
        [Sequence[int], Sequence[int], Sequence[int], Sequence[uuid.UUID]], Opened
    ]
    open_pools: Statement[[Sequence[int], int], OpenPool]
    begin_batch: Statement[[int], int]
    set_batch_key: Statement[[int, bytes], None]
    keep_codes: Statement[
        [
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[bytes],
            Sequence[uuid.UUID],
        ],
        None,
    ]
    close_purchases: Statement[
        [int, Sequence[int], Sequence[int], Sequence[int], Sequence[int]], None
    ]


class PurchaseStore:
    """Purchases of one worker; `chain` is its chain of the log of views (I13)."""

    def __init__(self, pool: Any, attempts: AttemptStore, vault: Vault, chain: int) -> None:
        self._pool = pool
        self._attempts = attempts
        self._vault = vault
        self._chain = chain

    async def settle(
        self, news: Sequence[AttemptNews], purchases: Sequence[Purchase]
    ) -> list[PurchaseVerdict]:
        """Settle news that bring codes, a purchase each.

        A line with the verdict `duplicate` was not settled: one of its codes is known already.
        Idempotent: an attempt that has ended keeps the codes it has. Raises InvariantBrokenError.
        """
        fingerprints = [self._fingerprints(purchase) for purchase in purchases]

        async def settle() -> list[PurchaseVerdict]:
            async with self._pool.acquire() as connection, connection.transaction():
                return await self._settle(connection, news, purchases, fingerprints)

        try:
            with unreachable_is_unavailable():
                return await again(settle, also=(UNIQUE_VIOLATION,))
        except asyncpg.PostgresError as error:
            broken = BROKEN.get(error.sqlstate or "")
            if broken is None:
                raise
            raise InvariantBrokenError(broken) from error

    async def _settle(
        self,
        connection: Any,
        news: Sequence[AttemptNews],
        purchases: Sequence[Purchase],
        fingerprints: Sequence[Sequence[uuid.UUID]],
    ) -> list[PurchaseVerdict]:
        opened = await SQL.open_purchases.all(
            connection,
            [purchase.attempt_id for purchase in purchases],
            [purchase.pool_id for purchase in purchases],
            [line for line, own in enumerate(fingerprints, 1) for _ in own],
            [each for own in fingerprints for each in own],
        )
        verdicts = {row.line - 1: row for row in opened}
        lines = [n for n, row in verdicts.items() if row.verdict == "open"]
        stored = dict(zip(lines, await self._store(connection, lines, purchases), strict=True))
        await self._keep(connection, stored, fingerprints)
        settled = [n for n in range(len(purchases)) if not _is_duplicate(verdicts.get(n))]
        own = [_with_codes(news[n], stored.get(n)) for n in settled]
        said = await self._attempts.settle_within(connection, own) if own else []
        if stored:
            await self._close(connection, list(stored.values()))
        answers = dict(zip(settled, said, strict=True))
        return [
            PurchaseVerdict(verdict=answers[n])
            if n in answers
            else PurchaseVerdict(verdict="duplicate", twin=verdicts[n].twin)
            for n in range(len(purchases))
        ]

    async def _store(
        self, connection: Any, lines: Sequence[int], purchases: Sequence[Purchase]
    ) -> list[_Stored]:
        """Give numbers to the codes of these lines; the pools are locked."""
        shelves = await self._shelves(connection, {purchases[n].pool_id for n in lines})
        stored = []
        for n in lines:
            shelf = shelves[purchases[n].pool_id]
            stored.append(_Stored(purchases[n], shelf, shelf.next_seq))
            shelf.next_seq += len(purchases[n].codes)
        return stored

    async def _shelves(self, connection: Any, pool_ids: set[int]) -> Mapping[int, _Shelf]:
        rows = (
            await SQL.open_pools.all(connection, sorted(pool_ids), BATCH_CODES_MAX)
            if pool_ids
            else []
        )
        return {
            row.id: _Shelf(row.id, await self._open_batch(connection, row), row.size)
            for row in rows
        }

    async def _open_batch(self, connection: Any, row: OpenPool) -> int:
        """The batch that takes the pool's codes, made if need be; its data key is loaded."""
        if row.batch_id is None or row.data_key is None:
            made = await SQL.begin_batch.only(connection, row.id)
            self._vault.reload()  # the key file may have been rotated since we opened it
            wrapped = self._vault.new_dek(made)
            await SQL.set_batch_key.run(connection, made, wrapped)
            return made
        if not self._vault.has_dek(row.batch_id):
            self._vault.load_dek(row.batch_id, row.data_key)
        return row.batch_id

    async def _keep(
        self,
        connection: Any,
        stored: Mapping[int, _Stored],
        fingerprints: Sequence[Sequence[uuid.UUID]],
    ) -> None:
        """Seal the codes and store them with their fingerprints."""
        rows = [
            (each.purchase.attempt_id, each.shelf.pool_id, each.shelf.batch_id, *code)
            for n, each in stored.items()
            for code in zip(each.numbers, self._seal(each), fingerprints[n], strict=True)
        ]
        if rows:
            await SQL.keep_codes.run(connection, *map(list, zip(*rows, strict=True)))

    def _seal(self, stored: _Stored) -> list[bytes]:
        plaintexts = [code.plaintext for code in stored.purchase.codes]
        shelf = stored.shelf
        return self._vault.seal_records(shelf.pool_id, shelf.batch_id, stored.lo, plaintexts)

    async def _close(self, connection: Any, stored: Sequence[_Stored]) -> None:
        surplus = [
            (each.purchase.attempt_id, each.shelf.pool_id, seq)
            for each in stored
            for seq in each.surplus
        ]
        await SQL.close_purchases.run(
            connection,
            self._chain,
            [each.purchase.attempt_id for each in stored],
            *([row[column] for row in surplus] for column in range(3)),
        )

    def _fingerprints(self, purchase: Purchase) -> list[uuid.UUID]:
        return list(_cut(self._vault.fingerprints([code.identity for code in purchase.codes])))


def _cut(fingerprints: bytes) -> Iterator[uuid.UUID]:
    for at in range(0, len(fingerprints), FINGERPRINT_BYTES):
        yield uuid.UUID(bytes=fingerprints[at : at + FINGERPRINT_BYTES])


def _is_duplicate(row: Opened | None) -> bool:
    return row is not None and row.verdict == "duplicate"


def _with_codes(news: AttemptNews, stored: _Stored | None) -> AttemptNews:
    """The news, with where the codes lie that it brought."""
    if stored is None:
        return news
    return replace(news, pool=stored.shelf.pool_id, seqs=list(stored.delivered))
