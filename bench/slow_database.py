"""A Unix socket before PostgreSQL that makes its answers late: all of them, by the same time.

    python -m bench.slow_database SOCKET SERVER_SOCKET

Each line on stdin is a delay in seconds from now on, and is answered by one on stdout. What is on
its way comes when it was to come; answers of a connection never overtake each other.
"""

import asyncio
import sys
from collections import deque
from typing import Any

import uvloop


class Delay:
    """How late answers are; all connections look here."""

    def __init__(self) -> None:
        self.seconds = 0.0


class ToServer(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(self, client: "ToClient", delay: Delay) -> None:
        self._client = client
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._late: deque[bytes] = deque()
        self._due = 0.0  # when the last of them is

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        if not self._late and not self._delay.seconds:
            self._client.write(data)
            return
        self._due = max(self._due, self._loop.time() + self._delay.seconds)
        self._late.append(data)
        self._loop.call_at(self._due, self._write_next)

    def _write_next(self) -> None:
        self._client.write(self._late.popleft())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The other end goes, too."""
        self._client.close()


class ToClient(asyncio.Protocol):
    """The gateway's end of a connection."""

    def __init__(self, server_socket: str, delay: Delay) -> None:
        self._server_socket = server_socket
        self._delay = delay
        self._transport: Any = None
        self._server: Any = None
        self._early: list[bytes] = []  # came before the server's end was there
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect on."""
        self._transport = transport
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            self._server, _ = await asyncio.get_running_loop().create_unix_connection(
                lambda: ToServer(self, self._delay), self._server_socket
            )
        except OSError:
            self._transport.abort()
            return
        self._server.write(b"".join(self._early))
        if self._transport.is_closing():
            self._server.close()

    def data_received(self, data: bytes) -> None:
        """Pass it on at once."""
        if self._server is None:
            self._early.append(data)
        else:
            self._server.write(data)

    def write(self, data: bytes) -> None:
        """An answer whose time has come."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """The server is gone."""
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The other end goes, too."""
        if self._server is not None:
            self._server.close()


async def serve(path: str, server_socket: str) -> None:
    """Listen; change the delay as told until stdin ends."""
    delay = Delay()
    loop = asyncio.get_running_loop()
    await loop.create_unix_server(lambda: ToClient(server_socket, delay), path)
    told = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    sys.stderr.write("listening\n")
    sys.stderr.flush()
    while line := await told.readline():
        delay.seconds = float(line)
        sys.stdout.write("{}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2]))
