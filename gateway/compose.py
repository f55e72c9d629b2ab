"""Wires one worker: every object is made here, each with just what it needs.

All or nothing: when a step fails, what was opened before is closed again. Nothing runs yet.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import structlog

from gateway import proxy_hint
from gateway.api.body import BATCH_BODY_BYTES_MAX
from gateway.api.faces import Behind, faces
from gateway.api.meters import Meters
from gateway.api.metrics import share_metrics
from gateway.api.places import Places, places_by_descriptors
from gateway.api.refusals import Refusals, share_refusals
from gateway.api.request import UNPROVED_BYTES_MAX, BodyBudget
from gateway.api.router import make_handler
from gateway.api.routes import routes_of
from gateway.api.server import DeadlineServer
from gateway.api.watched import Watched
from gateway.channels import Channels
from gateway.config import Config
from gateway.domain.catalog import CurrentCatalog
from gateway.flows.intake import Intake
from gateway.flows.known_numbers import KnownNumbers
from gateway.flows.lease_keeping import LeaseKeeping
from gateway.flows.line import Line
from gateway.flows.notify.guarded_client import GuardedClient
from gateway.flows.order_desk import OrderDesk
from gateway.flows.sealing import Sealing
from gateway.flows.stock import Stock
from gateway.native import Allocator, KeyRing, OrderIds, RateLimiter, Vault
from gateway.news import HeldKeys, News
from gateway.notifications import Notifications
from gateway.orders.place import Placement
from gateway.services import Service
from gateway.store.attempts import AttemptStore
from gateway.store.catalog import read_catalog
from gateway.store.channels import ChannelStore
from gateway.store.clock import DatabaseClock
from gateway.store.commit import CommitLane
from gateway.store.control import Control
from gateway.store.database import Database
from gateway.store.leases import LeaseStore
from gateway.store.orders import OrderStore
from gateway.store.pools import Pools, open_pools
from gateway.store.purchases import PurchaseStore
from gateway.store.retention import keep_forgetting
from gateway.store.webhooks import WebhookStore
from gateway.store.worklist import Worklist
from gateway.topups import TopUps

log = structlog.get_logger()

Keeper: TypeAlias = Callable[[], Awaitable[None]]  # runs until it is cancelled

LANES = 2  # commits in flight (design D5)
CHAINS_PER_WORKER = LANES + 2  # reveal chains: one per lane, one for reads, one for purchases
LIMITER_SLOTS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one worker runs. `keeping` runs from its start to its end."""

    config: Config
    pools: Pools
    control: Control
    stock: Stock
    intake: Intake
    services: Sequence[Service]
    server: DeadlineServer
    places: Places
    draining: asyncio.Event
    keeping: Sequence[Keeper]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
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


async def compose(config: Config, database: Database, vault: Vault, place: int = 0) -> Parts:
    """The parts of a worker that is registered in the database; its pools close that too.

    `place` is its number among the workers of this node, from 0.

    Raises StoreUnavailableError, ConfigError; then the database alone is left open.
    """
    worker_id, clock, meters = uuid.uuid4(), DatabaseClock(), Meters()
    async with AsyncExitStack() as opened:
        pools = await open_pools(database, config)
        opened.push_async_callback(pools.close_own)
        control = Control(
            dsn=database.dsn,
            config=config,
            worker_id=worker_id,
            clock=clock,
            losses=meters.lease_losses,
        )
        opened.push_async_callback(control.close)
        slot = await control.start()
        read = await read_catalog(pools.control)
        ground = _Ground(
            config=config,
            dsn=database.dsn,
            vault=vault,
            pools=pools,
            worker_id=worker_id,
            slot=slot,
            place=place,
            clock=clock,
            keyring=KeyRing(),
            order_ids=OrderIds(slot),
            catalog=CurrentCatalog(read.catalog),
            meters=meters,
        )
        parts, news = _parts(ground, control)
        news.begin(read)
        opened.pop_all()
    return parts


