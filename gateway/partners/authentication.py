"""Who asks, and may they: signature, clock, address, scope, rate (api.md "Authentication").

What the head alone says comes first: 401, an empty bucket, no room. It is only looked at: nothing
is counted against a key before its signature is proved, for its id is no secret. Then come 401,
403, and 429 once more. Everything about an unknown key, a wrong signature or a malformed header is
the same 401.
"""

import re
import time
from typing import Final, NamedTuple, Protocol, cast

from aiohttp.web import BaseRequest

from gateway.catalog.rules import CurrentCatalog, Key
from gateway.ground.http.address import is_within
from gateway.ground.http.body import (
    BODY_BYTES_MAX,
    read_body,
    release_body,
    require_json,
)
from gateway.ground.http.door import Door
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked, of
from gateway.ground.http.twin import ForTwinError
from gateway.ground.native import KeyRing, RateLimiter
from gateway.ground.traffic.admission import Class
from gateway.partners.refusals import Refusals
from gateway.partners.sandbox_keys import is_of_sandbox, scope_in_sandbox

CLOCK_SKEW_S_MAX: Final = 300
_OF_THE_MOMENT: Final = frozenset({"rate-limited", "overloaded"})  # nothing to find out about
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z").match
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}\Z").match


class Nonces(Protocol):
    """Nonces that were used up; see store.py."""

    async def use(self, key_id: str, nonce: str) -> bool: ...


class Judged(NamedTuple):
    """A head: whose it says it is (None: nobody's we know), and what its signature is made over."""

    key: Key | None
    key_id: str
    method: str
    target: str
    timestamp: str
    nonce: str
    signature: str


