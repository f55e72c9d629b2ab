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
    ("user-agent", f"User-Agent: {USER_AGENT}"),
    ("accept", "Accept: */*"),
    ("accept-encoding", "Accept-Encoding: identity"),
)
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

# Origin and target as they go onto the wire: visible ASCII without a fragment.
_URL: Final = re.compile(r"([A-Za-z]+://[^/?#\s]+)([\x21\x22\x24-\x7e]*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """A server: `host` without brackets, `authority` as the Host field wants it."""

    is_tls: bool
    host: str
    port: int
    authority: str


def split_url(url: str) -> tuple[Origin, str]:
    """The server and the request target, unchanged to the byte; raises ValueError."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("the URL has characters that must be encoded, or is none")
    target = match[2]
    return _origin(match[1]), target if target.startswith("/") else f"/{target}"


@lru_cache(4096)
def _origin(text: str) -> Origin:
    url = URL(text)
    host, port, authority = url.raw_host, url.port, url.host_port_subcomponent
    if url.scheme not in {"http", "https"} or not host or port is None or authority is None:
        raise ValueError("not an http or https URL")
    if url.raw_user is not None or url.raw_password is not None:
        raise ValueError("credentials in a URL")
    return Origin(url.scheme == "https", host, port, authority)


def request_bytes(
    method: str, origin: Origin, target: str, headers: Mapping[str, str], body: bytes
) -> bytes:
    """Head and body; raises ValueError for fields that would change the framing."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {origin.authority}"]
    names = {name.lower() for name in headers}
    if not names.isdisjoint(_OURS):
        raise ValueError("a field that is the client's own")
    lines += [line for name, line in _USUAL if name not in names]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method not in _BODILESS:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    # Exactly the line ends that stand between the lines: one more came with a value.
    if head.count("\n") >= len(lines) or head.count("\r") >= len(lines) or "\0" in head:
        raise ValueError("a line end in a field")
    return f"{head}\r\n\r\n".encode("latin-1") + body
