"""An order as it is stored, and how a list of orders is narrowed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.orders.rules import OrderState

CANCELLED: Final = "cancelled"  # as SQL's cancel_order writes it into `failure`
ID_EPOCH_MS: Final = 1_735_689_600_000  # ids count milliseconds from here, in their upper bits
ID_SHIFT: Final = 22
ID_MAX: Final = 2**63 - 1
# Ids are made by a worker's clock, and orders' times by the database's: lists find all orders while
# these differ by less (a gateway whose clock is a minute off does not start).
ID_SLACK_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """One order; amounts in minor units, `metadata` and `failure` as JSON text."""

    partner_id: int
    id: int
    out_order_no: str
    content_hash: bytes
    sku_id: int
    quantity: int
    amount: int
    state: str
    delivered_quantity: int
    pool_id: int | None
    seqs: Sequence[int] | None
    account: str | None
    metadata: str | None
    failure: str | None
    created_at: datetime
    updated_at: datetime
    refunded: int = 0
    replaced: int = 0  # how many codes

    @property
    def is_cancelled(self) -> bool:
        """Whether it ended because somebody cancelled it: to ask again changes nothing."""
        if self.state != OrderState.FAILED or self.failure is None:
            return False
        return bool(json.loads(self.failure).get("code") == CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list is narrowed to; None: everything. `before_id` is the cursor, newest first."""

    state: str | None = None
    sku_id: int | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    before_id: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves orders out that lie between those it shows."""
        wanted = (self.state, self.sku_id, self.created_from, self.created_to)
        return any(each is not None for each in wanted)

    def ids(self) -> tuple[int, int]:
        """The lowest id that an order of it may have, and the first above them all."""
        lowest, before = 0, ID_MAX if self.before_id is None else self.before_id
        if self.created_from is not None:
            lowest = _first_id(self.created_from, -ID_SLACK_MS)
        if self.created_to is not None:
            before = min(before, _first_id(self.created_to, ID_SLACK_MS))
        return lowest, before


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """Orders of a list, newest first. `next_before_id` None: there are no more.

    A page may be empty although there are more: looking for them is bounded, too.
    """

    records: Sequence[OrderRecord]
    next_before_id: int | None


def _first_id(moment: datetime, shift_ms: int) -> int:
    """Of the ids made in that millisecond; 0 to 2^63 - 1."""
    ms = int(moment.timestamp() * 1000) + shift_ms - ID_EPOCH_MS
    return min(max(0, ms << ID_SHIFT), ID_MAX)
