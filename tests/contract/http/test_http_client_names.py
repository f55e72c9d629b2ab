"""The lean client's addresses: which is tried, what is asked once, who waits."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import pytest

from connectors.exchange import FailureKind
from connectors.http1 import AddressInfo, Dialer
from tests.world.http_client_play import (
    EMPTY,
    HEAD,
    answering,
    client_of,
    failure_of,
    get,
)
from tests.world.raw_server import raw_server


class Names:
    """A resolver that knows what it is told, and how often it was asked."""

    def __init__(self, answer: Callable[[], Awaitable[Sequence[str]]]) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self, _host: str, port: int) -> list[AddressInfo]:
        """The addresses."""
        self.asked += 1
        kind = socket.AF_INET, socket.SOCK_STREAM, 0, ""
        return [(*kind, (address, port)) for address in await self.answer()]


async def test_the_next_address_is_tried() -> None:
    """A host of which one address is dead is reached by the other."""

    async def two() -> Sequence[str]:
        return "127.0.0.99", "127.0.0.1"  # nobody listens on the first

    async with (
        raw_server(answering(EMPTY)) as server,
        client_of(dialer=Dialer(resolve=Names(two))) as client,
    ):
        assert (await get(client, f"http://two.test:{server.port}/")).status == 200


async def test_a_burst_asks_for_a_name_once() -> None:
    """Connections made at once share the look-up, and one that gives up leaves it to the rest."""
    may_answer = asyncio.Event()

    async def wait() -> Sequence[str]:
        await may_answer.wait()
        return ("127.0.0.1",)

    names = Names(wait)
    async with (
        raw_server(answering(EMPTY)) as server,
        client_of(dialer=Dialer(resolve=names)) as client,
    ):
        url = f"http://burst.test:{server.port}/"
        tasks = [asyncio.create_task(get(client, url)) for _ in range(10)]
        impatient = asyncio.create_task(failure_of(get(client, url, seconds=0.02)))
        assert (await impatient).kind is FailureKind.NOT_SENT
        may_answer.set()
        assert {one.status for one in await asyncio.gather(*tasks)} == {200}
        assert names.asked == 1


@pytest.mark.parametrize("first", [None, "127.0.0.99"])
async def test_a_name_that_led_nowhere_is_asked_again(first: str | None) -> None:
    """The name server was down for a moment, or the host has moved."""
    answers = [first, "127.0.0.1"]

    async def move() -> Sequence[str]:
        address = answers.pop(0)
        if address is None:
            raise socket.gaierror("down")
        return (address,)

    dialer = Dialer(resolve=Names(move))
    async with raw_server(answering(EMPTY)) as server, client_of(dialer=dialer) as client:
        url = f"http://again.test:{server.port}/"
        assert (await failure_of(get(client, url))).kind is FailureKind.NOT_SENT
        assert (await get(client, url)).status == 200


async def test_no_answer_to_the_guard_no_connection() -> None:
    """A guard that permits no address: not a socket is made."""
    async with (
        raw_server(answering(HEAD)) as server,
        client_of(dialer=Dialer(permits=lambda address: address != "127.0.0.1")) as client,
    ):
        failure = await failure_of(get(client, server.url))
        assert failure.kind is FailureKind.NOT_SENT
        assert server.connections == 0