class Gate:
    """Lets requests in, for every route that is signed."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        keyring: KeyRing,
        limiter: RateLimiter,
        nonces: Nonces,
        refusals: Refusals,
        door: Door,
    ) -> None:
        self._catalog = catalog
        self.keyring = keyring
        self.limiter = limiter
        self._nonces = nonces
        self._refusals = refusals
        self.door = door

    async def admit(
        self,
        request: BaseRequest | Asked,
        scope: str | None,
        *,
        kind: Class = Class.QUERY,
        json: bool = False,
    ) -> tuple[Key, bytes]:
        """As `prove`, and the request is under way from now on, as one of `kind`."""
        key, body = await self.prove(request, scope, kind=kind, json=json)
        self.door.enter(of(request), kind, key.partner_id, tells=kind >= Class.QUERY)
        return key, body

    async def prove(
        self,
        request: BaseRequest | Asked,
        scope: str | None,
        *,
        kind: Class,
        told_as: Class | None = None,
        bytes_max: int = BODY_BYTES_MAX,
        json: bool = False,
    ) -> tuple[Key, bytes]:
        """The key that signed the request, which has `scope` (None: any key will do), and the body.

        The head is judged before a body is waited for: of a stranger's nothing is read. `kind`: the
        best that it may turn out to be; `told_as`: what it is counted as if there is no room even
        for that. `json`: the route takes nothing else. Raises ProblemError: unauthenticated,
        stale-timestamp, forbidden, rate-limited, overloaded, those of `read_body`; ForTwinError
        where a key of the sandbox has signed.
        """
        ours: Asked = request  # type: ignore[assignment]  # every connection of ours makes these
        judged: Judged | None = ours.judged
        signed = self._head_of(ours) if judged is None else judged
        body = None if ours.body_exists else b""
        try:
            if judged is None:
                if body is not None:  # it is all there: a forged one is told nothing of our clock
                    self._verify(signed, body)
                refused = self._judge(signed, kind, told_as)
                if refused is not None:
                    raise refused
            if body is None:
                if json:
                    require_json(ours)
                body = ours.body_at_hand(bytes_max)
                if body is None:  # aiohttp reads it
                    body = await read_body(cast(BaseRequest, request), bytes_max)
                self._verify(signed, body)
                if ours.held_bytes:
                    release_body(ours)
            key = cast(Key, signed.key)
            if key.allow_ips or scope not in key.scopes:
                self._require_rights(key, ours, scope, body)
        except ProblemError as error:
            self._note(ours, signed.key, error, body)
            raise
        if json and not ours.body_exists:
            require_json(ours)
        if key.rate_per_s is not None:
            self._take(key, key.rate_per_s)
        return key, body

    def glance(
        self, request: Asked, kind: Class, *, told_as: Class | None = None
    ) -> ProblemError | None:
        """What `prove` would say of the head alone, before there is anything to wait for.

        None: it goes on, and `prove` does not look at the head again if it comes at once.
        """
        if not request.body_exists:  # the signature comes first
            return None
        signed = self._head_of(request)
        refused = self._judge(signed, kind, told_as)
        if refused is None:
            request.judged = signed
        elif signed.key is not None:
            self._note(request, signed.key, refused, None)
        return refused

    def _head_of(self, request: Asked) -> "Judged":
        find = request.headers.get
        key_id = find("X-Quangate-Key", "")
        return Judged(
            self._catalog.now.keys.get(key_id),
            key_id,
            request.method,
            request.raw_path,
            find("X-Quangate-Timestamp", ""),
            find("X-Quangate-Nonce", ""),
            find("X-Quangate-Signature", ""),
        )

    def _judge(  # noqa: PLR0911 - one return per rule reads best
        self, head: "Judged", kind: Class, told_as: Class | None
    ) -> ProblemError | None:
        """What is wrong with the head, or with the moment; told and not raised, see Door.refused.

        Whether the time is stale is said to everybody alike, whatever key is named.
        """
        key, _, _, _, timestamp, nonce, signature = head
        now = time.time()
        if not signature:
            return _unproved("there is no signature")
        if not _TIMESTAMP(timestamp):
            return _unproved("the timestamp is not one in Unix seconds")
        if not _NONCE(nonce):
            return _unproved("the nonce is not 16 to 64 of A-Z a-z 0-9 _ -")
        if abs(now - int(timestamp)) > CLOCK_SKEW_S_MAX:
            return _stale(now)
        if key is None:
            return _unproved("there is no such key")
        if key.expires_at is not None and key.expires_at.timestamp() <= now:
            return _unproved("the key has ended")
        if key.rate_per_s is not None:
            has_some, remaining, retry_after_ms = self.limiter.look(
                key.key_id, key.rate_per_s, time.monotonic_ns()
            )
            if not has_some:
                return _rate_limited(key.rate_per_s, remaining, retry_after_ms)
        return self.door.refused(kind, key.partner_id, told_as)

    def _note(
        self, request: Asked, key: Key | None, error: ProblemError, body: bytes | None
    ) -> None:
        """For the operator, what a known key was refused."""
        if key is not None and error.code not in _OF_THE_MOMENT:
            why = error.why or error.detail or error.code
            self._refusals.note(request, key, error.code, why, body)

    async def admit_write(self, request: BaseRequest, scope: str | None) -> tuple[Key, bytes]:
        """As `admit`, for writes that are not idempotent by themselves: the nonce is used up.

        Raises ProblemError: those of `admit`, replayed-nonce.
        """
        key, body = await self.admit(request, scope, json=request.body_exists)
        await self._use_up(request, key, body)
        return key, body

    async def _use_up(self, request: BaseRequest, key: Key, body: bytes) -> None:
        if not await self._nonces.use(key.key_id, request.headers["X-Quangate-Nonce"]):
            why = "this key used the nonce within ten minutes"
            self._refusals.note(of(request), key, "replayed-nonce", why, body)
            raise ProblemError("replayed-nonce", "The request could not be authenticated.")

    def _require_rights(self, key: Key, request: Asked, scope: str | None, body: bytes) -> None:
        if key.allow_ips and (
            request.client is None or not is_within(request.client, key.allow_ips)
        ):
            raise ProblemError("forbidden", "This key may not be used from this address.")
        sandbox = is_of_sandbox(key.key_id)
        wanted = scope_in_sandbox(scope) if sandbox and scope is not None else scope
        if wanted is not None and wanted not in key.scopes:
            raise ProblemError("forbidden", f"This key lacks the scope {scope}.")
        if sandbox:  # no scope of its is one of ours, so that every way leads here
            if key.rate_per_s is not None:
                self._take(key, key.rate_per_s)
            raise ForTwinError(key, body)

    def enter_sandbox(
        self, request: BaseRequest | Asked, proved: ForTwinError, kind: Class, units: int = 1
    ) -> Key:
        """The key of a request for a twin, which is under way from now on. As `admit`."""
        key: Key = proved.key
        self.door.enter(of(request), kind, key.partner_id, units, tells=False)
        return key

    async def enter_sandbox_write(self, request: BaseRequest, proved: ForTwinError) -> Key:
        """The same of a write that is not idempotent by itself. As `admit_write`."""
        key = self.enter_sandbox(request, proved, Class.QUERY)
        await self._use_up(request, key, proved.body)
        return key

    def plain_key(self, key_id: str, scope: str) -> Key | None:
        """The key if of its requests nothing has to be judged but signature, time, end and rate."""
        key = self._catalog.now.keys.get(key_id)
        if key is None or key.allow_ips or scope not in key.scopes or is_of_sandbox(key_id):
            return None
        return key

    def has_token(self, key: Key) -> bool:
        """Takes one from the key's bucket; False: it is empty."""
        rate_per_s = key.rate_per_s
        if rate_per_s is None:
            return True
        return self.limiter.acquire(key.key_id, rate_per_s, 1, time.monotonic_ns())[0]

    def _verify(self, head: "Judged", body: bytes) -> None:
        _, key_id, method, target, timestamp, nonce, signature = head
        if not self.keyring.verify(key_id, method, target, timestamp, nonce, body, signature):
            raise _unproved("the signature is not one over the string to sign")

    def _take(self, key: Key, rate_per_s: int) -> None:
        granted, remaining, retry_after_ms = self.limiter.acquire(
            key.key_id, rate_per_s, 1, time.monotonic_ns()
        )
        if not granted:
            raise _rate_limited(rate_per_s, remaining, retry_after_ms)


def _rate_limited(rate_per_s: int, remaining: int, retry_after_ms: int) -> ProblemError:
    retry_after_s = max(1, -(-retry_after_ms // 1000))
    return ProblemError(
        "rate-limited",
        f"This key may send {rate_per_s} requests a second.",
        headers={
            "Retry-After": str(retry_after_s),
            "RateLimit": f'"key";r={remaining};t={retry_after_s}',
            "RateLimit-Policy": f'"key";q={rate_per_s};w=1',
        },
    )


def _unproved(why: str) -> ProblemError:
    """The same to everybody; `why` is for the operator."""
    return ProblemError("unauthenticated", "The request could not be authenticated.", why=why)


def _stale(now: float) -> ProblemError:
    return ProblemError(
        "stale-timestamp",
        "The request could not be authenticated.",
        members={"server_time": int(now)},
    )
