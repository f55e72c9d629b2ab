"""The HTTP server of a worker: connections with deadlines, and an end that comes in time."""

import asyncio
import random
from typing import Any, Final

from aiohttp.web_protocol import _RequestHandler
from aiohttp.web_server import Server

from gateway.ground.http import protocol
from gateway.ground.http.parser import PROTOCOL_SETTINGS
from gateway.ground.http.places import Places
from gateway.ground.http.protocol import DeadlineRequestHandler
from gateway.ground.http.request import BodyBudget, Request
from gateway.ground.http.router import Answering

SWEEP_S = 1.0
DRAIN_STEP_S: Final = 0.02
# How long a connection must have rested before it is closed: clients that keep some for a crowd
# use none of those again within milliseconds of the end.
REST_S: Final = 5.0


class DeadlineServer(Server):
    """A low-level aiohttp server whose connections have deadlines."""

    def __init__(
        self,
        handler: _RequestHandler,
        *,
        places: Places | None = None,
        proxy_protocol: bool = False,
        budget: BodyBudget | None = None,
        answering: Answering | None = None,
    ) -> None:
        """`proxy_protocol`: connections of trusted proxies begin with its header. `answering`: what
        answers the plain requests of hot routes (plain_front); None: nothing does."""
        super().__init__(handler)
        self._answering = answering
        self._places = places or Places()
        self._proxy_protocol = proxy_protocol
        self._budget = budget or BodyBudget()
        self._leaving = False

    def __call__(self) -> DeadlineRequestHandler:
        made = DeadlineRequestHandler(
            self,
            loop=self._loop,
            keepalive_timeout=protocol.KEEPALIVE_S,
            places=self._places,
            proxy_protocol=self._proxy_protocol,
            budget=self._budget,
            answering=self._answering,
            **PROTOCOL_SETTINGS,
        )
        made.leaving = self._leaving
        return made

    def _make_request(
        self, message: Any, payload: Any, connection: Any, writer: Any, task: Any
    ) -> Request:
        return Request(message, payload, connection, writer, task, self._loop)

    async def sweep(self) -> None:
        """Cut off overdue clients, for as long as the server runs."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = self._loop.time()
            for connection in self._open():
                if connection.overdue(now):
                    connection.cut()
            self._places.report()

    def send_away(self, count: int) -> None:
        """Some connections, chosen by chance, end after their next whole answer, which says so.

        Chosen anew each time: those of the last time that rest do not stand for those that ask.
        """
        if self._leaving:
            return
        connections = self._open()
        for connection in connections:
            connection.leaving = False
        for connection in random.sample(connections, min(count, len(connections))):
            connection.leaving = True

    async def drain(self, drain_s: float) -> int:
        """End every connection: how many were cut off.

        One that asks ends with its answer, which says so. One that rests is closed, but only when
        it has done so for a while: a client's next request may be on its way, and would be lost
        with it. Whoever has not sent its request or taken its answer within `drain_s` is cut off.
        """
        ends_at = self._loop.time() + drain_s
        self._leaving = True
        for connection in self._open():
            connection.leaving = True
        while self._close_resting():
            if self._loop.time() >= ends_at:
                break
            await asyncio.sleep(DRAIN_STEP_S)
        busy = [each for each in self._open() if each.is_unfinished]
        tasks = [c._task_handler for c in busy if c._task_handler is not None]
        for connection in self._open():
            connection.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(busy)

    def _close_resting(self) -> bool:
        """Close connections that have had nothing to do for long enough; whether some are left."""
        now = self._loop.time()
        left = False
        for connection in self._open():
            # Timers come before what was received meanwhile is read: look at the socket last.
            if (
                connection.is_unfinished
                or connection.rested_s(now) < REST_S
                or connection.has_unread
            ):
                left = True
            else:
                connection.force_close()
        return left

    def _open(self) -> list[DeadlineRequestHandler]:
        return [each for each in self.connections if isinstance(each, DeadlineRequestHandler)]
