"""The lower bound of a Python program's cost: an asyncio protocol on uvloop with llhttp, and the
same JSON work as the aiohttp echo. What lies between the two is aiohttp's server.

    python -m bench.peers.protocol_echo PORT
"""

import asyncio
import json
import sys
from typing import cast

import httptools
import uvloop

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n"
)


class Echo(asyncio.Protocol):
    """Answers each request with the JSON that came, in order; a connection that sends what is no
    HTTP is closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One parser for each connection."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is none by type
        self._body: list[bytes] = []
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls back."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._body.clear()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer it."""
        answer = json.dumps(json.loads(b"".join(self._body))).encode()
        self._transport.write(HEAD % len(answer) + answer)


async def serve(port: int) -> None:
    """Until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
