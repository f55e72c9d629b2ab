"""The connections of a loader: one for each request under way, each request with its own answer."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from bench.partner_bytes import member, split, whole_bytes

CONNECTIONS = 64  # at first
CONNECTIONS_MAX = 640
PATIENCE_S = 2.0  # who has no connection by then gives up, as callers do

Told = Callable[[str, bool], None]  # an answer's key, and whether it says when to come back


class Connection(asyncio.Protocol):
    """One kept connection with at most one request on it."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._transport: Any = None
        self._parts: list[bytes] = []
        self._has = self._needs = 0  # bytes
        self._told: Told | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport
        self._pool.is_idle(self)

    def send(self, request: bytes, told: Told) -> None:
        """Write a whole request."""
        self._told = told
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Read one answer to its end."""
        self._parts.append(data)
        self._has += len(data)
        if self._has < self._needs:
            return
        buffer = b"".join(self._parts)
        message = split(buffer)
        if message is None:
            self._parts, self._needs = [buffer], whole_bytes(buffer)
            return
        head, body, _ = message
        self._parts, self._has, self._needs = [], 0, 0
        key = head[9:12].decode()
        if key >= "400":
            key += " " + (member(body, b'"code":"') or b"?").decode()
        told, self._told = self._told, None
        if told is not None:
            told(key, b"\r\nretry-after:" in head)
        self._pool.is_idle(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  counted alike
        """Gone, perhaps with a request on it."""
        self._pool.is_lost(self)
        if self._told is not None:
            self._told("broken", False)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Pool:
    """Connections: one for each request under way, as many as there have to be."""

    def __init__(self, port: int, patience_s: float = PATIENCE_S) -> None:
        self._port = port
        self._patience_s = patience_s
        self._idle: list[Connection] = []
        self._waiting: deque[tuple[float, bytes, Told]] = deque()  # until when
        self._opening: set[asyncio.Task[None]] = set()
        self._open = 0
        self.under_way = 0
        self.waited = 0  # requests for which there was no connection at once

    def send(self, request: bytes, told: Told) -> None:
        """Send at once, or on the first connection there is."""
        self.under_way += 1
        if self._idle:
            self._idle.pop().send(request, told)
            return
        self.waited += 1
        self._waiting.append((time.monotonic() + self._patience_s, request, told))
        if self._open + len(self._opening) < CONNECTIONS_MAX:
            self.open_one()

    def open_one(self) -> None:
        """A connection more."""
        task = asyncio.create_task(self._connect())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        except OSError:
            return  # a request that waits for one is never answered, and counted so
        self._open += 1

    async def fill(self) -> None:
        """Open those of the beginning."""
        for _ in range(CONNECTIONS - self._open):
            self.open_one()
        if self._opening:
            await asyncio.wait(self._opening)

    def is_idle(self, connection: Connection) -> None:
        """It may be used."""
        now = time.monotonic()
        while self._waiting:
            until, request, told = self._waiting.popleft()
            if now < until:
                connection.send(request, told)
                return
            told("given up", False)
        self._idle.append(connection)

    def is_lost(self, connection: Connection) -> None:
        """It may not."""
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)

    async def rest(self, deadline_s: float) -> None:
        """Wait until nothing is under way, so long at most."""
        deadline = time.monotonic() + deadline_s
        while self.under_way and time.monotonic() < deadline:  # noqa: ASYNC110  an end
            await asyncio.sleep(0.005)
        self.under_way = 0

    def close(self) -> None:
        """Hang up everywhere."""
        self._waiting.clear()
        for connection in self._idle:
            connection.close()
