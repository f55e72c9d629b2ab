"""Upstreams' callbacks: verified, kept, settled or looked into, and only then acknowledged.

A callback whose signature covers the state is settled like any other news; every other one
is a hint that asks for a query. What is learnt never depends on how often it is said.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from gateway.flows.dispatch.dispatcher import Dispatcher
from gateway.flows.dispatch.job import Attempts, job_of
from gateway.flows.group_commit import GroupCommit

log = structlog.get_logger()

ATTEMPT_ID_MAX = 2**63 - 1
# Hints that say only what the attempt's state says already.
_KNOWN_ALREADY = {
    ("succeeded", "success"),
    ("accepted", "processing"),
    ("failed", "failed"),
    ("rejected", "failed"),
    ("reversed", "reversed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A callback whose signature, if it has one, was found right; `event` is the connector's."""

    upstream_id: int
    event: Any
    body: bytes

    @property
    def attempt_id(self) -> int | None:
        """Our number, if it can be one of ours."""
        text = self.event.attempt_no or ""
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            return None
        number = int(text)
        return number if number <= ATTEMPT_ID_MAX else None


class Callbacks:
    """Takes callbacks in, in groups."""

    def __init__(self, *, attempts: Attempts, dispatcher: Dispatcher) -> None:
        self._attempts = attempts
        self._dispatcher = dispatcher
        self._intake: GroupCommit[Received, None] = GroupCommit(
            self._take, lanes=2, batch_max=256, waiting_max=200_000
        )

    async def take(self, received: Received) -> None:
        """Keep the callback and apply it; on return it may be acknowledged."""
        await self._intake.submit(received)

    async def _take(self, batch: Sequence[Received]) -> list[Exception | None]:
        ids = [received.attempt_id for received in batch]
        records = {
            record.id: record
            for record in await self._attempts.by_ids([i for i in ids if i is not None])
        }
        known = [
            record
            if i is not None
            and (record := records.get(i)) is not None
            and record.upstream_id == received.upstream_id
            else None
            for i, received in zip(ids, batch, strict=True)
        ]
        await self._attempts.keep_callbacks(
            [
                [received.upstream_id for received in batch],
                [None if record is None else record.id for record in known],
                [_verdict(received, record) for received, record in zip(batch, known, strict=True)],
                [str(received.event.hint) for received in batch],
                [received.body for received in batch],
            ]
        )
        for received, record in zip(batch, known, strict=True):
            hint = str(received.event.hint)
            if record is None:
                log.warning("callbacks.unknown_attempt", upstream_id=received.upstream_id)
            elif (record.state, hint) in _KNOWN_ALREADY:
                continue
            elif received.event.trusted and hint in {"failed", "cancelled", "reversed", "success"}:
                await self._dispatcher.news(
                    job_of(record, time.time()), hint, _Answer.of(received.event)
                )
            else:
                self._dispatcher.hint(job_of(record, time.time()))
        return [None] * len(batch)


def _verdict(received: Received, record: Any) -> str:
    if record is None:
        return "unknown-attempt"
    return "trusted" if received.event.trusted else "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A callback in the shape of a query's answer."""

    upstream_no: str | None
    message: str
    cost_minor: int | None = None
    reason: Any = None
    code: str = ""
    delivered_quantity: int | None = None
    delivered_face_minor: int | None = None

    @classmethod
    def of(cls, event: Any) -> "_Answer":
        return cls(upstream_no=event.upstream_no, message=event.message)
