"""Attempts, callbacks and upstream settings in PostgreSQL."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.attempt_record import AttemptRecord
from gateway.dispatch.job import UpstreamSettings
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRoute:
    """Where an attempt went."""

    upstream_id: int
    product_id: str


class SQL(Statements, file="dispatch/queries"):
    """Attempts."""

    settle: Statement[[str, uuid.UUID | None], list[str]]
    living: Statement[[], str]
    take_due: Statement[[uuid.UUID, int, float, bool], AttemptRecord]
    release: Statement[[Sequence[int]], None]
    mark_sent: Statement[[Sequence[int], Sequence[int], Sequence[bool], uuid.UUID], list[int]]
    mark_unsent: Statement[[Sequence[int], Sequence[int]], None]
    keep_numbers: Statement[[Sequence[int], Sequence[str | None], Sequence[int | None]], int]
    cancel_order: Statement[[int, int, int], bool]
    by_ids: Statement[[Sequence[int]], AttemptRecord]
    tried_routes: Statement[[int], TriedRoute]
    keep_callbacks: Statement[
        [
            Sequence[int],
            Sequence[int | None],
            Sequence[str],
            Sequence[str],
            Sequence[bytes | None],
            Sequence[bytes],
            Sequence[int],
        ],
        None,
    ]
    count_callbacks: Statement[[Sequence[int], Sequence[int], Sequence[bytes], Sequence[int]], None]
    upstream_settings: Statement[[], UpstreamSettings]
    write_lanes: Statement[
        [
            uuid.UUID,
            Sequence[int],
            Sequence[str],
            Sequence[str],
            Sequence[str | None],
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[float | None],
            Sequence[float | None],
        ],
        None,
    ]
    forget_lanes: Statement[[uuid.UUID], None]


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
        return await SQL.settle.only(connection, told, self._worker_id)

    async def living(self) -> str:
        """The workers that live, as one value that differs when one comes or goes."""
        with unreachable_is_unavailable():
            return await SQL.living.only(self._pool)

    async def take_due(self, limit: int, hold_s: float, *, orphans: bool) -> list[AttemptRecord]:
        """Attempts to look at now; nobody else looks at them for `hold_s`.

        `orphans`: what dead workers left, due or not.
        """
        with unreachable_is_unavailable():
            return await SQL.take_due.all(self._pool, self._worker_id, limit, hold_s, orphans)

    async def by_ids(self, attempt_ids: Sequence[int]) -> list[AttemptRecord]:
        """Attempts by id; unknown ids are missing."""
        with unreachable_is_unavailable():
            return await SQL.by_ids.all(self._pool, attempt_ids)

    async def release(self, attempt_ids: Sequence[int]) -> None:
        """Give up attempts of which nothing was sent."""
        with unreachable_is_unavailable():
            await SQL.release.run(self._pool, attempt_ids)

    async def mark_sent(
        self, attempt_ids: Sequence[int], sends: Sequence[int], doubted: Sequence[bool]
    ) -> set[int]:
        """Commit that these may have been executed from now on; which of them may be sent.

        `sends` are the counts the caller knows; `doubted` where the answer to the same mark
        was lost: it may have been committed, and nothing was sent.
        """
        with unreachable_is_unavailable():
            marked = await SQL.mark_sent.only(
                self._pool, attempt_ids, sends, doubted, self._worker_id
            )
        return set(marked)

    async def mark_unsent(self, attempt_ids: Sequence[int], sends: Sequence[int]) -> None:
        """Nothing was sent under these after all: their first send never left us."""
        with unreachable_is_unavailable():
            await SQL.mark_unsent.run(self._pool, attempt_ids, sends)

    async def keep_numbers(
        self,
        attempt_ids: Sequence[int],
        upstream_nos: Sequence[str | None],
        costs_minor: Sequence[int | None],
    ) -> None:
        """Their upstreams' numbers and prices, where none is known; nothing else changes."""
        with unreachable_is_unavailable():
            await SQL.keep_numbers.run(self._pool, attempt_ids, upstream_nos, costs_minor)

    async def cancel_order(self, partner_id: int, order_id: int, webhook_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent; False: too late."""
        with unreachable_is_unavailable():
            return await SQL.cancel_order.only(self._pool, partner_id, order_id, webhook_id)

    async def tried_routes(self, order_id: int) -> list[tuple[int, str]]:
        """Upstream and product of every attempt of the order."""
        with unreachable_is_unavailable():
            rows = await SQL.tried_routes.all(self._pool, order_id)
        return [(row.upstream_id, row.product_id) for row in rows]

    async def keep_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Store callbacks, or count those that are there: upstream ids, attempt ids, verdicts,
        hints, what is kept of the bodies, their digests and sizes in bytes; no key twice.
        """
        with unreachable_is_unavailable():
            await SQL.keep_callbacks.run(self._pool, *columns)

    async def count_callbacks(self, columns: Sequence[Sequence[Any]]) -> None:
        """Add to rows that are there: upstream ids, attempt ids (0: none), digests, how often."""
        with unreachable_is_unavailable():
            await SQL.count_callbacks.run(self._pool, *columns)

    async def upstreams(self) -> list[UpstreamSettings]:
        """All upstreams."""
        with unreachable_is_unavailable():
            return await SQL.upstream_settings.all(self._pool)

    async def write_lanes(self, columns: Sequence[Sequence[Any]]) -> None:
        """Tell people how the lanes of this worker are."""
        with unreachable_is_unavailable():
            await SQL.write_lanes.run(self._pool, self._worker_id, *columns)

    async def forget_lanes(self) -> None:
        """This worker's lanes are no more."""
        with unreachable_is_unavailable():
            await SQL.forget_lanes.run(self._pool, self._worker_id)
