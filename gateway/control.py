"""A worker's control connection: its slot, its pulse, and the database's announcements.

The advisory lock on the slot lives as long as this connection: others see at once that a
worker is gone. When the connection breaks, a new one takes the slot again and the worker is
told that it may have missed something.
"""

import asyncio
import uuid
from typing import Any, Protocol

import structlog

from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.lease_store import (
    hold_slot,
    read_living,
    reclaim_dead,
    register_worker,
    unregister_worker,
)
from gateway.ground.config import Config
from gateway.ground.errors import QuangateError
from gateway.ground.nodes import Nodes, node_of
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.connecting import connect_for_upkeep
from gateway.ground.sql.database import ANNOUNCEMENTS

log = structlog.get_logger()

RECONNECT_PAUSE_S = 0.2
WORKERS = "workers"  # the announcement that one has come
PULSE_S = 2.0  # how soon a broken control connection and dead workers are noticed


class Told(Protocol):
    """Who hears the announcements."""

    async def news(self, payload: str) -> None:
        """One announcement of the database."""

    async def missed(self) -> None:
        """Announcements may have been missed."""


class Control:
    """Keeps the worker registered and delivers announcements in order."""

    def __init__(
        self,
        *,
        dsn: str,
        config: Config,
        worker_id: uuid.UUID,
        clock: DatabaseClock,
        losses: LeaseLosses,
        nodes: Nodes,
    ) -> None:
        self._dsn = dsn
        self._config = config
        self._worker_id = worker_id
        self._clock = clock
        self._losses = losses
        self._nodes = nodes
        self._node = node_of(config.data)
        self._connection: Any = None
        self._slot = -1
        self._news: asyncio.Queue[str] = asyncio.Queue()
        self._in_turn = asyncio.Lock()  # a connection does one thing at a time

    async def start(self) -> int:
        """Connect, take a slot, listen, take back what dead workers left; returns the slot."""
        self._connection = await connect_for_upkeep(self._dsn, self._config)
        await self._clock.check(self._connection)
        self._slot = await register_worker(
            self._connection, self._worker_id, self._config.lease_ttl_s, self._node
        )
        await self._listen()
        return self._slot

    async def run(self, told: Told) -> None:
        """Deliver announcements and keep the connection, until cancelled."""
        await asyncio.gather(self._deliver(told), self._pulse(told))

    async def close(self) -> None:
        """Give the slot up. The leases must have been given back."""
        if self._connection is not None and not self._connection.is_closed():
            await unregister_worker(self._connection, self._worker_id)
            await self._connection.close()

    async def _listen(self) -> None:
        with unreachable_is_unavailable():
            await self._connection.add_listener(ANNOUNCEMENTS, self._hear)
        freed = await reclaim_dead(self._connection, self._slot, self._losses)
        if freed:
            log.info("control.reclaimed", freed=freed)
        await self._count()

    async def _count(self) -> None:
        alive = await read_living(self._connection)
        self._nodes.note(alive.nodes, alive.workers)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._news.put_nowait(payload)

    async def _deliver(self, told: Told) -> None:
        while True:
            payloads = {await self._news.get()}
            while not self._news.empty():
                payloads.add(self._news.get_nowait())  # a burst of equal news is one
            for payload in sorted(payloads):
                try:
                    if payload == WORKERS:
                        async with self._in_turn:
                            await self._count()
                    await told.news(payload)
                except QuangateError as error:
                    log.warning("control.news_failed", payload=payload, error=str(error))
                    await asyncio.sleep(RECONNECT_PAUSE_S)
                    self._news.put_nowait(payload)
                except Exception:
                    # One bad row must not make the worker deaf to all later news.
                    log.exception("control.news_failed", payload=payload)

    async def _pulse(self, told: Told) -> None:
        while True:
            await asyncio.sleep(PULSE_S)
            try:
                async with self._in_turn:
                    await self._beat(told)
            except Exception as error:  # noqa: BLE001 - the pulse must not stop
                log.warning("control.pulse_failed", error=repr(error))
                self._connection.terminate()

    async def _beat(self, told: Told) -> None:
        if self._connection.is_closed():
            await self._reconnect(told)
        else:
            await reclaim_dead(self._connection, self._slot, self._losses)
            await self._count()
        await self._clock.measure(self._connection)

    async def _reconnect(self, told: Told) -> None:
        self._connection = await connect_for_upkeep(self._dsn, self._config)
        # While we were away others may have taken us for dead and dropped our row.
        await hold_slot(
            self._connection, self._slot, self._worker_id, self._config.lease_ttl_s, self._node
        )
        await self._listen()
        await told.missed()
        log.info("control.reconnected")
