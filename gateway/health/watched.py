"""What a worker's metrics are read from."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.audit.anchor_store import AnchorWriter
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.stock import Stock
from gateway.dispatch.dispatcher import Dispatcher
from gateway.ground.config import Config
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.pools import Pools
from gateway.health.meters import Meters
from gateway.health.worklist import Worklist
from gateway.orders.intake import Intake
from gateway.webhooks.notifier import Notifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Looked at when somebody asks, never changed."""

    config: Config
    catalog: CurrentCatalog
    meters: Meters
    intake: Intake
    stock: Stock
    dispatcher: Dispatcher
    balances_minor: Callable[[], Mapping[int, int]]  # what is left at upstreams that told it
    notifier: Notifier
    worklist: Worklist
    clock: DatabaseClock
    anchors: AnchorWriter
    pools: Pools
    worker_place: int  # among this node's, from 0: its successor has it too
    draining: asyncio.Event
