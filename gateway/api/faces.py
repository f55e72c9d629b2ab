"""Makes the faces of one worker: each with just what its requests need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.api.account import Accounts
from gateway.api.authentication import Gate
from gateway.api.callbacks import Callbacks, Listening
from gateway.api.channels import ChannelAccounts, ChannelCalls
from gateway.api.documents import Documents
from gateway.api.goofish import Goofish
from gateway.api.health import HealthChecks
from gateway.api.metrics import MetricsPage
from gateway.api.order_batch import BatchPlacing, codes_under_way, turns
from gateway.api.order_cancel import OrderCancelling
from gateway.api.order_reads import OrderReading
from gateway.api.order_view import OrderViews
from gateway.api.orders import OrderPlacing
from gateway.api.products import Products
from gateway.api.refusals import Refusals
from gateway.api.routes import SPOKEN
from gateway.api.statements import DayStatements
from gateway.api.watched import Watched
from gateway.api.webhook_reads import Deliveries
from gateway.domain.catalog import Sku
from gateway.domain.channel import ChannelAccount
from gateway.flows.order_desk import OrderDesk
from gateway.flows.statements import Statements
from gateway.flows.stock_levels import StockLevels
from gateway.native import KeyRing, RateLimiter, Vault
from gateway.orders.cancel import Cancellation
from gateway.orders.place import Placement
from gateway.store.account import AccountStore
from gateway.store.pools import Pools
from gateway.store.readiness import Readiness
from gateway.store.stock_levels import StockLevelStore
from gateway.store.webhook_reads import UsedNonces, WebhookDesk


class UpstreamDesk(Listening, Protocol):
    """What the faces need of top-ups; see gateway.topups."""

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""

    async def cancel(self, partner_id: int, order_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent upstream; False: too late."""


class ChannelDesk(ChannelAccounts, Protocol):
    """What the faces need of the order channels; see gateway.channels."""

    async def expect_order(
        self, account: ChannelAccount, out_order_no: str, notify_url: str
    ) -> None:
        """Commit where the result of an order goes, before the order is placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind the faces; only `faces` takes it apart."""

    watched: Watched
    refusals: Refusals
    placement: Placement
    desk: OrderDesk
    upstreams: UpstreamDesk
    channels: ChannelDesk
    pools: Pools
    vault: Vault
    keyring: KeyRing
    limiter: RateLimiter
    next_id: Callable[[], int]


def faces(on: Behind) -> list[object]:
    """All of them, for `routes.routes_of`."""
    watched, pools, desk = on.watched, on.pools, on.desk
    catalog, config = watched.catalog, watched.config
    gate = Gate(
        catalog=catalog,
        keyring=on.keyring,
        limiter=on.limiter,
        nonces=UsedNonces(pools.reads),
        refusals=on.refusals,
    )
    views = OrderViews(desk, catalog)
    stock_levels = StockLevels(StockLevelStore(pools.reads))
    accounts = AccountStore(pools.reads)
    statements = Statements(
        ledger=AccountStore(pools.lists),
        seal=on.vault.wrap_secret,
        unseal=on.vault.open_secret,
    )
    goofish = Goofish(
        catalog=catalog,
        placement=on.placement,
        desk=desk,
        accounts=accounts,
        stock_levels=stock_levels,
        expect_order=on.channels.expect_order,
    )
    return [
        OrderPlacing(gate, on.placement, views),
        BatchPlacing(gate, on.placement, views, codes=codes_under_way(), turns=turns()),
        OrderReading(gate, desk, views, catalog),
        OrderCancelling(gate, Cancellation(desk, on.upstreams.cancel), views),
        Products(gate, catalog, stock_levels, on.upstreams.quantity_max),
        Accounts(gate, reads=accounts, lists=AccountStore(pools.lists)),
        DayStatements(gate, statements, config),
        Deliveries(
            gate,
            reads=WebhookDesk(pools.reads),
            lists=WebhookDesk(pools.lists),
            catalog=catalog,
            next_id=on.next_id,
            now=watched.clock.now,
        ),
        Callbacks(on.upstreams),
        ChannelCalls(on.channels, goofish),
        Documents(SPOKEN),
        HealthChecks(watched.intake.absence, Readiness(pools.control), watched.draining),
        MetricsPage(watched),
    ]
