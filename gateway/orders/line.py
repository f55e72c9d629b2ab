"""One order line on its way through the intake."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.campaigns.passes import UsedPass
from gateway.catalog.rules import Sku
from gateway.codes.stock import Run
from gateway.orders.commit import CommitAnswer
from gateway.orders.refusal import Refusal
from gateway.orders.rules import LineOutcome, OrderContent


class Line(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """What is to be committed; made once, changed only by the intake that owns it."""

    partner_id: int
    key_id: str
    reads_codes: bool
    sku: Sku
    outlet: int | None = None  # what its codes are claimed from; None: it takes none from stock
    channel: str | None = None  # the sales channel it came by
    out_order_no: str
    content_hash: bytes
    quantity: int
    amount_minor: int
    account: str | None
    metadata: str | None  # JSON
    details: str | None  # JSON
    quotas: str | None  # what it asks of quotas: quotas.rules.asks
    notify: bool
    notify_url: str | None
    opens_at: str | None = None  # RFC 3339: while its campaign is open and its price holds; the
    closes_at: str | None = None  # commit judges by the database's clock
    refusal: Refusal | None = None  # a rule said no; only a replay can still be answered
    attempt: "PlannedAttempt | None" = None
    used_pass: "UsedPass | None" = None  # by the order, if it is made
    waits_until: float | None = None  # (monotonic) then its caller has gone; None: it waits
    hold: "HeldGoods | None" = None  # what it confirms
    content: OrderContent | None = None  # what `content_hash` was made of
    # --- the intake's own
    order_id: int = 0
    runs: Sequence[Run] | None = None
    parked_at: float = 0.0
    tries: int = 0
    taken_by: int = 0  # the order that has its number, under another digest
    available_minor: int | None = None  # less than it costs, as far as is known: see refused_lately
    used_up: "Answered | None" = None  # a quota has less left, as far as is known: see used_up
    waiters: "list[Line] | None" = None
    future: "asyncio.Future[Answered] | None" = None  # None: answered, or not asked for
    committed_at: str = ""  # RFC 3339; set when the order is durable

    number: tuple[int, str] = (0, "")  # what makes the order unique

    def __post_init__(self) -> None:
        """Names the number once: it is asked for three times."""
        self.number = (self.partner_id, self.out_order_no)

    def repeats(self, digest: bytes) -> bool:
        """Whether an order that was accepted under this digest says the same."""
        if digest == self.content_hash:
            return True
        return self.content is not None and self.content.is_meant_by(digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAttempt:
    """Where a top-up will be sent; committed with the order. `cost_max_minor` is a total."""

    attempt_id: int
    upstream_id: int
    product_id: str
    cost_max_minor: int | None
    face_minor: int | None  # of one piece


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGoods:
    """A hold that an order confirms, and the records of its codes.

    `late`: its codes went back, and the line claims others as any order does.
    """

    id: int
    late: bool
    records: Sequence[tuple[int, bytes]] = ()  # by number


class Answered(msgspec.Struct, frozen=True, gc=False):
    """What became of a line.

    `order_id` is the order for CREATED, REPLAYED and CONFLICT; `amount` what the account
    has (INSUFFICIENT_BALANCE) or `quota` has left (PURCHASE_LIMIT, decided at `refused_at`);
    `codes` the JSON array of sealed codes of a created order.
    """

    outcome: LineOutcome
    order_id: int = 0
    committed_at: str = ""  # RFC 3339
    codes: bytes | None = None
    amount: int = 0
    refusal: Refusal | None = None
    retry_after_s: int = 0  # of BUSY, where it is known
    quota: int = 0
    refused_at: datetime | None = None


def used_up(answer: CommitAnswer, place: int) -> Answered:
    """The answer to a line whose quota has not so much left."""
    return Answered(
        LineOutcome.PURCHASE_LIMIT,
        amount=answer.existing[place] or 0,
        quota=(answer.refused[place] if answer.refused else None) or 0,
        refused_at=answer.committed_at,
    )


def unsold(line: Line) -> Answered:
    """The answer to a line that will not be sold: whose number it has, its rule's refusal, no
    money, a quota that is used up, or "sold out".
    """
    if line.taken_by:
        return Answered(LineOutcome.CONFLICT, order_id=line.taken_by)
    if line.refusal is not None:
        return Answered(LineOutcome.REFUSED, refusal=line.refusal)
    if line.available_minor is not None:
        return Answered(LineOutcome.INSUFFICIENT_BALANCE, amount=line.available_minor)
    if line.used_up is not None:
        return line.used_up
    return Answered(LineOutcome.SOLD_OUT)
