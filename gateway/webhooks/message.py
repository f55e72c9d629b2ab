"""One message to a partner on its way, and what the courier needs from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from gateway.orders.line import Line
from gateway.orders.record import OrderRecord
from gateway.webhooks.record import AddresseeRow, Outcome, TakenRow
from gateway.webhooks.rules import Answer


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A webhook row in memory.

    It may be started until `start_before` (loop time): then others may take the row. A
    message just committed by this worker is not claimed in the database yet.
    """

    id: int
    partner_id: int
    order_id: int | None
    type: str
    sequence: int
    url: str
    to_endpoint: bool  # else to the order's notify_url
    start_before: float
    replays: int = 0
    attempts: int = 0
    body: bytes | None = None  # None: not composed yet
    created_at: datetime | None = None  # None: just committed, `line` knows
    line: Line | None = None
    order: OrderRecord | None = None  # as it was read with the row
    claimed: bool = True

    @property
    def target(self) -> str:
        """Whom it goes to: messages to one target share a breaker."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A partner as we reach it. `url` None: no enabled endpoint."""

    url: str | None
    secrets: tuple[str, ...] = field(repr=False)  # the old one too while it is being rotated


class Webhooks(Protocol):
    """Rows of all workers; see store.WebhookStore."""

    async def take(
        self, in_memory: Sequence[int], full: Sequence[int], chunk: int
    ) -> list[TakenRow]: ...
    async def made(self, ids: Sequence[int]) -> list[TakenRow]: ...
    async def claim(self, ids: Sequence[int]) -> None: ...
    async def release(self, ids: Sequence[int]) -> None: ...
    async def recover(self) -> None: ...
    async def record(self, outcomes: Sequence[Outcome]) -> None: ...


class Addressees(Webhooks, Protocol):
    """The same, with whom they go to."""

    async def addressees(self) -> list[AddresseeRow]: ...


class Sender(Protocol):
    """Sends one request; never raises but when cancelled. See guarded_client."""

    async def send(
        self, partner_id: int, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer: ...


Sign = Callable[[int, int, int, bytes], str | None]
"""Partner id, message id, Unix seconds, body → the webhook-signature; None: no such partner."""

ReadOrders = Callable[[Sequence[tuple[int, int]]], Any]
"""(partner id, order id) pairs → an awaitable of the orders by that pair."""

OrderJson = Callable[[OrderRecord], bytes]
"""An order as the API shows it, without codes."""


def message_of(row: TakenRow, *, url: str, start_before: float) -> Message:
    """A row on its way to `url`. One that was just made is not claimed yet."""
    return Message(
        id=row.id,
        partner_id=row.partner_id,
        order_id=row.order_id,
        type=row.type,
        sequence=row.sequence,
        url=url,
        to_endpoint=row.to_endpoint,
        start_before=start_before,
        replays=row.replays,
        attempts=row.attempts,
        body=row.body,
        created_at=row.created_at,
        order=row.order,
        claimed=row.order is None,
    )


def message_body(type_: str, moment: str, data: bytes, sequence: int) -> bytes:
    """The body of a message; `data` is JSON."""
    return orjson.dumps(
        {"type": type_, "timestamp": moment, "data": orjson.Fragment(data), "sequence": sequence}
    )


def order_of_line(line: Line, moment: datetime) -> OrderRecord:
    """The delivered order that a line just became; saves reading it back."""
    return OrderRecord(
        partner_id=line.partner_id,
        id=line.order_id,
        out_order_no=line.out_order_no,
        content_hash=line.content_hash,
        sku_id=line.sku.id,
        quantity=line.quantity,
        amount=line.amount_minor,
        state="delivered",
        delivered_quantity=line.quantity,
        pool_id=line.sku.pool_id,
        seqs=None,
        account=line.account,
        metadata=line.metadata,
        failure=None,
        created_at=moment,
        updated_at=moment,
    )
