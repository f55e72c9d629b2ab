"""What the handlers of one worker share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.config import Config
from gateway.domain.catalog import Catalog, Sku
from gateway.flows.intake import Intake
from gateway.flows.line import PlannedAttempt, Refusal
from gateway.flows.order_desk import OrderDesk
from gateway.flows.stock import Stock
from gateway.native import KeyRing, OrderIds, RateLimiter


@dataclass(slots=True, kw_only=True)
class Context:
    """One worker's parts. `catalog` is replaced as a whole when an administrator changes it."""

    config: Config
    catalog: Catalog
    keyring: KeyRing
    limiter: RateLimiter
    intake: Intake
    stock: Stock
    desk: OrderDesk
    order_ids: OrderIds
    plan_attempt: Callable[[Sku, int], PlannedAttempt | Refusal]
    database: Any  # asyncpg pool, for the stores of rarely used routes
    draining: bool = False
    extras: dict[str, Any] = field(default_factory=dict)
