"""What the handlers of one worker share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.api.meters import Meters
from gateway.api.order_wire import BATCH_QUANTITY_MAX
from gateway.api.refusals import Refusals
from gateway.config import Config
from gateway.domain.catalog import Catalog, CurrentCatalog, Sku
from gateway.domain.channel import ChannelAccount
from gateway.flows.dispatch.dispatcher import Dispatcher
from gateway.flows.intake import Intake
from gateway.flows.line import PlannedAttempt
from gateway.flows.notify.notifier import Notifier
from gateway.flows.order_desk import OrderDesk
from gateway.flows.statements import Statements
from gateway.flows.stock import Stock
from gateway.flows.stock_levels import StockLevels
from gateway.native import KeyRing, OrderIds, RateLimiter
from gateway.orders.place import Placement
from gateway.orders.refusal import Refusal
from gateway.shares import Shares
from gateway.store.clock import DatabaseClock
from gateway.store.pools import BoundedPool, Pools
from gateway.store.readiness import Readiness
from gateway.store.webhook_reads import UsedNonces
from gateway.store.worklist import Worklist

BATCHES_WAITING_MAX: Final = 4_096  # of one partner, for codes or for a turn
BATCH_WAIT_S: Final = 5.0


class TopUpDesk(Protocol):
    """What the handlers need of the top-up service; see gateway.topups."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Its lanes and outcomes, for metrics."""

    @property
    def balances_minor(self) -> Mapping[int, int]:
        """What is left at upstreams that told it, by id."""

    def plan(self, sku: Sku, quantity: int, partner_id: int) -> PlannedAttempt | Refusal:
        """Where an order would go."""

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""

    async def cancel(self, partner_id: int, order_id: int) -> bool:
        """Cancel and refund an order of which nothing was sent upstream; False: too late."""

    async def callback(
        self,
        name: str,
        *,
        token: str | None,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> "Acknowledgement | None":
        """Take an upstream's callback; None: there is no such upstream."""


class ChannelDesk(Protocol):
    """What the handlers need of the order channels; see gateway.channels."""

    def find(self, name: str) -> ChannelAccount | None:
        """The channel of that name."""

    async def expect_order(
        self, account: ChannelAccount, out_order_no: str, notify_url: str
    ) -> None:
        """Commit where the result of an order goes, before the order is placed."""


class Acknowledgement(Protocol):
    """The words in which an upstream wants to be answered."""

    @property
    def status(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


def _batch_codes() -> Shares:
    """Codes of batches that are under way: one partner has room for the largest batch there is."""
    own = BATCH_QUANTITY_MAX
    return Shares(total=2 * own, own=own, waiting_max=BATCHES_WAITING_MAX, wait_s=BATCH_WAIT_S)


def _turns() -> Shares:
    """At work that is done in pieces."""
    return Shares(total=1, own=1, waiting_max=BATCHES_WAITING_MAX, wait_s=None)


@dataclass(slots=True, kw_only=True)
class Context:
    """One worker's parts."""

    config: Config
    current: CurrentCatalog
    keyring: KeyRing
    limiter: RateLimiter
    intake: Intake
    placement: Placement
    stock: Stock
    desk: OrderDesk
    order_ids: OrderIds
    topups: TopUpDesk
    channels: ChannelDesk
    notifier: Notifier
    stock_levels: StockLevels
    statements: Statements
    nonces: UsedNonces
    readiness: Readiness
    worklist: Worklist
    clock: DatabaseClock
    meters: Meters
    worker_place: int  # among this node's, from 0: its successor has it too
    pools: Pools
    batch_codes: Shares = field(default_factory=_batch_codes)
    turns: Shares = field(default_factory=_turns)
    refusals: Refusals = field(default_factory=Refusals)
    draining: bool = False

    @property
    def reads(self) -> BoundedPool:
        """Connections for what is read by its key."""
        return self.pools.reads

    @property
    def lists(self) -> BoundedPool:
        """Connections for lists."""
        return self.pools.lists

    @property
    def catalog(self) -> Catalog:
        """As it is now."""
        return self.current.now
