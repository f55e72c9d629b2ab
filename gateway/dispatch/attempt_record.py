"""An attempt as it is stored, with what its order adds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt; amounts in minor units, ages in seconds by the database's clock.

    `unsent`: provably nothing was sent under it. `age_s` counts from the last send, or from
    the beginning when there was none. `sends` grows with each send, and fences it: who knows
    an older number may not send. `cost` is the upstream's price, as far as it told one.
    """

    id: int
    partner_id: int
    order_id: int
    upstream_id: int
    product_id: str
    account: str
    quantity: int
    cost_max: int | None
    face_value: int | None
    cost: int | None
    state: str
    upstream_no: str | None
    queries: int
    not_found: int
    sends: int
    age_s: float
    order_age_s: float
    unsent: bool
    sku_id: int
    amount: int
    succeeded_before: bool
