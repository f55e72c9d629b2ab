"""How connections end while the gateway goes on or leaves: after a whole answer that says so."""

import asyncio
import socket

from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.http.answers import json_response
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.server import REST_S
from tests.clock import LONG_S, pass_time, turns
from tests.world.http_served import GET, serving, until

CLIENTS = 20


async def handle(request: BaseRequest) -> StreamResponse:
    """Answers past aiohttp, as orders are, or through it."""
    if request.raw_path == "/direct":
        return DirectAnswer(b"{}", 200, "application/json")
    return json_response(b"{}")


async def ask(client: socket.socket, path: bytes) -> bytes:
    """One request, and its answer."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(client, GET % path)
    return await loop.sock_recv(client, 65_536)


async def is_closed(client: socket.socket) -> bool:
    """Whether the server has closed it, in order."""
    return await asyncio.get_running_loop().sock_recv(client, 1) == b""


async def test_some_are_sent_away_after_a_whole_answer() -> None:
    """So many end with their next answer, which says so; the others stay, and all are answered.

    Seen red without the `Connection: close`, and with the connection closed at once.
    """
    async with serving(handle) as served:
        clients = [served.connect() for _ in range(CLIENTS)]
        await until(lambda: len(served.server.connections) == CLIENTS)
        served.server.send_away(8)
        answers = [await ask(client, b"direct") for client in clients]
        ended = [b"\r\nConnection: close\r\n" in answer for answer in answers]
        assert ended.count(True) == 8
        for client, has_ended in zip(clients, ended, strict=True):
            if has_ended:
                assert await is_closed(client)
            else:
                assert b"200 OK" in await ask(client, b"through")


async def test_those_that_rest_do_not_stand_for_those_that_ask() -> None:
    """Who is sent away is chosen anew. Seen red with all that were ever chosen sent away."""
    async with serving(handle) as served:
        clients = [served.connect() for _ in range(CLIENTS)]
        await until(lambda: len(served.server.connections) == CLIENTS)
        for _ in range(50):
            served.server.send_away(1)
        answers = [await ask(client, b"through") for client in clients]
        assert [b"Connection: close" in answer for answer in answers].count(True) == 1


async def test_requests_behind_one_another_are_all_answered() -> None:
    """Only the last answer of several that wait is the connection's last.

    Seen red with the first one closing it.
    """
    async with serving(handle) as served:
        client = served.connect()
        await until(lambda: bool(served.server.connections))
        served.server.send_away(1)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, (GET % b"direct") * 3)
        said = b""
        while part := await loop.sock_recv(client, 65_536):
            said += part
        assert said.count(b"HTTP/1.1 200 ") == 3
        assert said.count(b"Connection: close") == 1


async def test_a_connection_that_rests_is_closed_only_after_a_while() -> None:
    """A request that was on its way when the end began is answered, and says that it is the last.

    Seen red with resting connections closed at once.
    """
    async with serving(handle) as served:
        asking, resting = served.connect(), served.connect()
        await until(lambda: len(served.server.connections) == 2)
        await ask(asking, b"direct")
        ending = asyncio.create_task(served.server.drain(LONG_S))
        await turns()
        answer = await ask(asking, b"direct")
        assert b"Connection: close" in answer
        assert await is_closed(asking)
        assert not ending.done()
        await pass_time(2 * REST_S)
        assert await is_closed(resting)
        assert await ending == 0


async def test_what_was_received_meanwhile_is_read_first() -> None:
    """A loop that comes late finds timers before requests: they are answered all the same.

    Seen red without the look at the socket.
    """
    async with serving(handle) as served:
        client = served.connect()
        await until(lambda: bool(served.server.connections))
        await ask(client, b"through")
        await pass_time(2 * REST_S)
        client.send(GET % b"through")  # and the loop has not turned since
        assert served.server._close_resting()
        assert b"200 OK" in await asyncio.get_running_loop().sock_recv(client, 65_536)
        assert not served.server._close_resting() or await served.server.drain(LONG_S) == 0


async def test_whoever_comes_while_it_ends_gets_one_answer() -> None:
    """It had been taken before the listening ended. Seen red with new connections that stay."""
    async with serving(handle) as served:
        stays = served.connect()
        await until(lambda: bool(served.server.connections))
        ending = asyncio.create_task(served.server.drain(LONG_S))
        await turns()
        late = served.connect()
        assert b"Connection: close" in await ask(late, b"through")
        assert b"Connection: close" in await ask(stays, b"through")
        assert await ending == 0
