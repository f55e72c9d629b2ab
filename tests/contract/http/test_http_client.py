"""The HTTP client against raw sockets: how answers end, which connections are used again, and
that nothing is ever sent twice.
"""

import asyncio
import ssl
from dataclasses import replace

import pytest

from connectors.exchange import FailureKind
from connectors.http1 import ClientLimits, Dialer, HttpClient, StaleConnectionError
from tests.clock import LONG_S, put_forward, turns
from tests.world.http_client_play import (
    EMPTY,
    HEAD,
    PATIENT,
    answering,
    client_of,
    failure_of,
    get,
)
from tests.world.raw_server import Peer, RawServer, raw_server


@pytest.mark.parametrize(
    ("answer", "body", "connections"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", b"ok", 1),
        (HEAD + b"Content-Length: 0\r\n\r\n", b"", 1),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n", b"ok", 1),
        # Fields behind the body are not the head's.
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Late: 1\r\n\r\n", b"", 1),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", 1),
        # Servers that exist: bare line feeds, blanks behind a chunk's size, folded and odd values.
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok", 1),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0\r\n\r\n", b"ok", 1),
        (HEAD + b"X: a\r\n b\x01\xe5\r\nContent-Length: 2\r\n\r\nok", b"ok", 1),
        # Interim answers are not the answer.
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + HEAD
         + b"Content-Length: 2\r\n\r\nok", b"ok", 1),
        # The server will close, or speaks an old dialect: not used again.
        (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", b"ok", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", 2),
        # More came than was asked for: whose answer would the next one be?
        (HEAD + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", b"ok", 2),
    ],
)  # fmt: skip
async def test_an_answer_ends_where_it_says(answer: bytes, body: bytes, connections: int) -> None:
    """However it is framed; and the connection is used again exactly when that is safe."""
    async with raw_server(answering(answer)) as server, client_of() as client:
        for _ in range(2):
            response = await get(client, server.url)
            assert response.body == body
            assert "x-late" not in response.headers
        assert (len(server.requests), server.connections) == (2, connections)


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    """The server hangs up properly: that is the end of the body."""
    async with (
        raw_server(answering(HEAD + b"\r\nwhole", hang_up=True)) as server,
        client_of() as client,
    ):
        assert (await get(client, server.url)).body == b"whole"


async def test_fields_of_one_name_are_joined() -> None:
    """As RFC 9110 §5.3 reads them."""
    answer = HEAD + b"X-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(answering(answer)) as server, client_of() as client:
        assert (await get(client, server.url)).headers["x-a"] == "1, 2"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 5\r\n\r\nok",  # cut short
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",  # without its last chunk
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",  # two framings: smuggling
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        HEAD + b"X: 1\r\n",  # a head without an end
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",  # and nothing more
        b"",
        HEAD + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001,  # one byte too many
    ],
)
async def test_half_an_answer_is_none(answer: bytes) -> None:
    """Whatever is not complete, in bounds and unambiguous is LOST, and nothing is sent again."""
    async with raw_server(answering(answer, hang_up=True)) as server, client_of() as client:
        failure = await failure_of(get(client, server.url))
        assert failure.kind is FailureKind.LOST
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "beginning",
    [
        HEAD + b"X: ",  # a field that goes on
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;",  # little body, much framing
        HEAD + b"\r\n",  # a body without a length
    ],
)
async def test_what_goes_on_for_ever_is_cut(beginning: bytes) -> None:
    """Nothing of an answer is unbounded, whichever part of it grows."""

    async def serve(_state: RawServer, peer: Peer) -> None:
        await peer.read_request()
        peer.writer.write(beginning)
        while True:
            peer.writer.write(b"x" * 4096)
            await peer.writer.drain()

    async with raw_server(serve) as server, client_of() as client:
        failure = await failure_of(get(client, server.url))
        assert (failure.kind, failure.reason) == (FailureKind.LOST, "the answer is too long")


async def test_a_connection_that_broke_while_idle_is_noticed() -> None:
    """The server closed it, or said something unasked: a new one is made, nothing is lost."""
    is_idle = asyncio.Event()

    async def serve(state: RawServer, peer: Peer) -> None:
        number = state.connections
        state.requests.append(await peer.read_request())
        await peer.answer(b"ok")
        if number == 1:
            return
        await is_idle.wait()
        peer.writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await peer.reader.read()  # until the client hangs up

    async with raw_server(serve) as server, client_of() as client:
        for number in range(1, 4):
            assert (await get(client, server.url)).body == b"ok"
            assert server.connections == number
            is_idle.set()
            await noticed(client)
            is_idle.clear()


async def noticed(client: HttpClient) -> None:
    """Wait until no kept connection is open; only the loop itself knows."""
    while any(one.is_open for idle in client._idle.values() for one in idle):
        await turns(1)


