"""Reads request bodies within their limits, and decodes strict JSON."""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import BaseRequest

from gateway.api.problems import ProblemError
from gateway.native import check_json

BODY_BYTES_MAX: Final = 65_536
BATCH_BODY_BYTES_MAX: Final = 1_048_576
DEPTH_MAX: Final = 32

T = TypeVar("T")


class _NoMembers(msgspec.Struct, forbid_unknown_fields=True):
    """An empty object."""


_NO_MEMBERS: Final = msgspec.json.Decoder(_NoMembers)


async def read_body(request: BaseRequest, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The body as sent. Raises ProblemError: body-too-large, unsupported-media-type."""
    headers = request.headers
    if "Content-Encoding" in headers and headers["Content-Encoding"].lower() != "identity":
        raise ProblemError("unsupported-media-type", "Compressed bodies are not taken.")
    if not request.body_exists:
        return b""
    declared = headers.get("Content-Length")
    if declared is not None and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    if headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        if declared is not None:
            return await request.content.read()
        return await _read_chunked(request, bytes_max)
    except (ConnectionResetError, HttpProcessingError):
        # The client went away, or sent a chunk that is none: its doing, so no error of ours.
        raise ProblemError("malformed-json", "The body ended too early.") from None


async def _read_chunked(request: BaseRequest, bytes_max: int) -> bytes:
    parts = bytearray()
    while chunk := await request.content.readany():
        parts += chunk
        if len(parts) > bytes_max:
            raise _too_large(bytes_max)
    return bytes(parts)


def _too_large(bytes_max: int) -> ProblemError:
    return ProblemError("body-too-large", f"At most {bytes_max} bytes are taken here.")


def require_json(request: BaseRequest) -> None:
    """Refuse a body that says it is something else than JSON in UTF-8."""
    declared = request.headers.get("Content-Type")
    if declared is None or declared == "application/json":
        return
    media_type, _, parameters = declared.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise ProblemError("unsupported-media-type")


def require_no_members(request: BaseRequest, body: bytes) -> None:
    """Refuse a body on a write that takes none; nothing and an empty object are the same."""
    if body:
        require_json(request)
        check_strict(body)
        decode(_NO_MEMBERS, body)


def check_strict(body: bytes) -> None:
    """Refuse what decoders pass over in silence: duplicate keys, lone surrogates, a BOM, depth."""
    refusal = check_json(body, DEPTH_MAX)
    if refusal is not None:
        reason, offset = refusal
        raise ProblemError("malformed-json", f"The body {reason} (at byte {offset}).")


def decode(decoder: "msgspec.json.Decoder[T]", body: bytes | msgspec.Raw, base: str = "") -> T:
    """Decode a body that passed `check_strict`; `base` is prepended to the pointers of errors."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        pointer, text = _explain(str(error))
        raise invalid([(base + pointer, text)]) from None
    except msgspec.DecodeError:
        raise ProblemError("malformed-json") from None


def invalid(errors: Sequence[tuple[str, str]]) -> ProblemError:
    """An invalid-request problem naming the members that are wrong."""
    pointer, text = errors[0]
    return ProblemError("invalid-request", f"{pointer or 'The body'}: {text}", errors=errors)


_AT = re.compile(r" - at `(?:key in )?\$(.*)`$", re.DOTALL)
_MEMBER = re.compile(r"^Object (?:contains unknown|missing required) field `(.*?)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _explain(message: str) -> tuple[str, str]:
    """msgspec's message as (JSON pointer, text): `… - at `$.buyer.id`` → `/buyer/id`."""
    pointer = ""
    if where := _AT.search(message):
        steps = [name or index for name, index in _STEP.findall(where.group(1))]
        pointer = "".join("/" + escape_pointer(step) for step in steps)
        message = message[: where.start()]
    if member := _MEMBER.match(message):
        pointer += "/" + escape_pointer(member.group(1))
    return pointer, message


def escape_pointer(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
