"""The transport's three promises, against raw sockets that misbehave in every way.

A deadline for the whole exchange; a bound on the answer; and NOT_SENT only where the request
cannot have been read.
"""

import asyncio
import gzip
import ssl
import zlib
from dataclasses import replace

import pytest

from connectors.exchange import FailureKind, HttpRequest, TransportFailure
from connectors.http1 import ClientLimits
from connectors.httpx_client import HttpxClient
from connectors.transport import Client, HttpTransport, MakeClient, TransportLimits, lean_client
from tests.clock import LONG_S, put_forward, turns
from tests.world.raw_server import Peer, RawServer, Script, raw_server

# No limit here is short: what must expire is made to by putting the loop's clock forward.
PATIENT = TransportLimits(connect_timeout_s=LONG_S, resends_max=1, resend_wait_s=0.001)


def httpx_client(limits: ClientLimits, tls: ssl.SSLContext | None) -> Client:
    """The second client, as an upstream without a proxy would have it."""
    return HttpxClient(limits, tls=tls)


@pytest.fixture(params=[lean_client, httpx_client])
def client(request: pytest.FixtureRequest) -> MakeClient:
    """Both clients keep the same promises."""
    made: MakeClient = request.param
    return made


async def hang_up_unread(_state: RawServer, peer: Peer) -> None:
    """Cut at once."""
    peer.reset()


async def hang_up_after_request(state: RawServer, peer: Peer) -> None:
    """Read the request, then cut."""
    state.requests.append(await peer.read_request())
    peer.reset()


async def hang_up_in_answer(state: RawServer, peer: Peer) -> None:
    """Promise 100 bytes, send 10, cut."""
    state.requests.append(await peer.read_request())
    peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 10)
    await peer.writer.drain()
    peer.reset()


async def drip(state: RawServer, peer: Peer) -> None:
    """Send a byte now and then, for ever: each read succeeds, the exchange never ends."""
    state.requests.append(await peer.read_request())
    peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        peer.writer.write(b"x")
        await peer.writer.drain()
        await turns()
        put_forward(LONG_S / 5)


async def never_answer(state: RawServer, peer: Peer) -> None:
    """Read the request and say nothing."""
    state.requests.append(await peer.read_request())
    state.read.set()
    await asyncio.Event().wait()


async def let_expire(state: RawServer, peer: Peer) -> None:
    """Read the request and say nothing until the deadline."""
    state.requests.append(await peer.read_request())
    put_forward(LONG_S + 1)
    await asyncio.Event().wait()


async def talk_too_long(state: RawServer, peer: Peer) -> None:
    """Send more than is allowed."""
    state.requests.append(await peer.read_request())
    await peer.answer(b"x" * 5000)


async def send_gzip_bomb(state: RawServer, peer: Peer) -> None:
    """Send little that unpacks to much, though nobody asked for compression."""
    state.requests.append(await peer.read_request())
    bomb = gzip.compress(b"\0" * 200_000, mtime=0)  # 221 bytes: it passes every bound but one
    await peer.answer(bomb, headers="Content-Encoding: gzip\r\n")


async def talk_nonsense(state: RawServer, peer: Peer) -> None:
    """Answer with something that is not HTTP."""
    state.requests.append(await peer.read_request())
    peer.writer.write(b"\x00\x01\x02 hello\r\n\r\n")
    await peer.writer.drain()


def purchase(url: str, **overrides: object) -> HttpRequest:
    """An executing request, its answer tightly bounded."""
    defaults: dict[str, object] = {
        "method": "POST",
        "url": url,
        "body": b"{}",
        "executes": True,
        "deadline_s": LONG_S,
        "response_bytes_max": 1000,
        "headers": {"content-type": "application/json"},
    }
    return HttpRequest(**{**defaults, **overrides})  # type: ignore[arg-type]


async def failure_of(request: HttpRequest, client: MakeClient) -> TransportFailure:
    """Execute a request that must fail."""
    async with HttpTransport(PATIENT, client=client) as transport:
        with pytest.raises(TransportFailure) as caught:
            await transport.exchange(request)
    return caught.value


@pytest.mark.parametrize(
    "script",
    [
        hang_up_unread,
        hang_up_after_request,
        hang_up_in_answer,
        drip,
        let_expire,
        talk_too_long,
        send_gzip_bomb,
        talk_nonsense,
    ],
)
async def test_what_fails_after_a_connection_was_had_is_lost_and_sent_once(
    script: Script, client: MakeClient
) -> None:
    """The request may have been executed: LOST, within the deadline, and never sent again."""
    async with raw_server(script) as server:
        failure = await failure_of(purchase(server.url), client)
        assert failure.kind is FailureKind.LOST
        assert server.connections == 1


async def test_refused_connection_is_not_sent(client: MakeClient) -> None:
    """Nobody listens: nothing can have been executed."""
    async with raw_server(hang_up_unread) as server:
        url = server.url
    failure = await failure_of(purchase(url), client)
    assert failure.kind is FailureKind.NOT_SENT


async def test_unknown_host_is_not_sent(client: MakeClient) -> None:
    """A name that does not resolve: nothing can have been executed."""
    failure = await failure_of(purchase("http://upstream.invalid/x"), client)
    assert failure.kind is FailureKind.NOT_SENT


