"""A request as the gateway's handlers see it: its target, its client, the ids it is traced by."""

import itertools
import re
import secrets
from typing import Any, Final, Protocol, cast

from aiohttp.helpers import reify
from aiohttp.web import BaseRequest, StreamResponse
from multidict import MultiMapping

from gateway.ground.http.address import Address, Network
from gateway.ground.http.forwarded import client_of, says_https
from gateway.ground.traffic.admission import Admission, Work

REQUEST_ID: Final = "Request-Id"
SIGNED_ROOT: Final = "/v1"
UNPROVED_BYTES_MAX: Final = 64 << 20
# W3C Trace Context: version, trace id, parent id, flags; a later version may go on behind.
_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
).fullmatch
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*").match

_run: Final = secrets.token_hex(8)  # told apart from every other process'
_numbers: Final = itertools.count(secrets.randbits(32))


class BodyBudget:
    """Bytes that bodies of which nobody knows yet who sent them may take in all."""

    def __init__(self, bytes_max: int = UNPROVED_BYTES_MAX) -> None:
        self._free = bytes_max

    def take(self, count: int) -> bool:
        """Take some bytes; False: there are not so many."""
        if count > self._free:
            return False
        self._free -= count
        return True

    def give_back(self, count: int) -> None:
        """Give taken bytes back."""
        self._free += count


class Connection(Protocol):
    """What a request asks of its connection. `peer` is who is connected to us, or whom the PROXY
    protocol names; None: its address could not be told."""

    peer: Address | None
    trusted: tuple[Network, ...]
    budget: BodyBudget

    @property
    def ends_now(self) -> bool:
        """Whether the answer that is about to be written is the last one: it says so."""

    def cut(self) -> None:
        """End at once."""


class Asked:
    """What a handler asks of a request, however it was read. Nothing is made before it is asked
    for: most orders need little of it.
    """

    method: str
    raw_path: str  # path and query as they were sent, without the authority of an absolute target
    headers: MultiMapping[str]  # finds names in any case
    body_exists: bool

    held_bytes = 0  # of its body, on account of the connection's budget (see body)
    work: Work | None = None  # while it is under way (see door)
    judged: Any = None  # its head, once it was judged before its handler began (partners)
    limit: Admission
    _id: str | None = None

    @property
    def connection(self) -> Connection:
        """Where it came from."""
        raise NotImplementedError

    @property
    def is_whole(self) -> bool:
        """Whether nothing more of its body will come."""
        raise NotImplementedError

    def body_at_hand(self, bytes_max: int) -> bytes | None:
        """The body if it came with its head and nothing about it is odd; else `read_body`."""
        raise NotImplementedError

    @property
    def client(self) -> Address | None:
        """Who asks; None: that cannot be told, and no list of addresses has it."""
        peer, trusted = self.connection.peer, self.connection.trusted
        if not trusted:
            return peer
        return client_of(
            peer,
            trusted,
            self.headers.getall("X-Forwarded-For", ()),
            self.headers.getall("Forwarded", ()),
        )

    @property
    def is_https(self) -> bool:
        """Whether the client speaks TLS with a proxy that we trust."""
        said = self.headers.getall("X-Forwarded-Proto", ())
        return says_https(self.connection.peer, self.connection.trusted, said)

    @property
    def id(self) -> str:
        """Of this request alone: 32 hexadecimal digits."""
        if self._id is None:
            self._id = f"{_run}{next(_numbers):016x}"
        return self._id

    @property
    def trace_id(self) -> str:
        """Of the trace that the client says this belongs to; else the request's own id."""
        said = self.headers.get("traceparent")
        found = None if said is None else _TRACEPARENT(said)
        return found.group(1) if found else self.id

    def give_up(self) -> None:
        """Its work was broken off: there is too much of it, or nobody waits for it."""
        if self.work is not None:
            self.work.is_given_up = True

    def end(self, now: float) -> None:
        """It is under way no more, as far as that was so: what is left is the client's time."""
        work, self.work = self.work, None
        if work is not None:
            self.limit.end(work, now)


class Request(Asked, BaseRequest):  # type: ignore[misc]  # both know `headers`
    """A request that aiohttp reads, and answers."""

    @reify
    def raw_path(self) -> str:
        path = self._message.path
        return path if path[:1] == "/" else origin_form(path)

    @property
    def connection(self) -> Connection:
        return cast(Connection, self._protocol)

    @property
    def is_whole(self) -> bool:
        return self.content.is_eof()

    def body_at_hand(self, bytes_max: int) -> bytes | None:
        content = self.content
        if not content.is_eof() or content.exception() is not None:
            return None
        if "Content-Encoding" in self.headers or content.total_bytes > bytes_max:
            return None
        return content.read_nowait(-1)

    async def _prepare_hook(self, response: StreamResponse) -> None:
        """Add what every answer has; aiohttp calls this before it writes a head."""
        response.headers[REQUEST_ID] = self.id
        if self.raw_path.startswith(SIGNED_ROOT):
            response.headers["Cache-Control"] = "no-store"
        if self.connection.ends_now:
            response.force_close()
            response.headers["Connection"] = "close"


def of(request: BaseRequest | Asked) -> Asked:
    """A handler's request as what it is: every connection of ours makes these."""
    return request  # type: ignore[return-value]  # cast would be a call more


def origin_form(target: str) -> str:
    """Path and query of a target in absolute form (RFC 9112 §3.2.2); others stay as they are."""
    origin = _ORIGIN(target)
    if origin is None:
        return target
    rest = target[origin.end() :]
    return rest if rest.startswith("/") else "/" + rest
