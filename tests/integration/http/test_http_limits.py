"""Clients that do not finish: slow heads and bodies are cut off, patient ones are not.

The real server, the same sweep, the same connections; the loop's clock is put forward.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.http import protocol
from gateway.ground.http.answers import JSON_TYPE
from gateway.ground.http.body import BODY_BYTES_MAX, read_body
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.operation import Operation, Route
from gateway.ground.http.problems import ProblemError, problem_response
from gateway.ground.http.request import of
from gateway.ground.http.router import Answering
from gateway.ground.http.server import DeadlineServer
from tests.clock import LONG_S, pass_time, put_forward, turns

HEAD_DEADLINE_S = LONG_S
BODY_DEADLINE_S = 2 * LONG_S
LONGER_THAN_BOTH_S = 4 * LONG_S
HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
WHOLE = HEAD + b"0123456789"


@dataclass
class Served:
    """A server and what its handler saw."""

    port: int
    bodies: list[bytes]
    refused: asyncio.Queue[str]
    clients: list["Client"]


@pytest.fixture(params=[True, False], ids=["front", "aiohttp"])
async def served(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    """A server that answers `{}` to whole requests, past aiohttp or not."""
    monkeypatch.setattr(protocol, "HEAD_DEADLINE_S", HEAD_DEADLINE_S)
    monkeypatch.setattr(protocol, "BODY_DEADLINE_S", BODY_DEADLINE_S)
    monkeypatch.setattr(protocol, "KEEPALIVE_S", 3 * LONGER_THAN_BOTH_S)
    bodies: list[bytes] = []
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def handle(request: BaseRequest) -> StreamResponse:
        try:
            body = of(request).body_at_hand(BODY_BYTES_MAX)
            bodies.append(await read_body(request) if body is None else body)
        except ProblemError as error:
            refused.put_nowait(error.code)
            return problem_response(error, "0" * 32)
        return DirectAnswer(b"{}", 200, JSON_TYPE)

    route = Route("POST", "/x", handle, Operation(name="x", tag="x", summary="x"), plain=True)
    answering = Answering([route], HttpMeters())
    server = DeadlineServer(handle, answering=answering if request.param else None)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server, "127.0.0.1", 0)
    sweeping = asyncio.create_task(server.sweep())
    clients: list[Client] = []
    port = listener.sockets[0].getsockname()[1]
    yield Served(port=port, bodies=bodies, refused=refused, clients=clients)
    for client in clients:
        client.writer.close()
        with contextlib.suppress(ConnectionError):
            await client.writer.wait_closed()
    sweeping.cancel()
    listener.close()
    await server.drain(1.0)
    await listener.wait_closed()


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> bytes:
        """One answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head + await self.reader.readexactly(2)

    async def cut_off(self) -> bool:
        """Let time pass until the gateway ends the connection."""
        ended = asyncio.create_task(self.end())
        while not ended.done():
            await turns()
            await asyncio.sleep(0.001)
            put_forward(HEAD_DEADLINE_S / 10)
        return True

    async def end(self) -> None:
        """Wait until the gateway ends the connection."""
        with contextlib.suppress(ConnectionResetError):
            while await self.reader.read(65_536):
                pass

    async def trickle(self, text: bytes, pause_s: float) -> None:
        """Send byte by byte until the gateway has had enough; time passes with each."""
        with contextlib.suppress(ConnectionError):
            for byte in text:
                self.writer.write(bytes([byte]))
                await self.writer.drain()
                await pass_time(pause_s)


async def connect(served: Served) -> Client:
    """A new connection; the server's fixture closes it."""
    client = Client(*await asyncio.open_connection("127.0.0.1", served.port))
    served.clients.append(client)
    return client


@pytest.mark.parametrize("sent", [b"", b"P", b"POST /x HTTP/1.1\r\nHost: x\r\n"])
async def test_an_unfinished_head(served: Served, sent: bytes) -> None:
    """Nothing, or a part of a head: the connection ends."""
    client = await connect(served)
    client.writer.write(sent)
    assert await client.cut_off()
    assert served.bodies == []


async def test_a_trickling_head(served: Served) -> None:
    """A byte now and then does not buy time."""
    client = await connect(served)
    feeding = asyncio.create_task(client.trickle(HEAD * 40, HEAD_DEADLINE_S / 10))
    await client.end()
    feeding.cancel()
    assert served.bodies == []


