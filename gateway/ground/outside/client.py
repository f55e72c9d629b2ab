"""A partner's client that shows each answer as it came: status, time, `Retry-After`.

It signs and opens codes by what partners use (`connectors/sdk`), but tries nothing again and makes
no error of a refusal: whoever counts answers, or sends the same thing fifty times at once, wants
them all. Who just orders takes `AsyncQuangate`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import aiohttp
import orjson


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
        # Late: a gateway that serves has no use for it.
        from connectors.sdk.client import KeyRing, Signer

        self._session = session
        self._url = url
        self._signer = Signer(credentials.key_id, credentials.secret)
        self._keys = KeyRing({credentials.key_id: credentials.delivery_key})

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
        signed = self._signer.headers(method, path, body, time.time())
        typed = {"Content-Type": "application/json"}
        async with self._session.request(
            method, self._url + path, data=body, headers={**typed, **signed, **headers}
        ) as response:
            text = await response.read()
        return Answer(
            response.status,
            orjson.loads(text),
            time.perf_counter() - began,
            int(response.headers.get("Retry-After", 0)),
        )

    def open_codes(self, order: dict[str, Any]) -> tuple[str, ...]:
        """The plaintext codes of an order, as its buyer would get them."""
        opened = (self._keys.open(code["jwe"]) for code in order["codes"])
        return tuple(str(each.code) for each in opened)