def _parts(on: _Ground, control: Control) -> tuple[Parts, News]:
    """Everything that stands on the ground; none of it opens anything."""
    config, pools = on.config, on.pools
    leases = _leases(on)
    allocator = Allocator()
    sealing = Sealing(on.vault, on.keyring, allocator)
    stock = Stock(allocator=allocator, leases=leases, find_corrupt=sealing.find_corrupt)
    desk = _desk(on)
    notifications = _notifications(on)
    topups = _topups(on, told=notifications.notifier.made)
    channels = _channels(on, desk)
    intake = _intake(on, stock, sealing, created=(topups.created, notifications.created))
    news = News(
        worker_id=on.worker_id,
        pool=pools.control,
        catalog=on.catalog,
        keys=HeldKeys(on.keyring, on.vault),
        intake=intake,
        stock=stock,
        prepare=(topups.prepare,),
        changed=(
            topups.catalog_changed,
            notifications.catalog_changed,
            channels.catalog_changed,
        ),
    )
    watched = _watched(on, stock, intake, topups, notifications)
    refusals = Refusals()
    behind = Behind(
        watched=watched,
        refusals=refusals,
        placement=Placement(
            catalog=on.catalog,
            now=on.clock.now,
            lines=intake,
            buying=topups,
            count=watched.meters.verdicts,
        ),
        desk=desk,
        upstreams=topups,
        channels=channels,
        pools=pools,
        vault=on.vault,
        keyring=on.keyring,
        limiter=_limiter(config),
        next_id=on.next_id,
    )
    server, places = _server(behind)
    keeping: list[Keeper] = [
        server.sweep,
        partial(control.run, news),
        LeaseKeeping(leases=leases, stock=stock, ttl_s=config.lease_ttl_s).run,
        *_keeping(on, watched, refusals),
    ]
    parts = Parts(
        config=config,
        pools=pools,
        control=control,
        stock=stock,
        intake=intake,
        services=(topups, notifications, channels),
        server=server,
        places=places,
        draining=watched.draining,
        keeping=keeping,
    )
    return parts, news


def _watched(
    on: _Ground, stock: Stock, intake: Intake, topups: TopUps, notifications: Notifications
) -> Watched:
    return Watched(
        config=on.config,
        catalog=on.catalog,
        meters=on.meters,
        intake=intake,
        stock=stock,
        dispatcher=topups.dispatcher,
        balances_minor=lambda: topups.balances_minor,
        notifier=notifications.notifier,
        worklist=Worklist(on.pools.background),
        clock=on.clock,
        pools=on.pools,
        worker_place=on.place,
        draining=asyncio.Event(),
    )


def _keeping(on: _Ground, watched: Watched, refusals: Refusals) -> Iterator[Keeper]:
    """What goes on behind the scenes."""
    config = on.config
    yield partial(keep_forgetting, on.pools.database.pool, config)
    yield watched.meters.watch_loop
    yield watched.worklist.watch
    yield partial(share_refusals, refusals, config.data, on.slot)
    if config.workers > 1:
        yield partial(share_metrics, watched)


def _leases(on: _Ground) -> LeaseStore:
    return LeaseStore(
        on.pools.control,
        worker_id=on.worker_id,
        slot=on.slot,
        ttl_s=on.config.lease_ttl_s,
        losses=on.meters.lease_losses,
    )


def _desk(on: _Ground) -> OrderDesk:
    return OrderDesk(
        orders=OrderStore(on.pools.reads),
        lists=OrderStore(on.pools.lists),
        vault=on.vault,
        keyring=on.keyring,
        chain=on.chain + LANES,
    )


def _channels(on: _Ground, desk: OrderDesk) -> Channels:
    return Channels(
        channels=ChannelStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=on.catalog,
        show=desk.show,
    )


def _notifications(on: _Ground) -> Notifications:
    return Notifications(
        webhooks=WebhookStore(on.pools.background, worker_id=on.worker_id, slot=on.slot),
        orders=OrderStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=on.catalog,
    )


def _topups(on: _Ground, told: Callable[[int], None]) -> TopUps:
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


def _intake(
    on: _Ground,
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


def _server(behind: Behind) -> tuple[DeadlineServer, Places]:
    config = behind.watched.config
    places = Places(
        trusted=config.trusted_proxies,
        in_all=places_by_descriptors(),
        told=partial(proxy_hint.tell, config.data),
    )
    server = DeadlineServer(
        make_handler(routes_of(*faces(behind)), behind.watched.meters),
        places=places,
        proxy_protocol=config.proxy_protocol,
        budget=BodyBudget(max(BATCH_BODY_BYTES_MAX, UNPROVED_BYTES_MAX // config.workers)),
    )
    return server, places


def _limiter(config: Config) -> RateLimiter:
    run = Path(config.data) / "run"
    try:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        return RateLimiter.shared(str(run / "rate-limits"), LIMITER_SLOTS)
    except OSError as error:
        log.warning("worker.limits_not_shared", error=str(error))
        return RateLimiter.local(LIMITER_SLOTS)
