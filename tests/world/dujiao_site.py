"""A dujiao-next site that sells our goods: its signed calls, from the protocol's facts alone."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from tests.wire_samples import differences, load
from tests.world.partner import Partner
from tests.world.shop import unique

SETTINGS = {"api_key": "dj-key", "api_secret": "dj-secret"}
ROOT = "/api/v1/upstream"
TAKEN = b'{"ok":true,"message":"received"}'
NOT_TAKEN = b'{"ok":false,"message":"later"}'


def sign(method: str, path: str, timestamp: str, body: bytes, secret: str = "dj-secret") -> str:
    """Hex HMAC over four lines."""
    text = "\n".join([method, path, timestamp, hashlib.md5(body).hexdigest()])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed(method: str, path: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers of a call."""
    timestamp = str(int(time.time() if at is None else at))
    return {
        "Dujiao-Next-Api-Key": SETTINGS["api_key"],
        "Dujiao-Next-Timestamp": timestamp,
        "Dujiao-Next-Signature": sign(method, path, timestamp, body),
    }


def expect_sample(name: str, answer: Any) -> None:
    """Members and types are those of the protocol's document."""
    assert differences(load("face-dujiao").samples[name], answer) == []


@dataclass(slots=True, kw_only=True)
class Site:
    """The other site."""

    name: str
    url: str
    session: aiohttp.ClientSession
    partner: Partner

    async def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], query: str = ""
    ) -> tuple[int, Any]:
        """A call as it stands: status and JSON."""
        url = URL(f"{self.url}/channels/{self.name}{path}{query}", encoded=True)
        sent = {"Content-Type": "application/json", **headers}
        async with self.session.request(method, url, data=body or None, headers=sent) as response:
            answer = await response.json(content_type=None)
        if answer.get("ok") is False:
            expect_sample("refused", answer)
        return response.status, answer

    async def call(
        self, method: str, what: str, members: Any = None, query: str = ""
    ) -> tuple[int, Any]:
        """A signed call behind `/api/v1/upstream`."""
        body = b"" if members is None else json.dumps(members).encode()
        path = ROOT + what
        return await self.send(method, path, body, signed(method, path, body), query)

    async def ok(self, method: str, what: str, members: Any = None, query: str = "") -> Any:
        """The same where it must be 200 and `ok`."""
        status, answer = await self.call(method, what, members, query)
        assert (status, answer["ok"]) == (200, True), answer
        return answer

    async def product(self, slug: str) -> dict[str, Any]:
        """One of the list."""
        page = await self.ok(
            "GET", "/products", query="?page=1&page_size=100&include_inactive=true"
        )
        expect_sample("products", page)
        [found] = [item for item in page["items"] if item["slug"] == slug]
        return dict(found)

    def order(self, sku: int, /, **changed: Any) -> dict[str, Any]:
        """The members of an order."""
        members = {"sku_id": sku, "quantity": 1, "downstream_order_no": unique("DJ")}
        return {**members, "trace_id": unique("trace"), **changed}

    async def balance(self) -> str:
        """Text in major units."""
        return str((await self.ok("POST", "/ping"))["balance"])
