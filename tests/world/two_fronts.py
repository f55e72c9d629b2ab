"""One stream of bytes for a connection with a front and for one without: what each answers.

Connections are fed directly, without sockets or time: each piece, and then turns of the loop
until nothing is written any more.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from aiohttp.web import StreamResponse
from multidict import CIMultiDict

from gateway.ground.http.address import read_address
from gateway.ground.http.body import BODY_BYTES_MAX, read_body, require_json
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.meters import HttpMeters, RouteMeter
from gateway.ground.http.operation import Operation, Route
from gateway.ground.http.plain_front import Exchange, PlainRequest
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import of
from gateway.ground.http.router import Answering
from gateway.ground.http.server import DeadlineServer
from gateway.ground.native import find_request
from gateway.ground.traffic.admission import Admission, Work

TURNS = 20  # more than pass between two answers
ANY = Operation(name="any", tag="x", summary="x")
NO_HTTP = b"HTTP/1.0 400 Bad Request\r\n"
FAULT = re.compile(rb'"detail":"The (?:request is not valid HTTP|header .* once only)\\."')
CHANGING = re.compile(rb'(Date|Request-Id): [^\r]*\r\n|"trace_id":"[0-9a-f]{32}"')


@dataclass(frozen=True)
class Said:
    """What a client received, and whether it may go on."""

    answers: bytes
    is_open: bool

    def says_no_less(self, other: "Said") -> bool:
        """Whether it is the same as what a plain connection says.

        Of what comes in one piece with bytes that are no HTTP, aiohttp answers only those: whole
        requests before them may be answered, too. Of several faults of a head it names the one it
        finds first, which goes by the pieces.
        """
        if self == other:
            return True
        before, refusal, behind = other.answers.rpartition(NO_HTTP)
        forgot = refusal and not (self.is_open or other.is_open)
        mine, mine_refusal, mine_behind = self.answers.rpartition(NO_HTTP)
        worded = behind == mine_behind or (FAULT.search(behind) and FAULT.search(mine_behind))
        return bool(forgot and mine_refusal and worded) and mine.startswith(before)


class Wire(asyncio.Transport):
    """A transport that keeps what is written; bytes wait while nothing is read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.protocol: Any = None
        self._is_reading, self._is_open = True, True
        self._waiting: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """From the client."""
        self._waiting.append(data)
        self.resume_reading()

    def is_closing(self) -> bool:
        return not self._is_open

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: Any) -> None:
        if self._is_open:
            self.written += data

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True
        while self._waiting and self._is_reading and self._is_open:
            self.protocol.data_received(self._waiting.pop(0))

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close


class House:
    """Routes of both kinds. Each answers with what it was asked."""

    async def hot(self, request: Any) -> DirectAnswer:
        """Past aiohttp where it can be; answered at once, or in another turn."""
        ours = of(request)
        if (error := self._head_refused(ours)) is not None:
            raise error
        if ours.headers.get("X-Wait"):
            later = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0, later.set_result, None)
            await later
        if ours.headers.get("X-Refuse"):
            raise ProblemError("rate-limited", headers={"Retry-After": "3"})
        return await told(request)

    def taken(self, data: bytes, at: int, exchange: Exchange, _meter: RouteMeter) -> int:
        """As `hot`, taken at once: answered by its bytes, or by a handler."""
        found = find_request(data, at)
        if not found or found[4] > len(data):
            return 0
        method, target, headers, body_at, end = found
        request = PlainRequest(method, target, CIMultiDict(headers), data[body_at:end], NOWHERE)
        if "X-Refuse" in request.headers or "X-Forwarded-For" in request.headers:
            return 0
        loop = asyncio.get_running_loop()
        if "X-Wait" in request.headers:
            loop.call_soon(exchange.run, self.hot, Work(None, 1, 0.0), Admission())
            return end
        try:
            told(request).send(None)
        except StopIteration as done:
            loop.call_soon(exchange.tell, done.value.wire(request.id))
            return end
        except ProblemError:
            pass
        return 0

    def glance(self, request: Any) -> ProblemError | None:
        """Some are refused for their heads; whoever comes without a glance is, too."""
        return self._head_refused(request) if request.body_exists else None

    def broken_glance(self, _request: Any) -> ProblemError | None:
        """Another fault of ours."""
        raise RuntimeError

    @staticmethod
    def _head_refused(request: Any) -> ProblemError | None:
        if request.headers.get("X-Refuse") == "head":
            return ProblemError("unauthenticated", members={"server_time": 1})
        return None

    async def named(self, request: Any, _name: str) -> DirectAnswer:
        """As `hot`, below a variable, in a task."""
        await asyncio.sleep(0)
        return await self.hot(request)

    async def cold(self, request: Any) -> StreamResponse:
        """Aiohttp's."""
        return await told(request)

    async def broken(self, _request: Any, *_names: str) -> DirectAnswer:
        """A fault of ours."""
        raise RuntimeError


async def told(request: Any) -> DirectAnswer:
    """Everything that a handler sees of a request."""
    ours = of(request)
    require_json(ours)
    body = ours.body_at_hand(BODY_BYTES_MAX) if ours.body_exists else b""
    if body is None:
        body = await read_body(request)
    headers = sorted((name.lower(), value) for name, value in ours.headers.items())
    seen = (
        ours.method,
        ours.raw_path,
        str(ours.client),
        ours.is_https,
        headers,
        sha256(body).hexdigest(),
    )
    return DirectAnswer(repr(seen).encode(), 200, "text/plain")


NOWHERE: Any = SimpleNamespace(peer=read_address("127.0.0.1"), trusted=(), budget=None)


def connect(
    wire: Wire | None = None, *, with_front: bool, at_once: bool = False
) -> tuple[Wire, Any]:
    """A connection of its own."""
    house = House()
    hot = Route("POST", "/hot", house.hot, ANY, plain=True, task=False, glance=house.glance)
    routes = [
        replace(hot, at_once=house.taken if at_once else None),
        Route("POST", "/hot/{name}", house.named, ANY, plain=True),
        Route("POST", "/broken", house.broken, ANY, plain=True, task=False),
        Route("POST", "/broken/{name}", house.broken, ANY, plain=True, glance=house.broken_glance),
        Route("POST", "/cold", house.cold, ANY),
        Route("GET", "/hot", house.cold, ANY),
    ]
    answering = Answering(routes, HttpMeters())
    server = DeadlineServer(answering.handle, answering=answering if with_front else None)
    wire, connection = wire or Wire(), server()
    wire.protocol = connection
    connection.connection_made(wire)
    return wire, connection


async def say(pieces: Sequence[bytes], *, with_front: bool, at_once: bool = False) -> Said:
    """Send the pieces over a connection of its own."""
    wire, connection = connect(with_front=with_front, at_once=at_once)
    await asyncio.sleep(0)
    for piece in pieces:
        wire.feed(piece)
        await rest(wire)
    said = Said(CHANGING.sub(b"", wire.written), not wire.is_closing())
    connection.cut()
    await rest(wire)
    return said


async def rest(wire: Wire) -> None:
    """Until nothing is written any more."""
    written, turns = -1, 0
    while turns < TURNS:
        turns = 0 if len(wire.written) != written else turns + 1
        written = len(wire.written)
        await asyncio.sleep(0)
