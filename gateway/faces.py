"""Makes the faces of one worker: each with just what its requests need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.catalog.rules import Sku
from gateway.channels.goofish import Goofish
from gateway.channels.http import ChannelAccounts, ChannelCalls
from gateway.channels.rules import ChannelAccount
from gateway.codes.level_store import StockLevelStore
from gateway.codes.levels import StockLevels
from gateway.dispatch.http import Callbacks, Listening
from gateway.ground.http.documents import Documents
from gateway.ground.native import KeyRing, RateLimiter, Vault
from gateway.ground.sql.pools import Pools
from gateway.ground.sql.readiness import Readiness
from gateway.health.http import HealthChecks
from gateway.health.metrics import MetricsPage
from gateway.health.watched import Watched
from gateway.ledger.http import Accounts
from gateway.ledger.http_statements import DayStatements
from gateway.ledger.statements import Statements
from gateway.ledger.store import AccountStore
from gateway.orders.cancel import Cancellation
from gateway.orders.finding import OrderDesk
from gateway.orders.http import OrderPlacing
from gateway.orders.http_batch import BatchPlacing, codes_under_way, turns
from gateway.orders.http_cancel import OrderCancelling
from gateway.orders.http_products import Products
from gateway.orders.http_reads import OrderReading
from gateway.orders.place import Placement
from gateway.orders.view import OrderViews
from gateway.partners.authentication import Gate
from gateway.partners.refusals import Refusals
from gateway.routes import SPOKEN
from gateway.webhooks.http import Deliveries
from gateway.webhooks.read_store import UsedNonces, WebhookDesk


class UpstreamDesk(Listening, Protocol):
    """What the faces need of top-ups; see gateway.dispatch.topups."""

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""

    async def cancel(self, partner_id: int, order_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent upstream; False: too late."""


class ChannelDesk(ChannelAccounts, Protocol):
    """What the faces need of the order channels; see gateway.channels.results."""

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
