"""What all of one worker's parts stand on; it is there before any of them is made."""

import asyncio
import time
import uuid
from dataclasses import dataclass

from gateway.ground.config import Config
from gateway.ground.http.door import Door
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.places import Places
from gateway.ground.native import KeyRing, OrderIds, Vault
from gateway.ground.nodes import Nodes
from gateway.ground.redis.link import Link
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.pools import Pools


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """Settings, connections, keys, names. `slot` is this worker's in the database, and `place` its
    number among those of this node, from 0: its successor has it too."""

    config: Config
    dsn: str
    vault: Vault
    pools: Pools
    worker_id: uuid.UUID
    slot: int
    place: int
    clock: DatabaseClock
    nodes: Nodes
    redis: Link | None  # none is configured
    keyring: KeyRing
    order_ids: OrderIds
    meters: HttpMeters
    door: Door
    places: Places
    draining: asyncio.Event  # set while the worker is leaving

    def next_id(self) -> int:
        """An id that nobody else makes."""
        return self.order_ids.next(time.time_ns() // 1_000_000)

    def next_ids(self, count: int) -> list[int]:
        """As many ids."""
        return self.order_ids.next_many(time.time_ns() // 1_000_000, count)
