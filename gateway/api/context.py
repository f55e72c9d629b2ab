"""What the handlers of one worker share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.api.meters import Meters
from gateway.config import Config
from gateway.domain.catalog import Catalog, Sku
from gateway.flows.intake import Intake
from gateway.flows.line import PlannedAttempt, Refusal
from gateway.flows.order_desk import OrderDesk
from gateway.flows.statements import Statements
from gateway.flows.stock import Stock
from gateway.flows.stock_levels import StockLevels
from gateway.native import KeyRing, OrderIds, RateLimiter
from gateway.store.readiness import Readiness
from gateway.store.webhook_reads import UsedNonces


async def never_cancelled(_partner_id: int, _order_id: int) -> bool:
    """Without a dispatcher nothing can be cancelled."""
    return False


@dataclass(slots=True, kw_only=True)
class Context:
    """One worker's parts. `catalog` is replaced as a whole when an administrator changes it.

    `cancel_order(partner id, order id)` cancels and refunds a top-up of which nothing was
    sent upstream; False: too late.
    """

    config: Config
    catalog: Catalog
    keyring: KeyRing
    limiter: RateLimiter
    intake: Intake
    stock: Stock
    desk: OrderDesk
    order_ids: OrderIds
    plan_attempt: Callable[[Sku, int], PlannedAttempt | Refusal]
    stock_levels: StockLevels
    statements: Statements
    nonces: UsedNonces
    readiness: Readiness
    worker_slot: int
    database: Any  # asyncpg pool, for the stores of rarely used routes
    cancel_order: Callable[[int, int], Awaitable[bool]] = never_cancelled
    meters: Meters = field(default_factory=Meters)
    draining: bool = False
    extras: dict[str, Any] = field(default_factory=dict)