@pytest.mark.parametrize("sent", [HEAD, HEAD + b"01234"])
async def test_an_unfinished_body(served: Served, sent: bytes) -> None:
    """A body that does not come, or stops half way: the connection ends."""
    client = await connect(served)
    client.writer.write(sent)
    assert await client.cut_off()
    assert served.bodies == []


async def test_a_trickling_body(served: Served) -> None:
    """The deadline is for the whole body, not for each piece."""
    client = await connect(served)
    client.writer.write(HEAD.replace(b"10", b"1000"))
    feeding = asyncio.create_task(client.trickle(b"x" * 1000, BODY_DEADLINE_S / 20))
    await client.end()
    feeding.cancel()
    assert served.bodies == []


async def test_unfinished_chunks(served: Served) -> None:
    """The same for a body in chunks."""
    client = await connect(served)
    client.writer.write(b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    assert await client.cut_off()
    assert served.bodies == []


async def test_a_client_that_goes_away_is_no_error_of_ours(served: Served) -> None:
    """A connection lost in mid body is refused like any bad body: no traceback, no 500."""
    client = await connect(served)
    client.writer.write(HEAD + b"01234")
    await client.writer.drain()
    client.writer.close()
    assert await served.refused.get() == "malformed-json"


async def test_a_chunk_that_is_none(served: Served) -> None:
    """Bytes that are no chunk are refused, not a failure."""
    client = await connect(served)
    client.writer.write(b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.writer.write(b"1\r\na\r\n")
    await client.writer.drain()
    client.writer.write(b"zz\r\nab\r\n")
    assert await client.cut_off()
    assert served.bodies == []


async def test_an_unfinished_second_request(served: Served) -> None:
    """A connection that was good once is not trusted for ever."""
    client = await connect(served)
    client.writer.write(WHOLE)
    assert (await client.answer()).startswith(b"HTTP/1.1 200")
    client.writer.write(b"POST /x HTTP/1.1\r\nHo")
    assert await client.cut_off()


async def test_an_unfinished_second_body(served: Served) -> None:
    """Nor is its second body."""
    client = await connect(served)
    client.writer.write(WHOLE)
    await client.answer()
    client.writer.write(HEAD + b"012")
    assert await client.cut_off()
    assert served.bodies == [b"0123456789"]


async def test_an_unfinished_request_behind_a_pipeline(served: Served) -> None:
    """Whole requests are answered; what follows them has a deadline, too."""
    client = await connect(served)
    client.writer.write(WHOLE + WHOLE + b"POST /x HT")
    for _ in range(2):
        assert (await client.answer()).startswith(b"HTTP/1.1 200")
    assert await client.cut_off()


async def test_an_unfinished_body_behind_a_pipeline(served: Served) -> None:
    """The same when only a body is missing."""
    client = await connect(served)
    client.writer.write(WHOLE + HEAD + b"0")
    await client.answer()
    assert await client.cut_off()
    assert served.bodies == [b"0123456789"]


async def test_an_idle_connection_is_kept(served: Served) -> None:
    """Between requests a client may rest: keep-alive has its own, longer time."""
    client = await connect(served)
    for _ in range(2):
        client.writer.write(WHOLE)
        assert (await client.answer()).startswith(b"HTTP/1.1 200")
        await pass_time(LONGER_THAN_BOTH_S)  # several sweeps look at the idle connection


async def test_an_idle_connection_whose_body_came_late(served: Served) -> None:
    """A body in a packet of its own leaves nothing owed: the connection may rest."""
    client = await connect(served)
    for _ in range(2):
        client.writer.write(HEAD.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"))
        await client.reader.readuntil(b"\r\n\r\n")
        client.writer.write(b"0123456789")
        assert (await client.answer()).startswith(b"HTTP/1.1 200")
        await pass_time(LONGER_THAN_BOTH_S)


async def test_a_request_in_several_pieces_is_answered(served: Served) -> None:
    """Slow, but within its deadlines."""
    client = await connect(served)
    for piece in (HEAD[:9], HEAD[9:], b"01234", b"56789"):
        client.writer.write(piece)
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer()).startswith(b"HTTP/1.1 200")
    assert served.bodies == [b"0123456789"]


async def test_one_slow_client_does_not_hurt_another(served: Served) -> None:
    """While one is cut off, others are served."""
    slow, quick = await connect(served), await connect(served)
    slow.writer.write(b"POST /x")
    cut = asyncio.create_task(slow.end())
    while not cut.done():
        put_forward(HEAD_DEADLINE_S / 10)
        quick.writer.write(WHOLE)
        assert (await quick.answer()).startswith(b"HTTP/1.1 200")
