"""An attempt as it is stored, with what its order adds."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt; amounts in minor units. `unsent`: provably nothing was sent under it."""

    id: int
    partner_id: int
    order_id: int
    upstream_id: int
    product_id: str
    account: str
    quantity: int
    cost_max: int | None
    face_value: int | None
    state: str
    upstream_no: str | None
    queries: int
    not_found: int
    created_at: datetime
    unsent: bool
    sku_id: int
    amount: int
    succeeded_before: bool
