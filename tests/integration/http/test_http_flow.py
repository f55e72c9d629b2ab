"""Clients that take nothing, hold bodies, come in crowds or behind a proxy: the real server.

The same sweep, the same connections as in the gateway; the loop's clock is put forward.
"""

import asyncio
import contextlib
import ipaddress
import socket
import struct

import pytest
from aiohttp.web import BaseRequest, Response, StreamResponse

from gateway.ground.http import protocol
from gateway.ground.http.answers import json_response
from gateway.ground.http.body import read_body, release_body
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.places import Places
from gateway.ground.http.problems import ProblemError, problem_answer
from gateway.ground.http.request import BodyBudget, of
from tests.clock import LONG_S, pass_time, put_forward
from tests.world.http_served import (
    GET,
    LARGE,
    LOOPBACK,
    SMALL,
    WRITE_DEADLINE_S,
    Served,
    past_aiohttp,
    serving,
    until,
)

NEVER_S = 1000 * LONG_S
DRAIN_S = LONG_S


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "WRITE_DEADLINE_S", WRITE_DEADLINE_S)
    for name in ("HEAD_DEADLINE_S", "BODY_DEADLINE_S", "KEEPALIVE_S"):
        monkeypatch.setattr(protocol, name, NEVER_S)


async def answer_much(request: BaseRequest) -> StreamResponse:
    """Large answers, small ones in one piece, and a stream that does not end."""
    match request.raw_path:
        case "/large":
            return Response(body=LARGE)
        case "/huge":
            return Response(body=LARGE * 10)
        case "/endless":
            response = StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(LARGE)
        case _:
            return DirectAnswer(b"x" * 5_000, 200, "text/plain")


async def flood(client: socket.socket, request: bytes) -> None:
    """Ask again and again without reading, until the gateway ends the connection."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        while True:
            await loop.sock_sendall(client, request * 100)
            await asyncio.sleep(0)


@pytest.mark.parametrize("asked", [GET % b"large", GET % b"endless", GET % b"small", SMALL])
async def test_a_client_that_takes_nothing_is_cut_off(asked: bytes) -> None:
    """It asks and never reads: one large answer, a stream, or very many small ones, also such as
    are answered past aiohttp.
    """
    async with serving(answer_much, answering=past_aiohttp(answer_much)) as served:
        client = served.connect(buffer=4_096)
        flooding = asyncio.create_task(flood(client, asked))
        await until(lambda: bool(served.server.connections))
        (connection,) = served.server._open()
        await until(lambda: connection.writing_paused)
        await until(lambda: not served.server.connections, passing_s=WRITE_DEADLINE_S / 10)
        flooding.cancel()


@pytest.mark.parametrize("asked", [GET % b"small", SMALL])
async def test_answers_that_nobody_takes_do_not_gather(
    asked: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks without reading is not answered further: the buffer has an end.

    Seen red with a front that answers while the client takes nothing.
    """
    monkeypatch.setattr(protocol, "WRITE_DEADLINE_S", NEVER_S)
    async with serving(answer_much, answering=past_aiohttp(answer_much)) as served:
        client = served.connect(buffer=4_096)
        flooding = asyncio.create_task(flood(client, asked))
        await until(lambda: bool(served.server.connections))
        (connection,) = served.server._open()
        await until(lambda: connection.writing_paused)
        for _ in range(50):
            await asyncio.sleep(0.01)
            assert connection._wire is not None
            assert connection._wire.get_write_buffer_size() < 200_000
        flooding.cancel()


async def test_a_slow_client_is_not_cut_off() -> None:
    """As long as it takes something now and then it is left alone, for many deadlines."""
    async with serving(answer_much) as served:
        client = served.connect(buffer=4_096)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, GET % b"huge")
        for _ in range(8 * 20):
            assert await loop.sock_recv(client, 4_096), "cut off"
            await pass_time(WRITE_DEADLINE_S / 20)
        (connection,) = served.server._open()
        assert connection.is_unfinished  # there is more than the kernel took