async def test_a_stale_connection_is_lost_and_named() -> None:
    """Closed with our request in it: nobody knows what was read, so it is not sent again."""

    async def serve(state: RawServer, peer: Peer) -> None:
        state.requests.append(await peer.read_request())
        await peer.answer(b"ok")
        state.requests.append(await peer.read_request())

    async with raw_server(serve) as server, client_of() as client:
        await get(client, server.url)
        failure = await failure_of(get(client, server.url))
        assert failure.kind is FailureKind.LOST
        assert isinstance(failure.__cause__, StaleConnectionError)
        assert (len(server.requests), server.connections) == (2, 1)


async def test_an_old_connection_is_not_used() -> None:
    """Idle for longer than is allowed: closed, a new one is made."""
    async with raw_server(answering(EMPTY)) as server, client_of() as client:
        await get(client, server.url)
        put_forward(LONG_S + 1)
        await get(client, server.url)
        assert server.connections == 2


async def test_idle_connections_are_closed_in_time() -> None:
    """Nothing stays open for a server that is not talked to any more."""
    ended = asyncio.Event()

    async def serve(_state: RawServer, peer: Peer) -> None:
        await peer.read_request()
        await peer.answer(b"ok")
        await peer.reader.read()
        ended.set()

    async with raw_server(serve) as server, client_of(ClientLimits(keepalive_s=0.01)) as client:
        await get(client, server.url)
        await ended.wait()


async def test_what_is_late_before_it_begins_is_not_sent() -> None:
    """A deadline in the past: no byte leaves, also where a connection is at hand."""
    async with raw_server(answering(EMPTY)) as server, client_of() as client:
        await get(client, server.url)
        failure = await failure_of(get(client, server.url, seconds=-1))
        assert failure.kind is FailureKind.NOT_SENT
        assert len(server.requests) == 1


async def test_a_cancelled_exchange_takes_its_connection_along() -> None:
    """Its answer would be taken for the next one's."""
    asked = asyncio.Event()

    async def serve(state: RawServer, peer: Peer) -> None:
        state.requests.append(await peer.read_request())
        asked.set()
        if state.connections == 1:
            await peer.reader.read()
        await peer.answer(b"second")

    async with raw_server(serve) as server, client_of() as client:
        first = asyncio.create_task(get(client, server.url))
        await asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await get(client, server.url)).body == b"second"
        assert server.connections == 2


async def test_whoever_waits_for_a_place_gets_the_next_one() -> None:
    """More exchanges than places: all are answered, over no more connections than places."""
    async with (
        raw_server(answering(EMPTY)) as server,
        client_of(replace(PATIENT, exchanges_max=2)) as client,
    ):
        answers = await asyncio.gather(*(get(client, server.url) for _ in range(20)))
        assert [one.status for one in answers] == [200] * 20
        assert server.connections == 2


async def test_closing_ends_what_is_under_way() -> None:
    """Running exchanges are LOST, later ones NOT_SENT."""
    asked = asyncio.Event()

    async def serve(_state: RawServer, peer: Peer) -> None:
        await peer.read_request()
        asked.set()
        await peer.reader.read()

    async with raw_server(serve) as server, client_of() as client:
        running = asyncio.create_task(failure_of(get(client, server.url)))
        await asked.wait()
        await client.close()
        assert (await running).kind is FailureKind.LOST
        assert (await failure_of(get(client, server.url))).kind is FailureKind.NOT_SENT


@pytest.mark.parametrize(
    ("answer", "beginning"),
    [
        (HEAD + b"Content-Length: 9000\r\n\r\n" + b"x" * 9000, b"x" * 1000),  # long
        (HEAD + b"Content-Length: 9000\r\n\r\nslow", b"slow"),  # and then nothing
        (HEAD + b"Content-Length: 4\r\n\r\nfull", b"full"),
    ],
)
async def test_where_bodies_hardly_matter_the_status_is_the_answer(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, beginning: bytes
) -> None:
    """Of the body its beginning; what is long or slow is not waited for."""
    monkeypatch.setattr("connectors.http1.connection.DRAIN_S", LONG_S)

    async def serve(_state: RawServer, peer: Peer) -> None:
        await peer.read_request()
        peer.writer.write(answer)
        while beginning == b"slow":
            await asyncio.sleep(0.01)
            put_forward(LONG_S / 10)

    limits = replace(PATIENT, connect_timeout_s=9 * LONG_S, whole_bodies=False)
    async with raw_server(serve) as server, client_of(limits) as client:
        response = await get(client, server.url, seconds=9 * LONG_S)
        assert (response.status, response.body) == (200, beginning)


# --- making connections ---------------------------------------------------------------------------


def test_a_context_that_does_not_verify_is_refused() -> None:
    """Not by accident, and not on purpose."""
    careless = ssl.create_default_context()
    careless.check_hostname = False
    with pytest.raises(ValueError, match="verify"):
        Dialer(tls=careless)
