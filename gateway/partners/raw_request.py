"""An HTTP request as bytes in a file: what a partner sent, or says it sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LINE = re.compile(r"([A-Za-z]+) +(\S+)(?: +HTTP/[0-9.]+)?").fullmatch
_END = re.compile(rb"\r?\n\r?\n")


class NotARequest(ValueError):  # noqa: N818  said of the file, not of us
    """The file holds no HTTP request; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """`headers` by lower-case name. `length_note` says what is odd about the body's length."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    length_note: str | None = None


def read_request(data: bytes) -> RawRequest:
    """Read a request line, headers and what is behind the blank line. Raises NotARequest.

    Lines may end in LF alone, for editors make them so. A body longer than its Content-Length is
    cut to it, as a server would.
    """
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    head, rest = (data, b"") if end is None else (data[: end.start()], data[end.end() :])
    first, *lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    line = _LINE(first.strip())
    if line is None:
        raise NotARequest("the first line is not METHOD TARGET HTTP/1.1")
    headers: dict[str, str] = {}
    for text in lines:
        name, colon, value = text.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
        elif text.strip():
            raise NotARequest("a line of the head is not NAME: VALUE")
    body, note = _body(headers, rest)
    return RawRequest(
        method=line.group(1), target=line.group(2), headers=headers, body=body, length_note=note
    )


def _body(headers: Mapping[str, str], rest: bytes) -> tuple[bytes, str | None]:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _without_chunks(rest), None
    declared = headers.get("content-length", "")
    if not (declared.isascii() and declared.isdigit()):
        return rest, None
    length = int(declared)
    if len(rest) < length:
        return rest, f"the file has {len(rest)} bytes of body, Content-Length says {length}"
    note = f"{len(rest) - length} bytes behind Content-Length are left out"
    return rest[:length], note if len(rest) > length else None


def _without_chunks(rest: bytes) -> bytes:
    body = b""
    while True:
        size, _, rest = rest.partition(b"\n")
        try:
            length = int(size.partition(b";")[0].strip(), 16)
        except ValueError:
            raise NotARequest("a chunk of the body has no length") from None
        if length <= 0:
            return body
        body += rest[:length]
        rest = rest[length:].lstrip(b"\r\n") if len(rest) > length else b""
