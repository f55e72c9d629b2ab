"""Short plays for the lean HTTP client: whom it calls, what it is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest

from connectors.exchange import HttpRequest, HttpResponse, TransportFailure
from connectors.http1 import ClientLimits, Dialer, HttpClient
from tests.clock import LONG_S
from tests.world.raw_server import Peer, RawServer, Script

HEAD = b"HTTP/1.1 200 OK\r\n"


PATIENT = ClientLimits(connect_timeout_s=LONG_S, keepalive_s=LONG_S)


EMPTY = HEAD + b"Content-Length: 0\r\n\r\n"


@asynccontextmanager
async def client_of(
    limits: ClientLimits | None = None, dialer: Dialer | None = None
) -> AsyncIterator[HttpClient]:
    """A client for the length of the block."""
    client = HttpClient(dialer or Dialer(), limits or PATIENT)
    try:
        yield client
    finally:
        await client.close()


async def get(
    client: HttpClient, url: str, *, seconds: float = LONG_S, bytes_max: int = 1000
) -> HttpResponse:
    """An executing GET: general clients would send it again."""
    request = HttpRequest(method="GET", url=url, executes=True, response_bytes_max=bytes_max)
    return await client.exchange(request, asyncio.get_running_loop().time() + seconds)


async def failure_of(exchange: Awaitable[HttpResponse]) -> TransportFailure:
    """What an exchange that must fail raises."""
    with pytest.raises(TransportFailure) as caught:
        await exchange
    return caught.value


def answering(*answers: bytes, hang_up: bool = False) -> Script:
    """Answer each request of a connection with the next bytes; the last ones repeat."""

    async def serve(state: RawServer, peer: Peer) -> None:
        for number in range(1000):
            state.requests.append(await peer.read_request())
            peer.writer.write(answers[min(number, len(answers) - 1)])
            await peer.writer.drain()
            if hang_up:
                return

    return serve
