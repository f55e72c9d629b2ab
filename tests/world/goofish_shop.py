"""A shop that sells through goofish: its signed calls, its listener."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.wire_samples import differences, load
from tests.world.partner import Partner
from tests.world.shop import unique

SETTINGS = {
    "app_id": "1001", "app_secret": "app-secret", "mch_id": "2002", "mch_secret": "mch-secret",
}  # fmt: skip


def sign(body: bytes, timestamp: str) -> str:
    """md5 over ids, secrets, the body's md5 and the timestamp, joined by commas."""
    inner = hashlib.md5(body).hexdigest()
    parts = (
        SETTINGS["app_id"], SETTINGS["app_secret"], inner, timestamp, SETTINGS["mch_id"],
        SETTINGS["mch_secret"],
    )  # fmt: skip
    return hashlib.md5(",".join(parts).encode()).hexdigest()


def expect_sample(name: str, answer: Any) -> None:
    """Every answer of this suite has the members and types of the channel's document."""
    assert differences(load("goofish").samples[name], answer) == []


@dataclass(slots=True)
class Listener:
    """Where results are pushed; refuses the first `refusals` of them."""

    url: str = ""
    refusals: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    forged: int = 0
    misshapen: list[str] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Verify as the channel does, and answer in its words."""
        body = await request.read()
        fields = dict(parse_qsl(request.rel_url.raw_query_string))
        if fields.get("sign") != sign(body, fields.get("timestamp", "")):
            self.forged += 1
        elif self.refusals > self.refused:
            self.refused += 1
            return web.json_response({"code": 500, "msg": "later"})
        else:
            told = json.loads(body)
            self.misshapen += differences(load("goofish").samples["callback"], told)
            self.taken.append(told)
        return web.json_response({"code": 0, "msg": "OK"})

    def of(self, order_no: str) -> list[dict[str, Any]]:
        """What was told of an order."""
        return [each for each in self.taken if each["order_no"] == order_no]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener on a free port."""
    listener = Listener()
    runner = web.ServerRunner(web.Server(listener.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/notify?x=1"
    try:
        yield listener
        assert listener.misshapen == []
    finally:
        await runner.cleanup()


@dataclass(slots=True, kw_only=True)
class Channel:
    """The channel's side."""

    name: str
    url: str
    session: aiohttp.ClientSession
    partner: Partner
    listener: Listener

    async def send(
        self, path: str, body: bytes, query: dict[str, str], prefix: str = ""
    ) -> dict[str, Any]:
        """A request as it stands; HTTP 200 whatever the answer."""
        url = f"{self.url}/channels/{self.name}{prefix}/goofish/{path}"
        async with self.session.post(url, data=body, params=query) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
        expect_sample(path.strip("/") if answer["code"] == 0 else "refused", answer)
        return answer

    async def call(self, path: str, *, prefix: str = "", **members: Any) -> dict[str, Any]:
        """A signed request."""
        body = json.dumps(members).encode() if members else b""
        timestamp = str(int(time.time()))
        query = {
            "mch_id": SETTINGS["mch_id"],
            "timestamp": timestamp,
            "sign": sign(body, timestamp),
        }
        return await self.send(path, body, query, prefix)

    def order(self, goods_no: str, **changed: Any) -> dict[str, Any]:
        """The members of a create."""
        number = unique("G")
        members = {
            "order_no": number, "goods_no": goods_no, "buy_quantity": 1, "biz_order_no": "b1",
            "notify_url": f"{self.listener.url}&o={number}",
        }  # fmt: skip
        return {**members, **changed}
