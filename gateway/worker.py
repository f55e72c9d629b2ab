"""One worker process: runs the parts it is given, serves, and ends in order."""

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import socket
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog

from gateway.compose import Parts
from gateway.ground.http.evenness import to_send_away
from gateway.ground.http.listener import Listener

log = structlog.get_logger()

# Containers made and not freed before the collector looks for cycles among them. Orders under way
# keep thousands: with Python's 700 it looked 40 times a second, for 7 % of the processor time.
YOUNG_OBJECTS_MAX = 10_000
NOTICED_S = 5.0  # how long /readyz says that we leave before anybody is told to
LOOK_S = 0.02
STOP_S = 4.0  # from the end of the drain time to that of the process, which has some left
GIVE_BACK_S = 1.5  # of these, kept for giving the leases back


class Worker:
    """Runs one worker's parts, which are its own from then on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks: list[asyncio.Task[Any]] = []
        self._sends_away = False

    async def start(self, listening: socket.socket, others: Sequence[socket.socket] = ()) -> None:
        """Begin to serve on `listening`, and help at the sockets of the other workers of this node;
        when that fails, the parts are closed."""
        parts = self._parts
        async with AsyncExitStack() as begun:
            begun.push_async_callback(parts.pools.close)
            begun.push_async_callback(parts.control.close)
            for service in parts.services:
                begun.push_async_callback(service.stop)
                await service.start()
            parts.intake.start()
            begun.push_async_callback(parts.intake.close)
            self._listener = Listener(listening, parts.server, parts.places, others)
            self._listener.start()
            begun.pop_all()
        self._tasks = [asyncio.ensure_future(keep()) for keep in parts.keeping]
        # What is there by now stays: collections need not look at it each time. And what comes
        # goes by its reference counts, so that they need not look often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS_MAX, *gc.get_threshold()[1:])

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._parts.places.taken

    def even_out(self, mean: float) -> None:
        """Send some clients away when there are far more than the other workers have."""
        away = to_send_away(self.connections, mean)
        if away or self._sends_away:
            self._parts.server.send_away(away)
        self._sends_away = away > 0

    async def stop(self, *, retiring: bool = False) -> bool:
        """Drain: let balancers notice, take nothing in, finish what is in flight, give the leases
        back. `retiring`: a successor takes orders on the same socket, nobody has to notice.

        All of it within the drain time and `STOP_S`, whatever clients, upstreams or the database
        do; False when something was cut short. Nothing is lost by that: what it was is decided
        by the next start, and leases end by themselves.
        """
        parts = self._parts
        loop = asyncio.get_running_loop()
        drained_at = loop.time() + parts.config.drain_s
        ends_at = drained_at + STOP_S
        if not retiring:
            parts.draining.set()  # /readyz says so
            await self._be_noticed(loop.time() + min(NOTICED_S, parts.config.drain_s / 2))
        self._listener.close(last=not retiring)
        cut_off = await parts.server.drain(drained_at - loop.time())
        if cut_off:
            log.warning("serve.cut_off", connections=cut_off)
        answered = await _by(ends_at - GIVE_BACK_S, "orders under way", parts.intake.close())
        stops = [_by(ends_at - GIVE_BACK_S, "services", each.stop()) for each in parts.services]
        whole = answered and all(await asyncio.gather(*stops))
        for task in self._tasks:
            task.cancel()
        await _by(ends_at, "tasks", asyncio.gather(*self._tasks, return_exceptions=True))
        # Codes of a commit that is not decided may be sold: their leases are not given back.
        whole = answered and await _by(ends_at, "leases", parts.stock.close()) and whole
        whole = await _by(ends_at, "control", parts.control.close()) and whole
        if whole:
            await parts.anchors.write_last(ends_at)
        closed = await _by(ends_at, "database", parts.pools.close())
        if not closed:
            parts.pools.database.hurry()
        return closed and whole

    async def _be_noticed(self, until: float) -> None:
        """Go on as usual until a moment (loop time), or until no connection is open."""
        while self._parts.server.connections or self._listener.is_opening:
            if asyncio.get_running_loop().time() >= until:
                return
            await asyncio.sleep(LOOK_S)


async def _by(ends_at: float, what: str, step: Awaitable[object]) -> bool:
    """Whether a step of the end was done by a moment (loop time); it is cancelled if not."""
    try:
        async with asyncio.timeout_at(ends_at):
            await step
    except TimeoutError:
        log.error("serve.cut_short", what=what)  # noqa: TRY400  that it took too long is all
        return False
    return True


def harden_process() -> None:
    """No core dumps and no reading of our memory by others: it holds keys and codes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(hard, 65_536) if hard > 0 else 65_536, hard)
        )
    pr_set_dumpable = 4
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
    os.umask(0o077)
