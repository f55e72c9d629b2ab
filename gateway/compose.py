"""Composes one worker: opens what its parts stand on, and has each feature's wiring make its own.

All or nothing: when a step fails, what was opened before is closed again. Nothing runs yet.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from gateway.audit.anchor_store import AnchorWriter
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.catalog.store import read_catalog
from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.stock import Stock
from gateway.control import Control
from gateway.ground.config import Config
from gateway.ground.footing import Footing
from gateway.ground.http import proxy_hint
from gateway.ground.http.body import BATCH_BODY_BYTES_MAX
from gateway.ground.http.door import Door
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.places import Places, places_by_descriptors
from gateway.ground.http.request import UNPROVED_BYTES_MAX, BodyBudget
from gateway.ground.http.router import Answering
from gateway.ground.http.server import DeadlineServer
from gateway.ground.native import KeyRing, OrderIds, Vault
from gateway.ground.nodes import Nodes, node_of
from gateway.ground.redis.address import read_address
from gateway.ground.redis.link import Link
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.connecting import keep_looking
from gateway.ground.sql.database import Database
from gateway.ground.sql.pools import Pools, open_pools
from gateway.ground.wiring import Keeper, Kit, Service
from gateway.news import News
from gateway.orders.intake import Intake
from gateway.routes import routes_of, twins_of
from gateway.wirings import WIRINGS


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
    worker_id, clock, losses = uuid.uuid4(), DatabaseClock(), LeaseLosses()
    nodes = Nodes()
    async with AsyncExitStack() as opened:
        pools = await open_pools(database, config)
        opened.push_async_callback(pools.close_own)
        control = Control(
            dsn=database.dsn, config=config, worker_id=worker_id, clock=clock, losses=losses,
            nodes=nodes,
        )  # fmt: skip
        opened.push_async_callback(control.close)
        slot = await control.start()
        on = Footing(
            config=config,
            dsn=database.dsn,
            vault=vault,
            pools=pools,
            worker_id=worker_id,
            slot=slot,
            place=place,
            clock=clock,
            nodes=nodes,
            redis=_link(config, vault),
            keyring=KeyRing(),
            order_ids=OrderIds(slot),
            meters=HttpMeters(),
            door=Door(),
            places=Places(
                trusted=config.trusted_proxies,
                in_all=places_by_descriptors(),
                told=partial(proxy_hint.tell, config.data),
            ),
            draining=asyncio.Event(),
        )
        parts = _parts(on, control, losses, await read_catalog(pools.control))
        opened.pop_all()
    return parts


def _parts(on: Footing, control: Control, losses: LeaseLosses, read: CatalogRead) -> Parts:
    """Everything that stands on the footing; none of it opens anything."""
    kit = Kit(on, WIRINGS, given=(losses, read, CurrentCatalog(read.catalog)))
    built = [wiring.build(kit) for wiring in WIRINGS]
    server = _server(kit)
    kit.join(built)
    return Parts(
        config=on.config,
        pools=on.pools,
        control=control,
        stock=kit[Stock],
        intake=kit[Intake],
        anchors=kit[AnchorWriter],
        services=[service for one in built for service in one.services],
        server=server,
        places=on.places,
        draining=on.draining,
        keeping=[
            server.sweep,
            partial(control.run, News(built)),
            partial(keep_looking, on.dsn, on.config),
            *(() if on.redis is None else (on.redis.keep,)),
            *(keeper for one in built for keeper in one.keeping),
        ],
    )


def _link(config: Config, vault: Vault) -> Link | None:
    """To Redis, if there is to be one; it connects when it is kept."""
    if config.redis_url is None:
        return None
    # All nodes of a shop have one key file, and no two shops the same.
    shop = hashlib.sha256(vault.kek_ids()[1][0].encode()).hexdigest()[:12]
    return Link(read_address(config.redis_url), node=str(node_of(config.data)), shop=shop)


def _server(kit: Kit) -> DeadlineServer:
    config = kit.on.config
    answering = Answering(list(routes_of(kit)), kit.on.meters, list(twins_of(kit)))
    return DeadlineServer(
        answering.handle,
        answering=answering,
        places=kit.on.places,
        proxy_protocol=config.proxy_protocol,
        budget=BodyBudget(max(BATCH_BODY_BYTES_MAX, UNPROVED_BYTES_MAX // config.workers)),
    )
