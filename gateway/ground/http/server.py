"""The HTTP server of a worker: connections with deadlines, and an end that comes in time."""

import asyncio
from typing import Any, Final

from aiohttp.web_protocol import _RequestHandler
from aiohttp.web_server import Server

from gateway.ground.http import protocol
from gateway.ground.http.places import Places
from gateway.ground.http.protocol import PROTOCOL_SETTINGS, DeadlineRequestHandler
from gateway.ground.http.request import BodyBudget, Request

SWEEP_S = 1.0
DRAIN_STEP_S: Final = 0.02


class DeadlineServer(Server):
    """A low-level aiohttp server whose connections have deadlines."""

    def __init__(
        self,
        handler: _RequestHandler,
        *,
        places: Places | None = None,
        proxy_protocol: bool = False,
        budget: BodyBudget | None = None,
    ) -> None:
        """`proxy_protocol`: connections of trusted proxies begin with its header."""
        super().__init__(handler)
        self._places = places or Places()
        self._proxy_protocol = proxy_protocol
        self._budget = budget or BodyBudget()

    def __call__(self) -> DeadlineRequestHandler:
        return DeadlineRequestHandler(
            self,
            loop=self._loop,
            keepalive_timeout=protocol.KEEPALIVE_S,
            places=self._places,
            proxy_protocol=self._proxy_protocol,
            budget=self._budget,
            **PROTOCOL_SETTINGS,
        )

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

    async def drain(self, drain_s: float) -> int:
        """Take no further requests, answer those under way, end: how many were cut off.

        Whoever has not sent its request or taken its answer within `drain_s` is cut off.
        """
        ends_at = self._loop.time() + drain_s
        self.pre_shutdown()
        while busy := self._close_idle():
            if self._loop.time() >= ends_at:
                break
            await asyncio.sleep(DRAIN_STEP_S)
        tasks = [c._task_handler for c in busy if c._task_handler is not None]
        for connection in busy:
            connection.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(busy)

    def _close_idle(self) -> list[DeadlineRequestHandler]:
        """Close connections with nothing to do; returns the others."""
        busy = []
        for connection in self._open():
            if connection.is_unfinished:
                busy.append(connection)
            else:
                connection.force_close()
        return busy

    def _open(self) -> list[DeadlineRequestHandler]:
        return [each for each in self.connections if isinstance(each, DeadlineRequestHandler)]
