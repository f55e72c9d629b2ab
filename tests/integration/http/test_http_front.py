"""Clients whose requests are answered past aiohttp, while we work: the real server."""

import asyncio

import pytest
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.http import protocol
from gateway.ground.http.direct_answer import DirectAnswer
from tests.clock import LONG_S, pass_time
from tests.world.http_served import SMALL, past_aiohttp, serving


async def test_who_waits_for_us_is_not_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    """While we work no deadline of the client runs, and the end waits for the answer.

    Seen red, each alone: the sweep, the idle timer and the drain not knowing of the front.
    """
    for name in ("HEAD_DEADLINE_S", "KEEPALIVE_S"):
        monkeypatch.setattr(protocol, name, LONG_S)
    asked, told = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def handle(_request: BaseRequest) -> StreamResponse:
        asked.set()
        await told
        return DirectAnswer(b"{}", 200, "text/plain")

    async with serving(handle, answering=past_aiohttp(handle)) as served:
        client = served.connect()
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, SMALL)
        await asked.wait()
        await pass_time(3 * LONG_S)
        draining = asyncio.create_task(served.server.drain(LONG_S))
        await pass_time(0.9 * LONG_S)
        assert not draining.done()
        told.set_result(None)
        assert (await loop.sock_recv(client, 65_536)).startswith(b"HTTP/1.1 200 ")
        await pass_time(0.05 * LONG_S)
        assert await draining == 0
