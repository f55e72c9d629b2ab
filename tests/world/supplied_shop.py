"""A 卡速售 shop that sells what a supplier tops up: its orders, from upstreams.md §14 alone."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

SETTINGS = {"userid": "su-user", "apikey": "su-apikey"}
_ids = count(1)


@dataclass(slots=True)
class SuppliedShop:
    """Its orders by number; the first `failures` moves are done and answered with 500."""

    url: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    duals: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failures: int = 0

    def sell(self, goods_id: int, account: str, total: str, **changed: Any) -> str:
        """A buyer paid; the order's number."""
        number = f"D{next(_ids):012d}"
        self.orders[number] = {
            "id": next(_ids), "ordersn": number, "quantity": 1, "recharge_account": account,
            "goods_id": goods_id, "goods_name": "g", "goods_type": 2, "price": total,
            "total_price": total, "has_back_money": "0.00", "recharge_info": [], "status": 1,
            **changed,
        }  # fmt: skip
        return number

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Verify, then list or move."""
        body = await request.read()
        stamp = request.headers.get("Timestamp", "0")
        expected = hashlib.sha1(stamp.encode() + body + b"su-apikey").hexdigest()
        if request.headers.get("Sign") != expected or request.headers.get("UserId") != "su-user":
            self.wrong.append("sign")
            return web.json_response({"code": 400, "msg": "签名错误"})
        if abs(time.time() * 1000 - int(stamp)) > 300_000:
            self.wrong.append("time")
        members = json.loads(body)
        if request.path == "/api/mer/v1/order/orderList":
            return web.json_response({"code": 200, "msg": "成功", "data": self._list(members)})
        answer = self._dual(members)
        if self.failures:
            self.failures -= 1
            return web.Response(status=500)
        return web.json_response(answer)

    def _list(self, members: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [
            row
            for row in self.orders.values()
            if members.get("status") in (None, row["status"])
            and members.get("ordersn") in (None, row["ordersn"])
        ]
        start = (members["page"] - 1) * members["limit"]
        return rows[start : start + members["limit"]]

    def _dual(self, members: dict[str, Any]) -> dict[str, Any]:
        self.duals.append(members)
        for row in self.orders.values():
            if row["id"] in members["ids"]:
                # Forward only, as a shop would: nothing that has ended moves.
                if row["status"] >= 3 or members["status"] < row["status"]:
                    if members["status"] != row["status"]:  # else its answer had been lost
                        self.wrong.append(
                            f"{row['ordersn']}: {row['status']} → {members['status']}"
                        )
                    return {"code": 400, "msg": "订单状态错误"}
                row["status"] = members["status"]
        return {"code": 200, "msg": "成功"}

    def told(self, number: str) -> list[int]:
        """Where the order was moved to, in turn."""
        return [each["status"] for each in self.duals if self.orders[number]["id"] in each["ids"]]


@asynccontextmanager
async def running_shop() -> AsyncIterator[SuppliedShop]:
    """The same on a free port."""
    shop = SuppliedShop()
    runner = web.ServerRunner(web.Server(shop.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield shop
    finally:
        await runner.cleanup()
