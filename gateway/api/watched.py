"""What a worker's metrics are read from."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.api.worker_meters import Meters
from gateway.config import Config
from gateway.domain.catalog import CurrentCatalog
from gateway.flows.dispatch.dispatcher import Dispatcher
from gateway.flows.intake import Intake
from gateway.flows.notify.notifier import Notifier
from gateway.flows.stock import Stock
from gateway.store.anchors import AnchorWriter
from gateway.store.clock import DatabaseClock
from gateway.store.pools import Pools
from gateway.store.worklist import Worklist


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
