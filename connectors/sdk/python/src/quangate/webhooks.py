"""Webhooks as they arrive: verified over their bytes, then read (Standard Webhooks)."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import msgspec

from quangate.codes import Code, KeyRing, as_code
from quangate.models import Order
from quangate.problem import QuangateError

TOLERANCE_S = 300
Seen = Callable[[str], bool]
_NO_KEYS = KeyRing({})


class InvalidWebhookError(QuangateError):
    """A message that is not of the gateway, or too old. Answer it with 400."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid-webhook", detail)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A verified message. `data` is an Order where the type begins with `order.`, else members.

    `sequence` grows per order: what is older than what you know is to be ignored. `seen`: it was
    handled already; answer it with 2xx all the same.
    """

    id: str
    type: str
    timestamp: str
    sequence: int
    data: Any
    seen: bool = False


class _Body(msgspec.Struct):
    type: str
    timestamp: str = ""
    sequence: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str] | str,
    tolerance: float = TOLERANCE_S,
    seen: Seen | None = None,
    *,
    now: Callable[[], float] = time.time,
) -> Event:
    """The event in a request, if it is of the gateway.

    `body` is the request's bytes as they came, `secrets` are `whsec_…`, several while one is
    rotated; `tolerance` is in seconds; `seen(id)` says whether a message was handled already.
    Raises InvalidWebhookError.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id_, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not id_ or not (stamp.isascii() and stamp.isdigit()):
        raise InvalidWebhookError("its headers are not whole")
    if abs(now() - int(stamp)) > tolerance:
        raise InvalidWebhookError("its timestamp is too far from now")
    said = f"{id_}.{stamp}.".encode() + body
    keys = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not _is_signed(said, given.get("webhook-signature", ""), keys):
        raise InvalidWebhookError("no signature of it is right")
    return _event(id_, body, seen=seen is not None and seen(id_))


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a webhook secret is whsec_ and base64") from None


def _is_signed(said: bytes, signatures: str, keys: Sequence[bytes]) -> bool:
    right = [base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()) for key in keys]
    given = [each.partition(",") for each in signatures.split()]
    return any(
        hmac.compare_digest(one, text.encode())
        for version, _, text in given
        if version == "v1"
        for one in right
    )


def _event(id_: str, body: bytes, *, seen: bool) -> Event:
    try:
        said = msgspec.json.decode(body, type=_Body)
        kind: Any = Order if said.type.startswith("order.") else Any
        data = msgspec.json.decode(bytes(said.data), type=kind, dec_hook=_hook)
    except (ValueError, RecursionError):
        raise InvalidWebhookError("its body is no message") from None
    return Event(
        id=id_, type=said.type, timestamp=said.timestamp, sequence=said.sequence, data=data,
        seen=seen,
    )  # fmt: skip


def _hook(kind: type, said: Any) -> Any:
    if kind is Code:
        return as_code(_NO_KEYS, said)
    raise NotImplementedError


def aiohttp_handler(
    secrets: Sequence[str], handle: Callable[[Event], Awaitable[None]], seen: Seen | None = None
) -> Callable[[Any], Awaitable[Any]]:
    """A handler for `app.router.add_post`: 204 when handled, 400 to what does not verify."""

    async def take(request: Any) -> Any:
        web = import_module("aiohttp.web")
        try:
            event = verify(await request.read(), request.headers, secrets, seen=seen)
        except InvalidWebhookError:
            return web.Response(status=400)
        if not event.seen:
            await handle(event)
        return web.Response(status=204)

    return take


def fastapi_handler(
    secrets: Sequence[str], handle: Callable[[Event], Awaitable[None]], seen: Seen | None = None
) -> Callable[[Any], Awaitable[Any]]:
    """An endpoint for Starlette's and FastAPI's `add_route`, with the same answers."""

    async def take(request: Any) -> Any:
        response = import_module("starlette.responses").Response
        try:
            event = verify(await request.body(), request.headers, secrets, seen=seen)
        except InvalidWebhookError:
            return response(status_code=400)
        if not event.seen:
            await handle(event)
        return response(status_code=204)

    return take


def flask_view(
    secrets: Sequence[str], handle: Callable[[Event], None], seen: Seen | None = None
) -> Callable[[], tuple[str, int]]:
    """A view for `app.add_url_rule(…, methods=["POST"])`, with the same answers."""

    def take() -> tuple[str, int]:
        request = import_module("flask").request
        try:
            event = verify(request.get_data(), request.headers, secrets, seen=seen)
        except InvalidWebhookError:
            return "", 400
        if not event.seen:
            handle(event)
        return "", 204

    return take
