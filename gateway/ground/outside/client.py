"""A partner's client: signs, sends, and remembers every answer."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
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
    retry_after_s: int = 0  # 0: it says nothing of it


class Client:
    """One partner over a pool of connections."""

    def __init__(self, session: aiohttp.ClientSession, url: str, credentials: Credentials) -> None:
        self._session = session
        self._url = url
        self._credentials = credentials

    async def post(
        self, path: str, document: Any, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Answer:
        """POST JSON, signed; `headers` beside those of the signature."""
        return await self._send("POST", path, orjson.dumps(document), headers)

    async def get(self, path: str) -> Answer:
        """GET, signed."""
        return await self._send("GET", path, b"")

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        began = time.perf_counter()
        signed = self._headers(method, path, body)
        async with self._session.request(
            method, self._url + path, data=body, headers={**signed, **headers}
        ) as response:
            text = await response.read()
        return Answer(
            response.status,
            orjson.loads(text),
            time.perf_counter() - began,
            int(response.headers.get("Retry-After", 0)),
        )

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