async def test_what_cannot_be_written_is_not_sent(client: MakeClient) -> None:
    """A URL that nobody wrote out: no connection, and the reason names it without quoting it."""
    async with raw_server(never_answer) as server:
        failure = await failure_of(purchase(f"{server.url}?key=s3cret value"), client)
        assert failure.kind is FailureKind.NOT_SENT
        assert "URL" in failure.reason
        assert "s3cret" not in str(failure)
        assert server.connections == 0


async def test_full_pool_is_not_sent(client: MakeClient) -> None:
    """A request that never got a connection out of the pool was not sent."""
    limits = replace(PATIENT, pool_connections_max=1, resends_max=0)
    async with (
        raw_server(never_answer) as server,
        HttpTransport(limits, client=client) as transport,
    ):
        in_place = asyncio.create_task(
            transport.exchange(purchase(server.url, deadline_s=9 * LONG_S))
        )
        await server.read.wait()
        waiting = asyncio.create_task(
            transport.exchange(purchase(server.url, deadline_s=9 * LONG_S))
        )
        await turns()
        put_forward(LONG_S + 1)  # the time to get a connection
        with pytest.raises(TransportFailure) as second:
            await waiting
        assert not in_place.done()
        put_forward(9 * LONG_S)
        with pytest.raises(TransportFailure) as first:
            await in_place
    assert second.value.kind is FailureKind.NOT_SENT
    assert first.value.kind is FailureKind.LOST
    assert server.connections == 1


async def test_the_tls_context_must_verify(client: MakeClient) -> None:
    """A context that takes any certificate is refused when the transport is made."""
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verify"):
        HttpTransport(verify=careless, client=client)


async def test_a_read_is_repeated_once_after_a_lost_answer(client: MakeClient) -> None:
    """A query is sent again when its answer was lost; the second answer is returned."""

    async def fail_first(state: RawServer, peer: Peer) -> None:
        state.requests.append(await peer.read_request())
        if state.connections == 1:
            peer.reset()
        else:
            await peer.answer(b"found")

    async with raw_server(fail_first) as server, HttpTransport(PATIENT, client=client) as transport:
        answer = await transport.exchange(purchase(server.url, executes=False))
        assert answer.body == b"found"
        assert len(server.requests) == 2


async def test_repeats_are_bounded(client: MakeClient) -> None:
    """A read against a dead peer is tried 1 + resends_max times, then fails."""
    async with raw_server(hang_up_after_request) as server:
        failure = await failure_of(purchase(server.url, executes=False), client)
        assert failure.kind is FailureKind.LOST
        assert len(server.requests) == 1 + PATIENT.resends_max


async def test_the_request_arrives_byte_for_byte_and_redirects_are_not_followed(
    client: MakeClient,
) -> None:
    """Signed bytes are sent as they stand; a redirect is an answer like any other."""
    body = '{"b":1,"a":"福禄/\\u00e9"}'.encode()

    async def redirect(state: RawServer, peer: Peer) -> None:
        state.requests.append(await peer.read_request())
        headers = f"Location: {state.url}\r\nX-Mixed-Case: yes\r\n"
        await peer.answer(b"moved", status="302 Found", headers=headers)

    async with raw_server(redirect) as server, HttpTransport(PATIENT, client=client) as transport:
        answer = await transport.exchange(purchase(server.url, body=body))
        assert (answer.status, answer.body) == (302, b"moved")
        assert answer.headers["x-mixed-case"] == "yes"
        assert len(server.requests) == 1
        assert server.requests[0].endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    ("coding", "packed", "body"),
    [
        ("gzip", gzip.compress(b"found", mtime=0), b"found"),
        ("X-GZIP", gzip.compress(b"found", mtime=0), b"found"),
        ("deflate", zlib.compress(b"found"), b"found"),
        ("identity", b"found", b"found"),
        ("gzip", gzip.compress(b"found", mtime=0)[:-9], None),  # cut short
        ("gzip", b"found", None),  # not what it says
        ("br", b"found", None),  # nobody asked for it
    ],
)
async def test_compression_that_nobody_asked_for(
    coding: str, packed: bytes, body: bytes | None, client: MakeClient
) -> None:
    """It is asked for in no request; what comes packed all the same is read, or LOST."""

    async def serve(state: RawServer, peer: Peer) -> None:
        state.requests.append(await peer.read_request())
        await peer.answer(packed, headers=f"Content-Encoding: {coding}\r\n")

    async with raw_server(serve) as server:
        if body is None:
            assert (await failure_of(purchase(server.url), client)).kind is FailureKind.LOST
        else:
            async with HttpTransport(PATIENT, client=client) as transport:
                assert (await transport.exchange(purchase(server.url))).body == body
        assert [b"Accept-Encoding: identity" in one for one in server.requests] == [True]


async def test_connections_are_reused(client: MakeClient) -> None:
    """Sequential requests to one upstream share a connection."""

    async def answer_all(state: RawServer, peer: Peer) -> None:
        while True:
            state.requests.append(await peer.read_request())
            await peer.answer(b"{}")

    async with raw_server(answer_all) as server, HttpTransport(PATIENT, client=client) as transport:
        for _ in range(5):
            await transport.exchange(purchase(server.url))
        assert (server.connections, len(server.requests)) == (1, 5)


async def test_cancellation_passes(client: MakeClient) -> None:
    """A cancelled exchange is cancelled, not turned into a failure or repeated."""
    async with (
        raw_server(never_answer) as server,
        HttpTransport(PATIENT, client=client) as transport,
    ):
        task = asyncio.create_task(transport.exchange(purchase(server.url, executes=False)))
        await server.read.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(server.requests) == 1
