"""The guarded client against real sockets: rebinding names, spellings, stale and rude servers."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.http1 import AddressInfo, Resolve
from gateway.webhooks import guarded_client
from gateway.webhooks.guarded_client import GuardedClient
from gateway.webhooks.resolver import Resolver
from gateway.webhooks.rules import NOT_ALLOWED, Answer
from tests.clock import LONG_S, put_forward
from tests.webhook_receiver import Receiver, receiving

LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)
HEADERS = {"webhook-id": "msg_1"}


class Names:
    """Answers with the next of its addresses."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[AddressInfo]:  # noqa: ARG002
        """The addresses of this turn; the last turn repeats."""
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM, 0, "", (address, port),
            )
            for address in addresses
        ]  # fmt: skip


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A server on loopback."""
    async with receiving() as receiver:
        yield receiver


async def send(url: str, *, allow: bool = False, names: Resolve | None = None) -> Answer:
    """One post by a client of its own."""
    client = GuardedClient(LOOPBACK if allow else (), resolve=names)
    try:
        return await client.send(1, url, HEADERS, b"{}")
    finally:
        await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}/", "http://localhost:{}/", "http://127.1:{}/", "http://2130706433:{}/",
        "http://0x7f000001:{}/", "http://0x7f.0.0.1:{}/", "http://0177.0.0.1:{}/", "http://0:{}/",
        "http://[::ffff:127.0.0.1]:{}/", "http://[::1]:{}/", "http://①②⑦.0.0.1:{}/",
        "http://1.1.1.1@127.0.0.1:{}/", "http://user:pw@localhost:{}/", "http://127.0.0.1.:{}/",
        "ftp://127.0.0.1:{}/", "file:///etc/passwd",
    ],
)  # fmt: skip
async def test_no_spelling_gets_in(receiver: Receiver, url: str) -> None:
    """However loopback is written: nothing is sent, and the reason says no more than that."""
    answer = await send(url.format(receiver.port))
    assert answer.status is None
    assert answer.error in {NOT_ALLOWED, "the host's name was not found"}
    assert receiver.received == []


async def test_a_name_that_turns_private_is_refused(receiver: Receiver) -> None:
    """DNS rebinding: what counts is the address of this connection, not an earlier answer."""
    names = Names(["127.0.0.1"])
    url = f"http://rebind.example:{receiver.port}/"
    assert await send(url, names=names) == Answer(error=NOT_ALLOWED)
    assert names.asked == 1
    assert receiver.received == []


async def test_private_addresses_among_public_ones_are_passed_over(receiver: Receiver) -> None:
    """Of several addresses only allowed ones are connected to."""
    names = Names(["10.0.0.1", "127.0.0.1", "::1"])
    url = f"http://mixed.example:{receiver.port}/"
    assert (await send(url, allow=True, names=names)).status == 204
    assert await send(url, names=names) == Answer(error=NOT_ALLOWED)
    assert len(receiver.received) == 1


async def test_the_allow_list_permits(receiver: Receiver) -> None:
    """QUANGATE_WEBHOOK_ALLOW."""
    assert await send(receiver.url, allow=True) == Answer(status=204)
    assert receiver.received[0].body == b"{}"


async def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    """A server that hangs up between requests costs no attempt."""
    served = 0
    ends: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        ends.append(writer)
        await reader.readuntil(b"{}")
        served += 1
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")  # keep-alive, says the protocol
        await writer.drain()
        await reader.read(1)  # the next request arrives, and is not answered
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = GuardedClient(LOOPBACK)
    try:
        for _ in range(3):
            answer = await client.send(1, f"http://127.0.0.1:{port}/", HEADERS, b"{}")
            assert answer == Answer(status=204)
        assert served == 3
    finally:
        await client.close()
        server.close()
        await asyncio.gather(*(end.wait_closed() for end in ends))


async def test_what_is_not_http(receiver: Receiver) -> None:
    """Garbage, silence at once, a closed port: a reason, never an exception."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n" * 10)
        writer.close()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    for behave in (babble, hang_up):
        server = await asyncio.start_server(behave, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        answer = await send(f"http://127.0.0.1:{port}/", allow=True)
        assert answer == Answer(error="the connection broke or the answer was not HTTP")
        server.close()
    assert await send(f"http://127.0.0.1:{port}/", allow=True) == Answer(
        error="the connection was refused"
    )
    tls = await send(f"https://127.0.0.1:{receiver.port}/", allow=True)
    assert tls == Answer(error="the TLS handshake failed")


async def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers costs the deadline and no more."""
    monkeypatch.setattr(guarded_client, "CALL_S", LONG_S)
    never = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        put_forward(LONG_S + 1)
        await never.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer = await send(f"http://127.0.0.1:{port}/", allow=True)
    assert answer == Answer(error="no answer within 15 s")
    never.set()
    server.close()


async def test_retry_after_forms(receiver: Receiver) -> None:
    """Seconds or a date; nonsense is ignored."""
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for text, low, high in (("30", 30, 30), (in_an_hour, 3000, 3601)):
        receiver.answer(429, Retry_After=text)
        answer = await send(receiver.url, allow=True)
        assert answer.retry_after_s is not None
        assert low <= answer.retry_after_s <= high
    receiver.answer(429, Retry_After="soon")
    assert (await send(receiver.url, allow=True)).retry_after_s is None


async def test_the_own_resolver() -> None:
    """It resolves, and says nothing of names that are not there."""
    found = await Resolver()("localhost", 80)
    assert found
    assert {address[0] for *_, address in found} <= {"127.0.0.1", "::1"}
    answer = await send("http://nowhere.invalid/", allow=True)
    assert answer == Answer(error="the host's name was not found")
