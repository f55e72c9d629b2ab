"""A partner's client: signs, sends, and remembers every answer."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from gateway.ground.native import open_jwe, sign_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key as `quangate key create` shows it once."""

    key_id: str
    secret: str = field(repr=False)
    delivery_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `body` is decoded JSON."""

    status: int
    body: dict[str, Any]
    seconds: float


class Client:
    """One partner over a pool of connections."""

    def __init__(self, session: aiohttp.ClientSession, url: str, credentials: Credentials) -> None:
        self._session = session
        self._url = url
        self._credentials = credentials

    async def post(self, path: str, document: Any) -> Answer:
        """POST JSON, signed."""
        return await self._send("POST", path, orjson.dumps(document))

    async def get(self, path: str) -> Answer:
        """GET, signed."""
        return await self._send("GET", path, b"")

    async def _send(self, method: str, path: str, body: bytes) -> Answer:
        began = time.perf_counter()
        async with self._session.request(
            method, self._url + path, data=body, headers=self._headers(method, path, body)
        ) as response:
            text = await response.read()
        return Answer(response.status, orjson.loads(text), time.perf_counter() - began)

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        nonce = secrets.token_urlsafe(16)
        return {
            "Content-Type": "application/json",
            "X-Quangate-Key": self._credentials.key_id,
            "X-Quangate-Timestamp": timestamp,
            "X-Quangate-Nonce": nonce,
            "X-Quangate-Signature": sign_request(
                self._credentials.secret, method, path, timestamp, nonce, body
            ),
        }

    def open_codes(self, order: dict[str, Any]) -> tuple[str, ...]:
        """The plaintext codes of an order, as its buyer would get them."""
        return tuple(
            orjson.loads(open_jwe(self._credentials.delivery_key, code["jwe"]))["code"]
            for code in order["codes"]
        )
