"""What a worker's parts stand on, and how each that needs a paragraph is made of it."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.catalog.rules import CurrentCatalog
from gateway.channels.results import Channels
from gateway.channels.store import ChannelStore
from gateway.codes.lease_store import LeaseStore
from gateway.codes.stock import Stock
from gateway.dispatch.purchase_store import PurchaseStore
from gateway.dispatch.store import AttemptStore
from gateway.dispatch.topups import TopUps
from gateway.ground.config import Config
from gateway.ground.native import KeyRing, OrderIds, RateLimiter, Vault
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.pools import Pools
from gateway.health.meters import Meters
from gateway.orders.commit_store import CommitLane
from gateway.orders.finding import OrderDesk
from gateway.orders.intake import Intake
from gateway.orders.known_numbers import KnownNumbers
from gateway.orders.line import Line
from gateway.orders.sealing import Sealing
from gateway.orders.store import OrderStore
from gateway.webhooks.guarded_client import GuardedClient
from gateway.webhooks.notifications import Notifications
from gateway.webhooks.store import WebhookStore

log = structlog.get_logger()

LANES = 2  # commits in flight (design D5)
CHAINS_PER_WORKER = LANES + 2  # reveal chains: one per lane, one for reads, one for purchases
LIMITER_SLOTS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What the parts stand on: connections, keys, names, the catalog in force."""

    config: Config
    dsn: str
    vault: Vault
    pools: Pools
    worker_id: uuid.UUID
    slot: int
    place: int
    clock: DatabaseClock
    keyring: KeyRing
    order_ids: OrderIds
    catalog: CurrentCatalog
    meters: Meters

    @property
    def chain(self) -> int:
        """The first of this worker's chains of the log of views: one for each lane …"""
        return self.slot * CHAINS_PER_WORKER

    def next_id(self) -> int:
        """An id that nobody else makes."""
        return self.order_ids.next(time.time_ns() // 1_000_000)

    def next_ids(self, count: int) -> list[int]:
        """As many ids."""
        return self.order_ids.next_many(time.time_ns() // 1_000_000, count)


def make_leases(on: Footing) -> LeaseStore:
    """This worker's leases."""
    return LeaseStore(
        on.pools.control,
        worker_id=on.worker_id,
        slot=on.slot,
        ttl_s=on.config.lease_ttl_s,
        losses=on.meters.lease_losses,
    )


def make_desk(on: Footing) -> OrderDesk:
    """Reads orders back, over connections that nothing else keeps busy."""
    return OrderDesk(
        orders=OrderStore(on.pools.reads),
        lists=OrderStore(on.pools.lists),
        vault=on.vault,
        keyring=on.keyring,
        chain=on.chain + LANES,
    )


def make_channels(on: Footing, desk: OrderDesk) -> Channels:
    """The order channels."""
    return Channels(
        channels=ChannelStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=on.catalog,
        show=desk.show,
    )


def make_notifications(on: Footing) -> Notifications:
    """Tells partners."""
    return Notifications(
        webhooks=WebhookStore(on.pools.background, worker_id=on.worker_id, slot=on.slot),
        orders=OrderStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=on.catalog,
    )


def make_topups(on: Footing, told: Callable[[int], None]) -> TopUps:
    """Buys from upstreams; `told` takes ids of webhooks whose rows were made."""
    attempts = AttemptStore(on.pools.background, on.worker_id)
    bought = on.chain + LANES + 1  # the chain that bought codes are recorded in
    return TopUps(
        config=on.config,
        attempts=attempts,
        purchases=PurchaseStore(on.pools.background, attempts, on.vault, bought),
        vault=on.vault,
        catalog=on.catalog,
        next_id=on.next_id,
        told=told,
    )


def make_intake(
    on: Footing,
    stock: Stock,
    sealing: Sealing,
    created: Sequence[Callable[[Sequence[Line]], None]],
) -> Intake:
    """`created` hears of orders just committed by this worker, and must not block."""
    orders = OrderStore(on.pools.control)
    # All numbers there are, read piece by piece: that must not hold up a lease.
    known = KnownNumbers(orders=OrderStore(on.pools.background))
    hearing = (known.created, *created)

    def tell_all(lines: Sequence[Line]) -> None:
        for hear in hearing:
            hear(lines)

    return Intake(
        lanes=[
            CommitLane(
                dsn=on.dsn,
                config=on.config,
                chain=on.chain + n,
                worker_id=on.worker_id,
                times=on.meters.commit_times,
            )
            for n in range(LANES)
        ],
        stock=stock,
        seal=sealing.seal,
        by_numbers=orders.confirmed_by_numbers,
        by_ids=orders.by_ids,
        certainly_new=known.certainly_new,
        next_ids=on.next_ids,
        created=tell_all,
        batch_max=on.config.commit_lines_max,
        waiting_max=on.config.queue_lines_max,
    )


def make_limiter(config: Config) -> RateLimiter:
    """Rate limits, shared with the other workers of this node where that can be."""
    run = Path(config.data) / "run"
    try:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        return RateLimiter.shared(str(run / "rate-limits"), LIMITER_SLOTS)
    except OSError as error:
        log.warning("worker.limits_not_shared", error=str(error))
        return RateLimiter.local(LIMITER_SLOTS)
