"""Real peers for the second transport: a proxy that tunnels and forwards, an HTTP/2 server."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

CREDENTIALS = "us:p%40ss"


@dataclass(slots=True)
class Proxy:
    """An HTTP proxy with a password; `refuses` answers so instead, `breaks` cuts tunnels."""

    port: int = 0
    refuses: bytes | None = None
    breaks: bool = False
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """With credentials; the @ of the password is written as URLs want it."""
        return f"http://{CREDENTIALS}@127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            expected = base64.b64encode(b"us:p@ss")
            if self.refuses or b"Proxy-Authorization: Basic " + expected not in head:
                writer.write(self.refuses or b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
            elif head.startswith(b"CONNECT "):
                await self._tunnel(head, reader, writer)
            else:
                await self._forward(head, reader, writer)
        writer.close()

    async def _tunnel(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        if self.breaks:
            return
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Tunnel\r\n\r\n")
        await asyncio.gather(_pump(reader, back), _pump(there, writer))

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """What a proxy does with a request for plain HTTP: the target becomes a path."""
        line, rest = head.split(b"\r\n", 1)
        method, url, version = line.split(b" ")
        authority, _, path = url.removeprefix(b"http://").partition(b"/")
        host, _, port = authority.decode().rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        # One request a connection, so that `heads` has each of them.
        back.write(b" ".join((method, b"/" + path, version)) + b"\r\nConnection: close\r\n" + rest)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def proxying() -> AsyncIterator[Proxy]:
    """A proxy on a free port."""
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


@dataclass(slots=True)
class Http2Server:
    """Answers every stream with what it was sent; `breaks` ends connections after a request."""

    breaks: bool = False
    port: int = 0
    connections: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        talk.initiate_connection()
        writer.write(talk.data_to_send())
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for event in talk.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        fields = {n.decode(): v.decode() for n, v in event.headers}
                        self.requests.append(fields)
                    if isinstance(event, h2.events.StreamEnded):
                        if self.breaks:
                            writer.transport.abort()
                            return
                        talk.send_headers(event.stream_id, [(":status", "200")])
                        talk.send_data(event.stream_id, b"two", end_stream=True)
                writer.write(talk.data_to_send())
                await writer.drain()
        writer.close()


@asynccontextmanager
async def speaking_http2(tls: ssl.SSLContext) -> AsyncIterator[Http2Server]:
    """An HTTP/2 server on a free port; `tls` is told to agree on h2."""
    tls.set_alpn_protocols(["h2"])
    peer = Http2Server()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
