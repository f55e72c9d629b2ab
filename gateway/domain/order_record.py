"""An order as it is stored, and how a list of orders is narrowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list is narrowed to; None: everything. `before_id` is the cursor, newest first."""

    state: str | None = None
    sku_id: int | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    before_id: int | None = None
