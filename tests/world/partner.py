"""A partner's client for tests: each answer as it came, and requests that no client would send.

It signs and opens codes by what partners use (`connectors/sdk`); the conformance cases hold that
against signatures and sealed codes that no client made.
"""

import asyncio
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from connectors.sdk.client import KeyRing, Signer

EVENTUALLY_S = 300.0
SignedParts = tuple[str, str, str, str, bytes]  # method, target, timestamp, nonce, body
PAGES_MAX = 300
LARGE_BYTES = 1_000_000  # aiohttp warns of larger bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """What `key create` shows once."""

    key_id: str
    secret: str = field(repr=False)
    delivery_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a problem; fails for anything that is not one."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        return self.status, self.json["code"]


def sign(secret: str, request: SignedParts) -> str:
    """The value of X-Quangate-Signature."""
    *parts, body = request
    return Signer("", secret).signature(*map(str, parts), body)


def signed_headers(
    key: IssuedKey, method: str, target: str, body: bytes, *, at: float | None = None
) -> dict[str, str]:
    """All headers of a signed request."""
    now = time.time() if at is None else at
    return Signer(key.key_id, key.secret).headers(method, target, body, now)


@dataclass(slots=True)
class Partner:
    """One key and the gateway it talks to."""

    url: str
    session: aiohttp.ClientSession
    key: IssuedKey

    async def send(
        self,
        method: str,
        target: str,
        body: object = b"",
        *,
        headers: Mapping[str, str | None] | None = None,
        at: float | None = None,
    ) -> Reply:
        """A signed request; `headers` replace those made, None leaves one out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = {"Content-Type": "application/json"} if raw else {}
        made |= signed_headers(self.key, method, target, raw, at=at)
        sent = {k: v for k, v in {**made, **(headers or {})}.items() if v is not None}
        async with self.session.request(
            method,
            URL(self.url + target, encoded=True),
            data=io.BytesIO(raw) if len(raw) > LARGE_BYTES else raw,
            headers=sent,
            skip_auto_headers=["Content-Type", "Accept-Encoding"],
            allow_redirects=False,
        ) as response:
            return Reply(response.status, response.headers.copy(), await response.read())

    async def order(self, **members: object) -> Reply:
        """POST /v1/orders."""
        return await self.send("POST", "/v1/orders", members)

    async def get(self, target: str) -> Reply:
        """A signed GET."""
        return await self.send("GET", target)

    async def everything(self, target: str) -> list[Any]:
        """All rows of a list, page by page."""
        rows: list[Any] = []
        joint = "&" if "?" in target else "?"
        cursor = ""
        for _ in range(PAGES_MAX):
            page = (await self.get(target + cursor)).json
            rows += page["data"]
            if page["next_cursor"] is None:
                return rows
            cursor = f"{joint}cursor={page['next_cursor']}"
        raise AssertionError("the list does not end")

    def codes(self, order: Mapping[str, Any]) -> list[dict[str, str]]:
        """The plaintext codes of an order."""
        return [open_code(self.key, each["jwe"]) for each in order["codes"]]

    async def until_known(self) -> "Partner":
        """Wait until the running gateway has heard of the key."""

        async def known() -> bool:
            return (await self.get("/v1/products?limit=1")).status != 401

        await eventually(known)
        return self


def open_code(key: IssuedKey, compact: str) -> dict[str, str]:
    """One code, from its JWE."""
    opened = KeyRing({key.key_id: key.delivery_key}).open(compact)
    members = {name: getattr(opened, name) for name in ("code", "pin", "url", "expires_at")}
    return {name: value for name, value in members.items() if value is not None}


async def eventually(holds: Any) -> None:
    """Ask until it holds; fails after a generous while."""
    deadline = time.monotonic() + EVENTUALLY_S
    while not await holds():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)
