"""Reads request bodies within their limits, and decodes strict JSON."""

import re
from collections.abc import Sequence
from typing import Final, TypeVar, cast

import msgspec
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import BaseRequest, RequestPayloadError

from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked, Request
from gateway.ground.native import check_json

BODY_BYTES_MAX: Final = 65_536
BATCH_BODY_BYTES_MAX: Final = 1_048_576
DEPTH_MAX: Final = 32

T = TypeVar("T")


class _NoMembers(msgspec.Struct, forbid_unknown_fields=True):
    """An empty object."""


_NO_MEMBERS: Final = msgspec.json.Decoder(_NoMembers)


async def read_body(request: BaseRequest, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The body as sent. Raises ProblemError: body-too-large, unsupported-media-type, overloaded.

    What has to be waited for is on account of the budget until `release_body`.
    """
    headers = request.headers
    if "Content-Encoding" in headers and headers["Content-Encoding"].lower() != "identity":
        raise ProblemError("unsupported-media-type", "Compressed bodies are not taken.")
    if not request.body_exists:
        return b""
    declared = headers.get("Content-Length")
    if declared is not None and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    content = request.content
    try:
        if content.is_eof():  # all of it came with the head
            body = content.read_nowait(-1)
        else:
            if headers.get("Expect", "").lower() == "100-continue":
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0
            body = await _read_as_it_comes(cast(Request, request), bytes_max)
    except (ConnectionResetError, HttpProcessingError, RequestPayloadError, RuntimeError):
        # The client went away (aiohttp's streams say RuntimeError when it was gone before), or
        # sent a chunk that is none: its doing, so no error of ours.
        raise ProblemError("malformed-json", "The body ended too early.") from None
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    return body


async def _read_as_it_comes(request: Request, bytes_max: int) -> bytes:
    parts: list[bytes] = []  # not one buffer that grows: a crowd of those leaves memory in pieces
    while chunk := await request.content.readany():
        if not request.connection.budget.take(len(chunk)):
            raise ProblemError("overloaded", "Too many bodies are under way.")
        request.held_bytes += len(chunk)
        parts.append(chunk)
        if request.held_bytes > bytes_max:
            raise _too_large(bytes_max)
    return b"".join(parts)


def release_body(request: Asked) -> None:
    """It is known who sent the body, or it was answered: it is nobody's burden any more."""
    if request.held_bytes:
        request.connection.budget.give_back(request.held_bytes)
        request.held_bytes = 0


def _too_large(bytes_max: int) -> ProblemError:
    return ProblemError("body-too-large", f"At most {bytes_max} bytes are taken here.")


_PARAMETER: Final = re.compile(
    r"[ \t]*(?:;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"
    r"(\"(?:[^\"\\]|\\.)*\"|[^;\" \t]*))?)"
).match


def require_json(request: BaseRequest | Asked) -> None:
    """Refuse a body that says it is something else than JSON in UTF-8.

    Parameters say nothing about JSON (RFC 8259 §11), but for a charset that is another one.
    """
    declared = request.headers.get("Content-Type")
    if declared is None or declared == "application/json":
        return
    media_type, _, _ = declared.partition(";")
    if media_type.strip(" \t").lower() != "application/json":
        raise ProblemError("unsupported-media-type")
    position = len(media_type)
    while position < len(declared):
        parameter = _PARAMETER(declared, position)
        if (
            parameter is None
        ):  # malformed, and ignored as others are; one behind it may be a charset
            position = declared.find(";", position)
            if position < 0:
                return
            continue
        name, value = parameter.groups()
        if name is not None and name.lower() == "charset":
            charset = value.strip('"').lower()
            if charset not in {"utf-8", "utf8"}:
                raise ProblemError("unsupported-media-type")
        position = parameter.end()


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
        pointer, text = _explain(str(error), body)
        raise invalid([(base + pointer, text)]) from None
    except msgspec.DecodeError:
        raise ProblemError("malformed-json") from None


def invalid(errors: Sequence[tuple[str, str]]) -> ProblemError:
    """An invalid-request problem naming the members that are wrong."""
    pointer, text = errors[0]
    return ProblemError("invalid-request", f"{pointer or 'The body'}: {text}", errors=errors)


# msgspec puts a member's name between backticks as it is, whatever it holds; the path behind it
# has only names of ours.
_AT = re.compile(r" - at `(?:key in )?\$([a-z_.\[\]0-9]*)`\Z")
_MEMBER = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`\Z", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _explain(message: str, body: bytes | msgspec.Raw) -> tuple[str, str]:
    """msgspec's message as (JSON pointer, text): `… - at `$.buyer.id`` → `/buyer/id`."""
    whole = _MEMBER.match(message)
    if whole is not None and _has_member(body, whole.group(1)):
        return "/" + escape_pointer(whole.group(1)), message  # its name may look like a path
    pointer = ""
    if where := _AT.search(message):
        steps = [name or index for name, index in _STEP.findall(where.group(1))]
        pointer = "".join("/" + escape_pointer(step) for step in steps)
        message = message[: where.start()]
    if member := _MEMBER.match(message):
        pointer += "/" + escape_pointer(member.group(1))
    return pointer, message


def _has_member(body: bytes | msgspec.Raw, name: str) -> bool:
    document = msgspec.json.decode(body)
    return isinstance(document, dict) and name in document


def escape_pointer(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
