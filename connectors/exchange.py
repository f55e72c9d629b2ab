"""One HTTP exchange with a platform, and how it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, complete to the byte: signed bodies are sent exactly as they stand here.

    `executes` is True when the request may cause a top-up or a purchase; only requests with
    executes=False are repeated after an answer was lost.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    executes: bool = False
    deadline_s: float = 20.0
    response_bytes_max: int = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A complete answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class FailureKind(StrEnum):
    """What is known about a request that got no complete answer."""

    NOT_SENT = "not_sent"  # no connection was had: refused, DNS, TLS, pool or connect timeout
    LOST = "lost"  # a connection was had: the request may have been read and executed


class TransportFailure(Exception):  # noqa: N818 — says what happened
    """No complete answer came; `kind` tells whether the request may have been executed."""

    def __init__(self, kind: FailureKind, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class ProtocolError(Exception):
    """An answer came that cannot be read, or whose signature is wrong: it proves nothing."""
