"""Attempts, callbacks and upstream settings in PostgreSQL."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.attempt_record import AttemptRecord
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries

SQL = queries("dispatch/queries")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """An upstream as configured; `settings` is still wrapped by the vault."""

    id: int
    name: str
    connector: str
    base_url: str
    settings: bytes = field(repr=False)
    callback_token: str = field(repr=False)
    paused: bool


class AttemptStore:
    """Attempts of all workers; `worker_id` owns what it takes."""

    def __init__(self, pool: Any, worker_id: uuid.UUID) -> None:
        self._pool = pool
        self._worker_id = worker_id

    async def settle(self, news: Sequence[AttemptNews]) -> list[str]:
        """Apply news; their verdicts."""
        with unreachable_is_unavailable():
            return await self.settle_within(self._pool, news)

    async def settle_within(self, connection: Any, news: Sequence[AttemptNews]) -> list[str]:
        """The same in the caller's transaction."""
        told = msgspec.json.encode(news).decode()
        verdicts: list[str] = await connection.fetchval(SQL["settle"], told, self._worker_id)
        return verdicts

    async def living(self) -> str:
        """The workers that live, as one value that differs when one comes or goes."""
        with unreachable_is_unavailable():
            return str(await self._pool.fetchval(SQL["living"]))

    async def take_due(self, limit: int, hold_s: float, *, orphans: bool) -> list[AttemptRecord]:
        """Attempts to look at now; nobody else looks at them for `hold_s`.

        `orphans`: what dead workers left, due or not.
        """
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["take_due"], self._worker_id, limit, hold_s, orphans)
        return [AttemptRecord(**dict(row)) for row in rows]

    async def by_ids(self, attempt_ids: Sequence[int]) -> list[AttemptRecord]:
        """Attempts by id; unknown ids are missing."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["by_ids"], list(attempt_ids))
        return [AttemptRecord(**dict(row)) for row in rows]

    async def release(self, attempt_ids: Sequence[int]) -> None:
        """Give up attempts of which nothing was sent."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["release"], list(attempt_ids))

    async def mark_sent(
        self, attempt_ids: Sequence[int], sends: Sequence[int], doubted: Sequence[bool]
    ) -> set[int]:
        """Commit that these may have been executed from now on; which of them may be sent.

        `sends` are the counts the caller knows; `doubted` where the answer to the same mark
        was lost: it may have been committed, and nothing was sent.
        """
        with unreachable_is_unavailable():
            marked = await self._pool.fetchval(
                SQL["mark_sent"], attempt_ids, sends, doubted, self._worker_id
            )
        return set(marked)

    async def mark_unsent(self, attempt_ids: Sequence[int], sends: Sequence[int]) -> None:
        """Nothing was sent under these after all: their first send never left us."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["mark_unsent"], attempt_ids, sends)

    async def cancel_order(self, partner_id: int, order_id: int, webhook_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent; False: too late."""
        with unreachable_is_unavailable():
            return bool(
                await self._pool.fetchval(SQL["cancel_order"], partner_id, order_id, webhook_id)
            )

    async def tried_routes(self, order_id: int) -> list[tuple[int, str]]:
        """Upstream and product of every attempt of the order."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["tried_routes"], order_id)
        return [(row["upstream_id"], row["product_id"]) for row in rows]

    async def keep_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Store callbacks, or count those that are there: upstream ids, attempt ids, verdicts,
        hints, what is kept of the bodies, their digests and sizes in bytes; no key twice.
        """
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["keep_callbacks"], *columns)

    async def count_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Add to rows that are there: upstream ids, attempt ids (0: none), digests, how often."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["count_callbacks"], *columns)

    async def upstreams(self) -> list[UpstreamSettings]:
        """All upstreams."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["upstream_settings"])
        return [UpstreamSettings(**dict(row)) for row in rows]

    async def write_lanes(self, columns: Sequence[Sequence[Any]]) -> None:
        """Tell people how the lanes of this worker are."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["write_lanes"], self._worker_id, *columns)

    async def forget_lanes(self) -> None:
        """This worker's lanes are no more."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["forget_lanes"], self._worker_id)
