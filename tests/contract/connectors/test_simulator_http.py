"""The simulators' HTTP server against raw bytes: whatever client somebody comes with."""

import asyncio
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime

import pytest

from connectors.simulation import running
from connectors.simulation.listener import WAITING_MAX, Client
from connectors.simulation.platform import Call, Reply
from tests.clock import PATIENCE_S

HEALTH = b"GET /_health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a simulator listens."""
    async with running("fulu") as simulator:
        yield int(simulator.url.rpartition(":")[2])


async def talk(port: int, *parts: bytes) -> bytes:
    """Send the parts one by one, say that this is all, and read until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), timeout=PATIENCE_S)
    writer.close()
    return answer


def script(body: bytes, *fields: bytes) -> bytes:
    """A call with a body: its answer tells the seed that was read."""
    head = b"\r\n".join([b"POST /_script HTTP/1.1", b"Host: x", *fields])
    return head + b"\r\n\r\n" + body


SEED = b'{"seed": 7}'
LENGTH = b"Content-Length: 11"


@pytest.mark.parametrize(
    ("parts", "answers"),
    [
        ((HEALTH,), 1),
        ((HEALTH * 3,), 3),  # sent at once
        ((HEALTH[:20], HEALTH[20:]), 1),  # in pieces
        ((b"GET http://x/_health HTTP/1.1\r\nHost: x\r\n\r\n",), 1),  # as proxies ask
        ((b"GET /_health?a=%ff HTTP/1.1\r\nHost: x\r\n\r\n",), 1),
        ((b"GET /_health HTTP/1.0\r\n\r\n",), 1),
        ((b"\r\n" + HEALTH,), 1),  # the line end some clients leave behind a body
        # Whoever says that it closes is answered, and nothing behind it is read.
        ((HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + HEALTH,), 1),
        # An offer to change the protocol is not taken up.
        ((HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                         b"Upgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n") + HEALTH,), 2),
        ((script(SEED, LENGTH), HEALTH), 2),
        ((script(b"b\r\n" + SEED + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), HEALTH), 2),
    ],
)  # fmt: skip
async def test_every_call_is_answered_once_and_in_order(
    port: int, parts: tuple[bytes, ...], answers: int
) -> None:
    """However the bytes come."""
    answer = await talk(port, *parts)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == answers
    assert answer.count(b"HTTP/1.1 ") == answers
    if b"_script" in parts[0]:
        assert b'"seed":7' in answer
        assert answer.index(b'"seed":7') < answer.index(b'"ok":true')


async def test_a_burst_of_calls_is_all_answered(port: int) -> None:
    """More than are kept waiting: reading pauses, and goes on."""
    answer = await talk(port, *[HEALTH] * (3 * WAITING_MAX))
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3 * WAITING_MAX


async def test_an_old_client_is_told_that_it_may_go_on(port: int) -> None:
    """HTTP/1.0 closes, unless both sides say otherwise."""
    plain = b"GET /_health HTTP/1.0\r\n"
    assert b"Connection: close\r\n" in await talk(port, plain + b"\r\n")
    kept = await talk(port, (plain + b"Connection: keep-alive\r\n\r\n") * 2)
    assert kept.count(b"Connection: keep-alive\r\n") == 2


async def test_a_body_is_asked_for(port: int) -> None:
    """Expect: 100-continue: the client holds the body back until it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(script(b"", LENGTH, b"Expect: 100-continue"))
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(SEED)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


async def test_head_has_no_body_and_dates_can_be_read(port: int) -> None:
    """Clients of one platform insist on a Date."""
    answer = await talk(port, HEALTH.replace(b"GET", b"HEAD"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b""
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert int(fields["Content-Length"]) > 0
    assert parsedate_to_datetime(fields["Date"]).tzinfo is not None


@pytest.mark.parametrize(
    "call",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /_health HTTP/1.1\r\nNo colon\r\n\r\n",
        script(SEED, LENGTH, b"Content-Length: 3"),
        script(SEED, LENGTH, b"Transfer-Encoding: chunked"),
    ],
)
async def test_what_is_no_call_is_refused(port: int, call: bytes) -> None:
    """400, and the connection ends: where the next call begins is not known."""
    answer = await talk(port, call)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_client_that_leaves_does_no_harm(port: int) -> None:
    """In mid call, or in mid answer."""
    for beginning in (HEALTH[:10], script(SEED[:3], LENGTH), HEALTH):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginning)
        writer.transport.abort()
    assert b"200 OK" in await talk(port, HEALTH)


async def test_what_is_served_to_nobody_ends_with_the_server() -> None:
    """A client that left in mid answer leaves no task behind."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def serve(_call: Call, _client: Client) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    clients: set[Client] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Client(serve, clients), "127.0.0.1", 0
    )
    async with server, asyncio.timeout(PATIENCE_S):
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(HEALTH)
        await began.wait()
        writer.transport.abort()
        while any(client.is_connected for client in clients):  # noqa: ASYNC110 — turns of the loop
            await asyncio.sleep(0)
        assert len(clients) == 1
        for client in list(clients):
            await client.stop()
        assert ended.is_set()
        assert not clients


async def test_a_slow_reader_does_not_fill_the_memory() -> None:
    """A huge answer waits for its reader, and is whole in the end."""
    waits, chunk, chunks = asyncio.Event(), b"x" * 65_536, 512
    written = 0

    class Watched(Client):
        def pause_writing(self) -> None:
            super().pause_writing()
            waits.set()

    async def serve(_call: Call, client: Client) -> None:
        nonlocal written
        client.begin(Reply(), length=chunks * len(chunk))
        for _ in range(chunks):
            await client.write(chunk)
            written += 1

    clients: set[Client] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Watched(serve, clients), "127.0.0.1", 0
    )
    async with server, asyncio.timeout(PATIENCE_S):
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEALTH)
        await waits.wait()
        assert written < chunks / 2
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(chunks * len(chunk))
        writer.close()
        await writer.wait_closed()
    for client in list(clients):
        await client.stop()