async def test_the_stop_does_not_wait_for_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever never reads, never sends or stays idle: the end comes with the drain time, not
    with a second one, nor with a deadline.
    """
    monkeypatch.setattr(protocol, "WRITE_DEADLINE_S", NEVER_S)
    stuck = asyncio.Event()

    async def handle(request: BaseRequest) -> StreamResponse:
        if request.raw_path == "/never":
            await stuck.wait()
        if request.body_exists:
            await read_body(request)
        return await answer_much(request)

    async with serving(handle) as served:
        loop = asyncio.get_running_loop()
        for sent in (
            b"", b"GET /", GET % b"large", GET % b"endless", GET % b"never", GET % b"small",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", (GET % b"small") * 500,
        ):  # fmt: skip
            await loop.sock_sendall(served.connect(buffer=4_096), sent)
        await until(lambda: len(served.server.connections) == 8)
        await until(lambda: served.server.requests_count >= 6)
        draining = asyncio.create_task(served.server.drain(DRAIN_S))
        await pass_time(0.9 * DRAIN_S)
        assert not draining.done()
        put_forward(0.1 * DRAIN_S)
        cut_off = await draining
        assert cut_off >= 3  # endless, never, half a body; the kernel may take finite answers
        await until(lambda: not served.server.connections)


async def test_an_answer_under_way_is_waited_for() -> None:
    """A request that came is answered before the end; nobody is cut off who is done in time."""
    arrived = asyncio.Event()

    async def handle(_request: BaseRequest) -> StreamResponse:
        arrived.set()
        await asyncio.sleep(0.1)
        return json_response(b"{}")

    async with serving(handle) as served:
        client = served.connect()
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, GET % b"x")
        await arrived.wait()
        assert await served.server.drain(LONG_S) == 0
        assert (await loop.sock_recv(client, 65_536)).startswith(b"HTTP/1.1 200 ")


async def test_bodies_of_strangers_have_a_budget() -> None:
    """What is read without knowing of whom is bounded in all; then others are told to wait."""
    read = 0

    async def handle(request: BaseRequest) -> StreamResponse:
        nonlocal read
        try:
            body = await read_body(request)
        except ProblemError as error:
            release_body(of(request))
            return problem_answer(error, "0" * 32, last=True)
        read += 1
        release_body(of(request))
        return json_response(b"%d" % len(body))

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33100\r\n\r\n"
    async with serving(handle, budget=BodyBudget(100_000)) as served:
        loop = asyncio.get_running_loop()
        holders = [served.connect() for _ in range(3)]
        for holder in holders:
            await loop.sock_sendall(holder, head + b"x" * 33_000)
        await until(lambda: served.server._budget._free < 10_000)
        late = served.connect()
        await loop.sock_sendall(late, head + b"x" * 20_000)
        assert b" 503 " in await loop.sock_recv(late, 4_096)
        whole = served.connect()  # a request that is all there takes nothing of it
        await loop.sock_sendall(whole, head.replace(b"33100", b"5") + b"12345")
        assert b" 200 " in await loop.sock_recv(whole, 4_096)
        for holder in holders:
            await loop.sock_sendall(holder, b"x" * 100)
            assert b" 200 " in await loop.sock_recv(holder, 4_096)
        assert served.server._budget._free == 100_000
    assert read == 4


async def test_a_crowd_gets_as_many_places_as_there_are() -> None:
    """Beyond them clients are hung up on at once; when some leave, others come in."""

    async def handle(_request: BaseRequest) -> StreamResponse:
        return json_response(b"{}")

    async with serving(handle, places=Places(in_all=8)) as served:
        loop = asyncio.get_running_loop()
        clients = [served.connect() for _ in range(12)]
        await until(lambda: served.places._refused == 8)  # one address gets half of the places
        await until(lambda: len(served.server.connections) == 4)
        for client in clients:
            client.close()
        await until(lambda: served.places.free == 8)
        client = served.connect()
        await loop.sock_sendall(client, GET % b"x")
        assert b" 200 " in await loop.sock_recv(client, 4_096)


# ---------------------------------------------------------------- the PROXY protocol

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def proxied(client: str) -> bytes:
    """A header of version 2 for a client of IPv4."""
    block = ipaddress.ip_address(client).packed + b"\x7f\0\0\1" + struct.pack("!HH", 1, 2)
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(block)) + block


async def say_client(request: BaseRequest) -> StreamResponse:
    """Who the gateway thinks this is."""
    return DirectAnswer(str(of(request).client).encode(), 200, "text/plain")


async def said(served: Served, pieces: list[bytes], *, passing_s: float = 0.0) -> bytes:
    """What is answered to these pieces; nothing when the connection ends. Time may pass."""
    client = served.connect()
    loop = asyncio.get_running_loop()
    received = b""
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            await loop.sock_sendall(client, piece)
            await asyncio.sleep(0.01)
        while True:
            answer = asyncio.create_task(loop.sock_recv(client, 65_536))
            await until(answer.done, passing_s=passing_s)
            part = answer.result()
            if not part:
                break
            received += part
            if b"\r\n\r\n" in received:
                break
    return received


FORWARDED = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"


async def test_a_trusted_proxys_header_names_the_client() -> None:
    """In one piece or in many; what the client then claims itself does not count."""
    places = Places(trusted=LOOPBACK)
    async with serving(say_client, places=places, proxy_protocol=True) as served:
        whole = proxied("203.0.113.9")
        assert (await said(served, [whole + GET % b""])).endswith(b"\r\n203.0.113.9")
        pieces = [whole[:5], whole[5:20], whole[20:] + b"GET / HT", b"TP/1.1\r\nHost: x\r\n\r\n"]
        assert (await said(served, pieces)).endswith(b"\r\n203.0.113.9")
        assert (await said(served, [whole + FORWARDED])).endswith(b"\r\n203.0.113.9")
        # Another proxy of ours in front of that one is believed.
        assert (await said(served, [proxied("127.0.0.9") + FORWARDED])).endswith(b"\r\n1.1.1.1")
        local = SIGNATURE + b"\x20\x00\x00\x00"
        assert (await said(served, [local + GET % b""])).endswith(b"\r\n127.0.0.1")


async def test_without_a_header_a_trusted_proxy_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP, version 1, half a header: no answer."""
    monkeypatch.setattr(protocol, "HEAD_DEADLINE_S", LONG_S)
    places = Places(trusted=LOOPBACK)
    async with serving(say_client, places=places, proxy_protocol=True) as served:
        for sent in (
            GET % b"", b"PROXY TCP4 1.1.1.1 127.0.0.1 1 2\r\n" + GET % b"", b"",
            proxied("203.0.113.9")[:20], SIGNATURE + b"\x21\x11\x00\x04abcd" + GET % b"",
        ):  # fmt: skip
            assert await said(served, [sent], passing_s=LONG_S / 10) == b"", sent


async def test_from_anybody_else_such_a_header_is_no_request() -> None:
    """400 or the end; without one they are served."""
    for trusted in ((), (ipaddress.ip_network("10.0.0.0/8"),)):
        async with serving(
            say_client, places=Places(trusted=trusted), proxy_protocol=True
        ) as served:
            answer = await said(served, [proxied("203.0.113.9") + GET % b""])
            assert answer == b"" or b" 400 " in answer, answer
            assert (await said(served, [GET % b""])).endswith(b"\r\n127.0.0.1")


async def test_limits_of_an_address_see_the_client() -> None:
    """A client behind the balancer has the places of one address, the balancer those of many."""
    places = Places(in_all=8, trusted=LOOPBACK)
    async with serving(say_client, places=places, proxy_protocol=True) as served:
        loop = asyncio.get_running_loop()
        for _ in range(6):
            await loop.sock_sendall(served.connect(), proxied("203.0.113.9"))
        await until(lambda: places._refused == 2)
        assert (await said(served, [proxied("203.0.113.8") + GET % b""])).endswith(b"203.0.113.8")
