"""A shop that docks by v3: its signed calls, from the protocol's facts alone."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.wire_samples import differences, load
from tests.world.partner import Partner
from tests.world.shop import unique

SETTINGS = {"userid": "10052", "key": "kk-key"}
TAKEN = b"ok"


def sign(members: dict[str, Any], key: str = "kk-key") -> str:
    """md5 over sorted pairs and the key; nothing, null and the sign left out."""
    pairs = []
    for name, value in sorted(members.items()):
        if name == "sign" or value is None or value == "":
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, (dict, list)):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        else:
            text = str(value)
        pairs.append(f"{name}={text}")
    return hashlib.md5(("&".join(pairs) + key).encode()).hexdigest()


def signed(members: dict[str, Any], at: float | None = None) -> dict[str, Any]:
    """The members of a call."""
    now = int(time.time() if at is None else at)
    whole = {**members, "userid": SETTINGS["userid"], "timestamp": now}
    return {**whole, "sign": sign(whole)}


def expect_sample(name: str, answer: Any) -> None:
    """Members and types are those of the protocol's document."""
    assert differences(load("face-kakayun").samples[name], answer) == [], answer


@dataclass(slots=True, kw_only=True)
class KakayunShop:
    """The shop."""

    name: str
    url: str
    session: aiohttp.ClientSession
    partner: Partner

    async def send(self, what: str, body: bytes) -> Any:
        """A call as it stands; HTTP 200 whatever the answer."""
        url = f"{self.url}/channels/{self.name}/dockapiv3/{what}"
        sent = {"Content-Type": "application/json"}
        async with self.session.post(url, data=body, headers=sent) as response:
            assert response.status == 200, await response.text()
            answer = await response.json(content_type=None)
        if answer["code"] != 1:
            expect_sample("refused", answer)
        return answer

    async def call(self, what: str, **members: Any) -> Any:
        """A signed call."""
        return await self.send(what, json.dumps(signed(members)).encode())

    async def ok(self, what: str, **members: Any) -> Any:
        """`data` of the same where `code` must be 1."""
        answer = await self.call(what, **members)
        assert answer["code"] == 1, answer
        return answer["data"]

    async def goods_id(self, name: str) -> int:
        """The number of goods."""
        found = await self.ok("goods/all", goodsname=name, page=1, limit=50)
        [row] = [row for row in found["list"] if row["goodsname"] == name]
        return int(row["goodsid"])

    def order(self, goods_id: int, **changed: Any) -> dict[str, Any]:
        """The members of an order."""
        members = {"goodsid": goods_id, "buynum": 1, "usorderno": unique("KK")}
        return {**members, **changed}

    async def info(self, number: str) -> dict[str, Any]:
        """The order of that number."""
        return dict(await self.ok("order/get", usorderno=number))

    async def balance(self) -> str:
        """Yuan."""
        return str((await self.ok("user/info"))["money"])
