"""A partner's client, written from the contract alone: it signs with the standard library."""

import asyncio
import base64
import hashlib
import hmac
import io
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from joserfc import jwe
from joserfc.jwk import OctKey
from yarl import URL

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
    key = base64.urlsafe_b64decode(secret.removeprefix("qs_") + "==")
    *parts, body = request
    text = "\n".join([*map(str, parts), hashlib.sha256(body).hexdigest()])
    return "v1=" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signed_headers(
    key: IssuedKey, method: str, target: str, body: bytes, *, at: float | None = None
) -> dict[str, str]:
    """All headers of a signed request."""
    timestamp = str(int(time.time() if at is None else at))
    nonce = secrets.token_urlsafe(24)
    return {
        "X-Quangate-Key": key.key_id,
        "X-Quangate-Timestamp": timestamp,
        "X-Quangate-Nonce": nonce,
        "X-Quangate-Signature": sign(key.secret, (method, target, timestamp, nonce, body)),
    }


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
        """The plaintext codes of an order, opened by a library that is not ours."""
        return [open_code(self.key, each["jwe"]) for each in order["codes"]]

    async def until_known(self) -> "Partner":
        """Wait until the running gateway has heard of the key."""

        async def known() -> bool:
            return (await self.get("/v1/products?limit=1")).status != 401

        await eventually(known)
        return self


def open_code(key: IssuedKey, compact: str) -> dict[str, str]:
    """One code, from its JWE."""
    raw = base64.urlsafe_b64decode(key.delivery_key.removeprefix("qd_") + "==")
    opened = jwe.decrypt_compact(compact, OctKey.import_key(raw))
    assert opened.protected == {"alg": "dir", "enc": "A256GCM", "kid": key.key_id}
    assert opened.plaintext is not None
    code: dict[str, str] = json.loads(opened.plaintext)
    return code


async def eventually(holds: Any) -> None:
    """Ask until it holds; fails after a generous while."""
    deadline = time.monotonic() + EVENTUALLY_S
    while not await holds():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)
