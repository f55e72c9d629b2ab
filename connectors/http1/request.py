"""A request's bytes, and where they go. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from yarl import URL

USER_AGENT: Final = "quangate/1"

# Said unless the request says otherwise. Compression is not asked for: answers are short.
_USUAL: Final = (
    ("user-agent", "User-Agent", USER_AGENT),
    ("accept", "Accept", "*/*"),
    ("accept-encoding", "Accept-Encoding", "identity"),
)
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
# Whether a request without a body says so. HEAD is missing: its answers end otherwise.
_SAYS_LENGTH: Final = {"GET": False, "DELETE": False, "POST": True, "PUT": True, "PATCH": True}

# Origin and target as they go onto the wire: visible ASCII without a fragment.
_URL: Final = re.compile(r"([A-Za-z]+://[^/?#\s]+)([\x21\x22\x24-\x7e]*)")


class UnsendableError(ValueError):
    """The request cannot be written as it is; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A server: `host` without brackets, `authority` as the Host field wants it."""

    is_tls: bool
    host: str
    port: int
    authority: str


def split_url(url: str) -> tuple[Origin, str]:
    """The server and the request target, unchanged to the byte; raises UnsendableError."""
    match = _URL.fullmatch(url)
    if match is None:
        raise UnsendableError("the URL has characters that must be encoded, or is none")
    target = match[2]
    return _origin(match[1]), target if target.startswith("/") else f"/{target}"


@lru_cache(4096)
def _origin(text: str) -> Origin:
    try:
        url = URL(text)
    except ValueError:
        raise UnsendableError("not a URL") from None
    host, port, authority = url.raw_host, url.port, url.host_port_subcomponent
    if url.scheme not in {"http", "https"} or not host or port is None or authority is None:
        raise UnsendableError("not an http or https URL")
    if url.raw_user is not None or url.raw_password is not None:
        raise UnsendableError("credentials in a URL")
    return Origin(url.scheme == "https", host, port, authority)


def usual_fields(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields every request has, less those that it brings itself."""
    names = {name.lower() for name in headers}
    return [(name, value) for key, name, value in _USUAL if key not in names]


def request_bytes(
    method: str, origin: Origin, target: str, headers: Mapping[str, str], body: bytes
) -> bytes:
    """Head and body; raises UnsendableError for what would change the framing."""
    if method not in _SAYS_LENGTH:
        raise UnsendableError("not a method of this client")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {origin.authority}"]
    if not _OURS.isdisjoint(name.lower() for name in headers):
        raise UnsendableError("a field that is the client's own")
    lines += [f"{name}: {value}" for name, value in usual_fields(headers)]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or _SAYS_LENGTH[method]:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    # Exactly the line ends that stand between the lines: one more came with a value.
    if head.count("\n") >= len(lines) or head.count("\r") >= len(lines) or "\0" in head:
        raise UnsendableError("a line end in a field")
    try:
        return f"{head}\r\n\r\n".encode("latin-1") + body
    except UnicodeEncodeError:
        raise UnsendableError("a character that no field can carry") from None
