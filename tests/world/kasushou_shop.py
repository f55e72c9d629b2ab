"""A 卡速售 shop that sells our goods: its signed calls, from the protocol's facts alone."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.wire_samples import differences, load
from tests.world.partner import Partner
from tests.world.shop import unique

SETTINGS = {"userid": "ks-user", "apikey": "ks-apikey"}
TAKEN = b"ok"


def sha1(text: str) -> str:
    """Lower-case hex."""
    return hashlib.sha1(text.encode()).hexdigest()


def signed(body: str, at: float | None = None) -> dict[str, str]:
    """The headers of a call."""
    timestamp = str(int((time.time() if at is None else at) * 1000))
    return {
        "UserId": SETTINGS["userid"],
        "Timestamp": timestamp,
        "Sign": sha1(timestamp + body + SETTINGS["apikey"]),
    }


def as_text(members: dict[str, Any]) -> str:
    """JSON as PHP writes it unescaped, the keys of the top level sorted."""
    return json.dumps(dict(sorted(members.items())), ensure_ascii=False, separators=(",", ":"))


def callback_sign(told: dict[str, Any]) -> str:
    """Over all but the sign and the lists, as PHP writes JSON: `/` escaped."""
    kept = {k: v for k, v in told.items() if k not in {"sign", "card_list", "express_list"}}
    return sha1(told["time"] + as_text(kept).replace("/", "\\/") + SETTINGS["apikey"])


def expect_sample(name: str, answer: Any) -> None:
    """Members and types are those of the platform's document."""
    assert differences(load("kasushou").samples[name], answer) == [], answer


@dataclass(slots=True, kw_only=True)
class KasushouShop:
    """The shop."""

    name: str
    url: str
    session: aiohttp.ClientSession
    partner: Partner

    async def send(self, what: str, body: bytes, headers: dict[str, str]) -> Any:
        """A call as it stands; HTTP 200 whatever the answer."""
        url = f"{self.url}/channels/{self.name}/api/v1/{what}"
        sent = {"Content-Type": "application/json", **headers}
        async with self.session.post(url, data=body, headers=sent) as response:
            assert response.status == 200, await response.text()
            answer = await response.json(content_type=None)
        if answer["code"] != 200:
            expect_sample("refused-product", answer)
        return answer

    async def call(self, what: str, **members: Any) -> Any:
        """A signed call behind `/api/v1`."""
        text = as_text(members)
        return await self.send(what, text.encode(), signed(text))

    async def ok(self, what: str, **members: Any) -> Any:
        """`data` of the same where `code` must be 200."""
        answer = await self.call(what, **members)
        assert answer["code"] == 200, answer
        return answer.get("data")

    async def goods_id(self, name: str) -> int:
        """The number of goods."""
        found = await self.ok("goods/list", keyword=name, page=1, limit=100)
        [row] = [row for row in found["list"] if row["goods_name"] == name]
        return int(row["id"])

    def order(self, goods_id: int, **changed: Any) -> dict[str, Any]:
        """The members of an order."""
        members = {"id": goods_id, "quantity": 1, "external_orderno": unique("KS")}
        return {**members, **changed}

    async def info(self, number: str) -> dict[str, Any]:
        """The order of that number."""
        [row] = await self.ok("order/info", external_orderno=number)
        return dict(row)

    async def balance(self) -> str:
        """Yuan."""
        return str((await self.ok("user/info"))["balance"])
