"""A partner's webhook receiver: checks every signature, counts every message once."""

import base64
import hashlib
import hmac
import time
from collections import Counter
from dataclasses import dataclass, field

import orjson
from aiohttp import web

TOLERANCE_S = 300.0


@dataclass(slots=True)
class Receiver:
    """A server on a free port. `secret` is the partner's `whsec_…`, known once it was made."""

    secret: str = ""
    url: str = ""
    kinds: Counter[str] = field(default_factory=Counter)  # type → distinct messages
    refused: int = 0  # with a wrong signature: must stay 0
    repeated: int = 0
    uncertain: set[str] = field(default_factory=set)  # order_no that were so for a while
    finished: dict[str, str] = field(default_factory=dict)  # order_no → type of its last message
    _seen: set[str] = field(default_factory=set)
    _sequences: dict[str, int] = field(default_factory=dict)
    _runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen on loopback."""
        self._runner = web.ServerRunner(web.Server(self._take, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/quangate"

    async def stop(self) -> None:
        """Hang up."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def delivered(self) -> int:
        """Distinct messages that were rightly signed."""
        return len(self._seen)

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        message_id = request.headers.get("webhook-id", "")
        if not is_signed(
            self.secret,
            message_id,
            request.headers.get("webhook-timestamp", ""),
            request.headers.get("webhook-signature", ""),
            body,
        ):
            self.refused += 1
            return web.Response(status=401)
        if message_id in self._seen:
            self.repeated += 1
        else:
            self._seen.add(message_id)
            self._count(body)
        return web.Response(status=204)

    def _count(self, body: bytes) -> None:
        message = orjson.loads(body)
        self.kinds[message["type"]] += 1
        order_no = message["data"].get("order_no")
        if message["type"] == "order.uncertain":
            self.uncertain.add(order_no)
        if order_no is not None and message["sequence"] > self._sequences.get(order_no, 0):
            self._sequences[order_no] = message["sequence"]
            self.finished[order_no] = message["type"]


def is_signed(secret: str, message_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Whether one of the signatures is right and the message fresh (Standard Webhooks)."""
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return any(hmac.compare_digest(expected, each) for each in signatures.split(" "))
