"""Wires one worker: every object is made here, each with just what it needs.

All or nothing: when a step fails, what was opened before is closed again. Nothing runs yet.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from gateway.audit.anchor_store import AnchorWriter, make_writer
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.store import read_catalog
from gateway.codes.lease_keeping import LeaseKeeping
from gateway.codes.stock import Stock
from gateway.control import Control
from gateway.dispatch.topups import TopUps
from gateway.faces import Behind, faces
from gateway.footing import (
    Footing,
    make_channels,
    make_desk,
    make_intake,
    make_leases,
    make_limiter,
    make_notifications,
    make_topups,
)
from gateway.ground.config import Config
from gateway.ground.http import proxy_hint
from gateway.ground.http.body import BATCH_BODY_BYTES_MAX
from gateway.ground.http.places import Places, places_by_descriptors
from gateway.ground.http.request import UNPROVED_BYTES_MAX, BodyBudget
from gateway.ground.http.router import make_handler
from gateway.ground.http.server import DeadlineServer
from gateway.ground.native import Allocator, KeyRing, OrderIds, Vault
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.database import Database
from gateway.ground.sql.pools import Pools, open_pools
from gateway.health.meters import Meters
from gateway.health.metrics import share_metrics
from gateway.health.retention import keep_forgetting
from gateway.health.watched import Watched
from gateway.health.worklist import Worklist
from gateway.news import HeldKeys, News
from gateway.orders.intake import Intake
from gateway.orders.place import Placement
from gateway.orders.sealing import Sealing
from gateway.partners.refusals import Refusals, share_refusals
from gateway.routes import routes_of
from gateway.services import Service
from gateway.webhooks.notifications import Notifications

Keeper: TypeAlias = Callable[[], Awaitable[None]]  # runs until it is cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one worker runs. `keeping` runs from its start to its end."""

    config: Config
    pools: Pools
    control: Control
    stock: Stock
    intake: Intake
    anchors: AnchorWriter
    services: Sequence[Service]
    server: DeadlineServer
    places: Places
    draining: asyncio.Event
    keeping: Sequence[Keeper]


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
        footing = Footing(
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
        parts, news = _parts(footing, control)
        news.begin(read)
        opened.pop_all()
    return parts


def _parts(on: Footing, control: Control) -> tuple[Parts, News]:
    """Everything that stands on the footing; none of it opens anything."""
    config, pools = on.config, on.pools
    leases = make_leases(on)
    allocator = Allocator()
    sealing = Sealing(on.vault, on.keyring, allocator)
    stock = Stock(allocator=allocator, leases=leases, find_corrupt=sealing.find_corrupt)
    desk = make_desk(on)
    notifications = make_notifications(on)
    topups = make_topups(on, told=notifications.notifier.made)
    channels = make_channels(on, desk)
    intake = make_intake(on, stock, sealing, created=(topups.created, notifications.created))
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
        limiter=make_limiter(config),
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
        anchors=watched.anchors,
        services=(topups, notifications, channels),
        server=server,
        places=places,
        draining=watched.draining,
        keeping=keeping,
    )
    return parts, news


def _watched(
    on: Footing, stock: Stock, intake: Intake, topups: TopUps, notifications: Notifications
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
        worklist=Worklist(on.pools.background, speaks=on.place == 0),
        clock=on.clock,
        anchors=make_writer(on.pools.background, on.config, on.vault),
        pools=on.pools,
        worker_place=on.place,
        draining=asyncio.Event(),
    )


def _keeping(on: Footing, watched: Watched, refusals: Refusals) -> Iterator[Keeper]:
    """What goes on behind the scenes."""
    config = on.config
    yield partial(keep_forgetting, on.pools.database.pool, config)
    yield watched.anchors.keep
    yield watched.meters.watch_loop
    yield watched.worklist.watch
    yield partial(share_refusals, refusals, config.data, on.slot)
    if config.workers > 1:
        yield partial(share_metrics, watched)


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
