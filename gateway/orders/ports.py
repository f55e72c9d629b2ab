"""What the intake needs from outside; the stores implement it, wirings join them."""

import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from gateway.catalog.rules import Sku
from gateway.orders.commit import CommitAnswer, CommitRequest
from gateway.orders.line import PlannedAttempt
from gateway.orders.record import OrderFilter, OrderPage, OrderRecord
from gateway.orders.refusal import Refusal


class Committer(Protocol):
    """One connection that commits one batch at a time; see commit_store.DatabaseCommitter."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer: ...
    async def decide(self, batch_id: uuid.UUID) -> bool: ...


class OrdersById(Protocol):
    """Orders read for what runs behind; those not there are missing."""

    async def by_ids(
        self, keys: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], OrderRecord]: ...


class Orders(OrdersById, Protocol):
    """Order reads; see store.OrderStore."""

    async def by_numbers(
        self, keys: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], OrderRecord]: ...
    async def page(self, partner_id: int, filter_: OrderFilter, limit: int) -> OrderPage: ...
    async def data_keys(self, batch_ids: Sequence[int]) -> list[tuple[int, bytes]]: ...
    async def records(
        self, positions: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], bytes]: ...
    async def record_views(self, chain: int, views: Sequence[dict[str, Any]]) -> None: ...
    async def last_entries(self) -> dict[int, int]: ...
    async def numbers_since(
        self, partner_id: int, after_seq: int, limit: int
    ) -> tuple[bytes, int, int]: ...
    async def numbers_after(
        self, partner_id: int, after_id: int, limit: int
    ) -> tuple[bytes, int, int]: ...


class Upstreams(Protocol):
    """What is bought on demand; see gateway.dispatch.topups."""

    def plan(self, sku: Sku, quantity: int, amount_minor: int) -> PlannedAttempt | Refusal:
        """Where an order that costs so much would go."""

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""

    async def cancel(self, partner_id: int, order_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent upstream; False: too late."""
