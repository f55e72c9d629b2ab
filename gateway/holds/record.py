"""A hold as it is stored and on its way to be, and how a list of holds is narrowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.holds.rules import HeldContent, HoldState


class NewHold(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A hold that is to be made: the columns of SQL's hold_line, by the names of HOLD_COLUMNS."""

    partner_id: int
    id: int
    out_hold_no: str
    content_hash: bytes
    sku_id: int
    quantity: int
    amount_minor: int
    ttl_s: int
    account: str | None
    buyer_id: str | None
    buyer_ip: str | None
    details: str | None
    opens_at: str | None
    closes_at: str | None
    quotas: str | None  # what it asks of quotas: quotas.rules.asks
    room_id: int | None  # of its campaign's waiting room, and the number of …
    pass_number: int | None  # … the pass that it uses up; None: it needs none


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAnswer:
    """What the database said of a NewHold: SQL's hold_answer, and when."""

    made_at: datetime
    outcome: int
    known: int | None
    why: str | None
    after_s: int | None
    expires_at: datetime | None
    seqs: Sequence[int] | None
    records: Sequence[bytes] | None
    refused: int | None  # the quota that is used up, by id; and what it has left
    left_over: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """One hold; `records` are those of its codes, where they were asked for.

    `state` is the row's. `is_over`: nobody has given its goods back yet, but its time is over.
    """

    partner_id: int
    id: int
    out_hold_no: str
    content_hash: bytes
    content: HeldContent
    amount: int
    currency: str
    state: str
    is_over: bool
    pool_id: int | None
    seqs: Sequence[int] | None
    order_id: int | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    records: Sequence[bytes] = ()

    @property
    def state_now(self) -> str:
        """Where it stands, by the database's clock."""
        return HoldState.EXPIRED.value if self.is_over else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFilter:
    """What a list is narrowed to; None: everything. `before_id` is the cursor, newest first."""

    state: str | None = None
    sku_id: int | None = None
    before_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSum:
    """Holds of a SKU, added up."""

    sku: str
    holds: int
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPage:
    """Holds of a list, newest first; `next_before_id` None: there are no more. `sums` are of all
    that are in the state asked for (`held`, if none is), whichever page this is."""

    records: Sequence[HoldRecord]
    next_before_id: int | None
    sums: Sequence[HoldSum]
