"""Upstreams' callbacks: verified, kept, settled or looked into, and only then acknowledged.

A callback whose signature covers the state is settled like any other news; every other one
is a hint that asks for a query. What is learnt never depends on how often it is said.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from gateway.flows.dispatch.dispatcher import Dispatcher
from gateway.flows.dispatch.job import Attempts, job_of
from gateway.flows.group_commit import GroupCommit

log = structlog.get_logger()

ATTEMPT_ID_MAX = 2**63 - 1
# Anybody can send what nothing proves: so many of it per second is kept or looked into.
UNPROVED_PER_S = 500.0
# Hints that say only what the attempt's state says already.
_KNOWN_ALREADY = {
    ("succeeded", "success"),
    ("accepted", "processing"),
    ("failed", "failed"),
    ("rejected", "failed"),
    ("reversed", "reversed"),
}
# What a signature that covers it settles; how much of a partial one was delivered, a query tells.
_SETTLED_BY_WORD = {"success", "failed", "cancelled", "reversed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A callback whose signature, if it has one, was found right; `event` is the connector's."""

    upstream_id: int
    event: Any
    body: bytes
    named: bool = False  # it came to the address that only the platform knows

    @property
    def attempt_id(self) -> int | None:
        """Our number, if it can be one of ours."""
        text = self.event.attempt_no or ""
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            return None
        number = int(text)
        return number if number <= ATTEMPT_ID_MAX else None


@dataclass(slots=True)
class Allowance:
    """How much of something may still happen now: a token bucket of one second."""

    per_s: float
    _left: float = 0.0
    _at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more may happen; `now` from a monotonic clock."""
        self._left = min(self.per_s, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Callbacks:
    """Takes callbacks in, in groups. An attempt is committed before it is sent, so even the
    earliest callback finds it."""

    def __init__(self, *, attempts: Attempts, dispatcher: Dispatcher) -> None:
        self._attempts = attempts
        self._dispatcher = dispatcher
        self._unproved: dict[int, Allowance] = {}  # per upstream
        self._intake: GroupCommit[Received, None] = GroupCommit(
            self._take, lanes=2, batch_max=256, waiting_max=200_000
        )

    async def take(self, received: Received) -> None:
        """Keep the callback and apply it; on return it may be acknowledged."""
        await self._intake.submit(received)

    async def _take(self, batch: Sequence[Received]) -> list[Exception | None]:
        records = {
            record.id: record
            for record in await self._attempts.by_ids(
                [i for i in (received.attempt_id for received in batch) if i is not None]
            )
        }
        kept = [
            (received, record)
            for received in batch
            if (record := _own(received, records)) is not None or self._allowed(received)
        ]
        if kept:
            await self._attempts.keep_callbacks(
                [
                    [received.upstream_id for received, _ in kept],
                    [None if record is None else record.id for _, record in kept],
                    [_verdict(received, record) for received, record in kept],
                    [str(received.event.hint) for received, _ in kept],
                    [_evidence(received, record) for received, record in kept],
                ]
            )
        said = await asyncio.gather(
            *(self._apply(received, record) for received, record in kept), return_exceptions=True
        )
        failures = {id(received): error for (received, _), error in zip(kept, said, strict=True)}
        return [
            error if isinstance(error := failures.get(id(received)), Exception) else None
            for received in batch
        ]

    async def _apply(self, received: Received, record: Any) -> None:
        hint = str(received.event.hint)
        if record is None:
            log.warning("callbacks.unknown_attempt", upstream_id=received.upstream_id)
        elif (record.state, hint) in _KNOWN_ALREADY:
            return
        elif received.event.trusted and hint in _SETTLED_BY_WORD and not _needs_codes(hint, record):
            await self._dispatcher.news(job_of(record, time.time()), _Answer.of(received.event))
        elif received.named or received.event.trusted or self._allowed(received):
            self._dispatcher.hint(job_of(record, time.time()))

    def _allowed(self, received: Received) -> bool:
        allowance = self._unproved.setdefault(received.upstream_id, Allowance(UNPROVED_PER_S))
        return allowance.take(time.monotonic())


def _own(received: Received, records: Mapping[int, Any]) -> Any:
    """The attempt the callback speaks of, if it is one of this upstream's."""
    record = records.get(received.attempt_id or 0)
    return record if record is not None and record.upstream_id == received.upstream_id else None


def _verdict(received: Received, record: Any) -> str:
    if record is None:
        return "unknown-attempt"
    return "trusted" if received.event.trusted else "hint"


def _needs_codes(hint: str, record: Any) -> bool:
    """Codes are never taken from a callback: of a success only a query brings them."""
    return hint == "success" and not record.account


def _evidence(received: Received, record: Any) -> bytes:
    """What is kept of a callback: all of it, but only the digest of one that may hold codes."""
    if record is not None and record.account and not received.event.holds_codes:
        return received.body
    return b"sha256:" + hashlib.sha256(received.body).hexdigest().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A callback in the shape of a query's answer."""

    kind: str
    upstream_no: str | None
    message: str
    cost_minor: int | None = None
    reason: Any = None
    code: str = ""
    delivered_quantity: int | None = None
    delivered_face_minor: int | None = None
    codes: tuple[()] = ()

    @classmethod
    def of(cls, event: Any) -> "_Answer":
        return cls(kind=str(event.hint), upstream_no=event.upstream_no, message=event.message)
