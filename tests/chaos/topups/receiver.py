"""A partner's webhook receiver that fails now and then, by a seed: each message at most once."""

import zlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiohttp import web

from connectors.sdk.client import webhooks

# Of a thousand messages, how many meet what when they first come.
REFUSED: Final = 20  # 500
CUT_OFF: Final = 10  # the connection is closed without an answer
LOST: Final = 10  # taken, but the answer is a 500: it comes again


@dataclass(slots=True, kw_only=True)
class FaultyReceiver:
    """What came, by order. `secret` is the partner's, known once it was made."""

    seed: int
    secret: str = ""
    url: str = ""
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # order_no → types
    unsigned: int = 0  # must stay 0
    sequences_twice: int = 0  # two messages of one order with one number: must stay 0
    _met: set[str] = field(default_factory=set)
    _sequences: dict[tuple[str, int], str] = field(default_factory=dict)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """One delivery."""
        body = await request.read()
        try:
            message_id = webhooks.verify(body, request.headers, self.secret).id
        except webhooks.InvalidWebhookError:
            self.unsigned += 1
            return web.Response(status=401)
        fate = zlib.crc32(f"{self.seed}/{message_id}".encode()) % 1000
        if message_id not in self._met:
            self._met.add(message_id)
            if fate < REFUSED:
                return web.Response(status=500)
            if fate < REFUSED + CUT_OFF:
                if request.transport is not None:
                    request.transport.close()
                return web.Response()
            if fate < REFUSED + CUT_OFF + LOST:
                self._keep(message_id, body)
                return web.Response(status=500)
        self._keep(message_id, body)
        return web.Response(status=204)

    def _keep(self, message_id: str, body: bytes) -> None:
        message = orjson.loads(body)
        order_no = message["data"]["order_no"]
        self.told[order_no].add(message["type"])
        first = self._sequences.setdefault((order_no, message["sequence"]), message_id)
        self.sequences_twice += first != message_id


@asynccontextmanager
async def faulty_receiver(seed: int) -> AsyncIterator[FaultyReceiver]:
    """One that listens on a free port of loopback."""
    receiver = FaultyReceiver(seed=seed)
    runner = web.ServerRunner(web.Server(receiver.take, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/quangate"
        yield receiver
    finally:
        await runner.cleanup()
