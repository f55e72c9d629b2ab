"""A Unix socket in front of PostgreSQL that understands just enough to hurt at the right moment.

It can cut a connection exactly at a commit (before the call is forwarded, or after it and
before its answer), refuse everybody, or fall silent.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from gateway.ground.config import Config

COMMIT_CALLS = (b"commit_orders(", b"commit_plain(")


class Cut(Enum):
    """Where a commit's connection breaks."""

    BEFORE_SENDING = auto()
    BEFORE_THE_ANSWER = auto()


class DatabaseProxy:
    """One proxy; the gateway under test connects through it, tests look around it."""

    def __init__(self, directory: str, server_socket: str) -> None:
        self._path = str(Path(directory) / ".s.PGSQL.5432")
        self._server_socket = server_socket
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._talking = asyncio.Event()
        self._talking.set()
        self._cut: Cut | None = None
        self._spared = 0  # commits still to let through before the next cut
        self._every = 1
        self.cuts = 0

    def cut_commits(self, cut: Cut | None, *, every: int = 1) -> None:
        """From now on break each `every`-th commit; None: let them pass."""
        self._cut, self._every, self._spared = cut, every, every - 1

    async def listen(self) -> None:
        """Accept connections (again)."""
        self._listener = await asyncio.start_unix_server(self._accept, self._path)

    async def refuse(self) -> None:
        """Break every connection and accept no new one."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            with contextlib.suppress(FileNotFoundError):  # asyncio ≥ 3.13 has done it already
                os.unlink(self._path)
        for writer in list(self._open):
            writer.transport.abort()
        if self._connections:
            await asyncio.wait(self._connections)

    def fall_silent(self) -> None:
        """Forward nothing any more; connections stay open."""
        self._talking.clear()

    def talk_again(self) -> None:
        """Forward what waited."""
        self._talking.set()

    def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(client, to_client))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        # Closing both is first of all: a pump that breaks must not leave the other end open.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), self._held(to_client):
            server, to_server = await asyncio.open_unix_connection(self._server_socket)
            with self._held(to_server):
                back = asyncio.create_task(self._pump(server, to_client))
                try:
                    await self._forward(client, to_client, to_server)
                finally:
                    to_server.close()
                    await back

    @contextlib.contextmanager
    def _held(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Known to `refuse` while it is open, and closed at the end."""
        self._open.add(writer)
        try:
            yield
        finally:
            writer.close()
            self._open.discard(writer)

    async def _forward(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        to_server: asyncio.StreamWriter,
    ) -> None:
        """Client to server, message by message, with an eye on calls that commit orders."""
        length = await client.readexactly(4)  # the start-up message has no type
        to_server.write(length + await client.readexactly(int.from_bytes(length, "big") - 4))
        commits: set[bytes] = set()  # names of prepared statements that commit
        cut_at_sync = False
        while True:
            head = await client.readexactly(5)
            body = await client.readexactly(int.from_bytes(head[1:], "big") - 4)
            await self._talking.wait()
            if head[:1] == b"P" and any(call in body for call in COMMIT_CALLS):
                commits.add(body.split(b"\0", 1)[0])
            if head[:1] == b"B" and body.split(b"\0", 2)[1] in commits and self._due():
                self.cuts += 1
                if self._cut is Cut.BEFORE_SENDING:
                    to_client.transport.abort()
                    return
                cut_at_sync = True
            to_server.write(head + body)
            if cut_at_sync and head[:1] == b"S":
                to_client.transport.abort()
                return  # the server reads what was sent, and commits, before it sees the end

    def _due(self) -> bool:
        if self._cut is None:
            return False
        if self._spared:
            self._spared -= 1
            return False
        self._spared = self._every - 1
        return True

    async def _pump(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while chunk := await server.read(65_536):
            await self._talking.wait()
            if not to_client.is_closing():
                to_client.write(chunk)
        to_client.close()


@asynccontextmanager
async def proxied(config: Config) -> AsyncIterator[tuple[Config, DatabaseProxy]]:
    """Settings that lead through a proxy, and the proxy."""
    url = urlsplit(str(config.database_url))
    upstream = Path(parse_qs(url.query)["host"][0]) / ".s.PGSQL.5432"
    with tempfile.TemporaryDirectory(prefix="quangate-proxy-") as directory:
        proxy = DatabaseProxy(directory, str(upstream))
        await proxy.listen()
        host = directory.replace("/", "%2F")
        dsn = f"postgresql://{url.netloc}{url.path}?host={host}&port=5432"
        try:
            yield replace(config, database_url=dsn), proxy
        finally:
            proxy.talk_again()
            await proxy.refuse()
