"""A server of ours on a free port, with a clock and limits that a test chooses."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.http.listener import Listener
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.operation import Operation, Route
from gateway.ground.http.places import Places
from gateway.ground.http.request import BodyBudget
from gateway.ground.http.router import Answering
from gateway.ground.http.server import DeadlineServer
from tests.clock import LONG_S, put_forward

WRITE_DEADLINE_S = LONG_S


LARGE = b"x" * 2_000_000  # more than the kernel keeps for a client with a small buffer


GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


SMALL = b"POST /small HTTP/1.1\r\nHost: x\r\n\r\n"


LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


Handler = Callable[[BaseRequest], Awaitable[StreamResponse]]


def past_aiohttp(handle: Handler) -> Answering:
    """Answers `SMALL` past aiohttp."""
    operation = Operation(name="x", tag="x", summary="x")
    return Answering([Route("POST", "/small", handle, operation, plain=True)], HttpMeters())


@dataclass
class Served:
    """A server, what it answered, and the clients of a test."""

    server: DeadlineServer
    places: Places
    port: int
    clients: list[socket.socket] = field(default_factory=list)

    def connect(self, *, buffer: int | None = None) -> socket.socket:
        """A client; with `buffer` its kernel takes only so much."""
        client = socket.socket()
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.connect(("127.0.0.1", self.port))
        client.setblocking(False)
        self.clients.append(client)
        return client


@asynccontextmanager
async def serving(
    handle: Handler,
    *,
    places: Places | None = None,
    proxy_protocol: bool = False,
    budget: BodyBudget | None = None,
    answering: Answering | None = None,
) -> AsyncIterator[Served]:
    """The server on a free port, its sweep and its listener."""
    places = places or Places()
    server = DeadlineServer(
        handle,
        places=places,
        proxy_protocol=proxy_protocol,
        budget=budget or BodyBudget(),
        answering=answering,
    )
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.setblocking(False)
    listener = Listener(bound, server, places)
    served = Served(server, places, bound.getsockname()[1])
    listener.start()
    sweeping = asyncio.create_task(server.sweep())
    try:
        yield served
    finally:
        for client in served.clients:
            client.close()
        listener.close()
        await server.drain(0.1)
        sweeping.cancel()
        await until(lambda: not server.connections)
        assert places.free == places._in_all


async def until(holds: Callable[[], bool], passing_s: float = 0.0) -> None:
    """Wait for it, while so much time passes again and again."""
    while not holds():  # of parts that have no events
        await asyncio.sleep(0.01)
        put_forward(passing_s)
