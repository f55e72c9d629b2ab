"""Shops on another platform: two channels that order over goofish's protocol, not over our API."""

import time
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web

from connectors.channels.goofish.wire import Code, GoofishSettings, sign
from connectors.secret import Secret

# Made up, as everything here; on loopback alone.
SETTINGS: Final[Mapping[str, str]] = {
    "app_id": "1001", "app_secret": "demo-app", "mch_id": "2002", "mch_secret": "demo-merchant",
}  # fmt: skip
OUT_OF_STOCK: Final = Code.OUT_OF_STOCK
AGAIN: Final = Code.ORDER_TIMEOUT
BOUGHT: Final = Code.OK


class Listener:
    """Where the platform is told of results; it believes them."""

    def __init__(self) -> None:
        self.url = ""
        self.told = 0
        self._runner = web.ServerRunner(web.Server(self._take, access_log=None))

    async def start(self) -> None:
        """Listen on loopback."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/result"

    async def stop(self) -> None:
        """Hang up."""
        await self._runner.cleanup()

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        self.told += 1
        return web.json_response({"code": 0, "msg": "OK"})


class Shop:
    """One channel's side."""

    def __init__(self, url: str, channel: str, notify_url: str) -> None:
        self._url = f"{url}/channels/{channel}/goofish/order/purchase/create"
        self._notify_url = notify_url
        self._settings = GoofishSettings(
            app_id=SETTINGS["app_id"],
            app_secret=Secret(SETTINGS["app_secret"]),
            mch_id=SETTINGS["mch_id"],
            mch_secret=Secret(SETTINGS["mch_secret"]),
        )

    async def buy(
        self, session: aiohttp.ClientSession, number: str, sku: str
    ) -> tuple[Code, list[str]]:
        """Order one of a SKU; the platform's word for what became of it, and the codes."""
        order = {
            "order_no": number, "goods_no": sku, "buy_quantity": 1, "biz_order_no": number,
            "notify_url": self._notify_url,
        }  # fmt: skip
        body = orjson.dumps(order)
        timestamp = str(int(time.time()))
        query = {
            "mch_id": SETTINGS["mch_id"],
            "timestamp": timestamp,
            "sign": sign(self._settings, body, timestamp),
        }
        async with session.post(self._url, data=body, params=query) as response:
            answer: dict[str, Any] = orjson.loads(await response.read())
        cards = answer["data"]["card_items"] if answer["code"] == Code.OK else []
        return Code(answer["code"]), [card.get("card_no", card["card_pwd"]) for card in cards]
