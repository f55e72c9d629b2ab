"""Upstreams' callbacks: verified, kept, settled or looked into, and only then acknowledged.

A callback whose signature covers the state is settled like any other news; every other one
is a hint that asks for a query. What is learnt never depends on how often it is said.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from connectors.contract import AnswerKind, CallbackEvent
from connectors.judgement import Judgement
from gateway.domain.attempt import AttemptState
from gateway.flows.dispatch.dispatcher import Dispatcher
from gateway.flows.dispatch.job import Attempts, Job, job_of
from gateway.flows.group_commit import GroupCommit

log = structlog.get_logger()

ATTEMPT_ID_MAX = 2**63 - 1
# Anybody can send what nothing proves: so many of it per second is kept or looked into.
UNPROVED_PER_S = 500.0
WAITING_MAX = 200_000
KEPT_APART_S = 0.02
# Answers that say only what the attempt's state says already.
_KNOWN_ALREADY: Final = frozenset(
    {
        (AttemptState.SUCCEEDED, AnswerKind.SUCCESS),
        (AttemptState.ACCEPTED, AnswerKind.PROCESSING),
        (AttemptState.FAILED, AnswerKind.FAILED),
        (AttemptState.REJECTED, AnswerKind.FAILED),
        (AttemptState.REVERSED, AnswerKind.REVERSED),
    }
)
# What a signature that covers it settles; how much of a partial one was delivered, a query tells.
_SETTLED_BY_WORD: Final = frozenset(
    {AnswerKind.SUCCESS, AnswerKind.FAILED, AnswerKind.CANCELLED, AnswerKind.REVERSED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A callback whose signature, if it has one, was found right; `event` is the connector's."""

    upstream_id: int
    event: CallbackEvent
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

    @property
    def settles(self) -> bool:
        """Whether its word may be enough: it is judged like every other answer."""
        return self.event.trusted and self.event.answer.kind in _SETTLED_BY_WORD


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
    """Takes callbacks in. An attempt is committed before it is sent, so even the earliest
    callback finds it."""

    def __init__(self, *, attempts: Attempts, dispatcher: Dispatcher) -> None:
        self._attempts = attempts
        self._dispatcher = dispatcher
        self._unproved: dict[int, Allowance] = {}  # per upstream
        self._reading: GroupCommit[int, Job | None] = GroupCommit(
            self._read, lanes=2, batch_max=256, waiting_max=WAITING_MAX
        )
        self._keeping: GroupCommit[_Kept, None] = GroupCommit(
            self._keep, lanes=2, batch_max=256, waiting_max=WAITING_MAX, apart_s=KEPT_APART_S
        )

    async def take(self, received: Received) -> None:
        """Keep the callback and apply it; on return it may be acknowledged.

        Both at the same time: what is not acknowledged comes again.
        """
        job = await self._find(received)
        if job is None and not self._allowed(received):
            return
        keeping = self._keeping.put(_Kept(received=received, job=job))
        try:
            await self._apply(received, job)
        except BaseException:
            keeping.add_done_callback(_ignore)
            raise
        await keeping

    async def _find(self, received: Received) -> Job | None:
        """The attempt it speaks of, if it is one of this upstream's.

        A word that settles needs no reading when the attempt is in memory: the settling looks
        at its row anyway.
        """
        attempt_id = received.attempt_id
        if attempt_id is None:
            return None
        job = self._dispatcher.awaited(attempt_id) if received.settles else None
        if job is None:
            job = await self._reading.submit(attempt_id)
        return job if job is not None and job.upstream_id == received.upstream_id else None

    async def _read(self, attempt_ids: Sequence[int]) -> list[Job | None]:
        now = time.time()
        records = await self._attempts.by_ids(list(set(attempt_ids)))
        jobs = {record.id: job_of(record, now) for record in records}
        return [jobs.get(attempt_id) for attempt_id in attempt_ids]

    async def _keep(self, kept: Sequence["_Kept"]) -> list[None]:
        await self._attempts.keep_callbacks(
            [
                [each.received.upstream_id for each in kept],
                [None if each.job is None else each.job.attempt_id for each in kept],
                [each.verdict for each in kept],
                [each.received.event.answer.kind.value for each in kept],
                [each.evidence for each in kept],
            ]
        )
        return [None] * len(kept)

    async def _apply(self, received: Received, job: Job | None) -> None:
        if job is None:
            log.warning("callbacks.unknown_attempt", upstream_id=received.upstream_id)
            return
        answer = self._dispatcher.judge(job, received.event.answer)
        if answer is None or _is_known(job, answer):
            return
        if received.event.trusted and _settles(answer, job):
            await self._dispatcher.news(job, answer)
        elif received.named or received.event.trusted or self._allowed(received):
            self._dispatcher.hint(job)

    def _allowed(self, received: Received) -> bool:
        allowance = self._unproved.setdefault(received.upstream_id, Allowance(UNPROVED_PER_S))
        return allowance.take(time.monotonic())


def _is_known(job: Job, answer: Judgement) -> bool:
    return answer.held is None and (job.state, answer.kind) in _KNOWN_ALREADY


def _settles(answer: Judgement, job: Job) -> bool:
    """What a signature proves is settled, and what it contradicts is held. Codes are never taken
    from a callback: of a success that has some only a query brings them.
    """
    if answer.kind is AnswerKind.SUCCESS and job.buys_codes:
        return False
    return answer.held is not None or answer.kind in _SETTLED_BY_WORD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A callback and the attempt it speaks of, None if there is none."""

    received: Received
    job: Job | None

    @property
    def verdict(self) -> str:
        """What is thought of it."""
        if self.job is None:
            return "unknown-attempt"
        return "trusted" if self.received.event.trusted else "hint"

    @property
    def evidence(self) -> bytes:
        """What is kept of it: all, but only the digest of one that may hold codes."""
        job, received = self.job, self.received
        if job is not None and not job.buys_codes and not received.event.holds_codes:
            return received.body
        return b"sha256:" + hashlib.sha256(received.body).hexdigest().encode()


def _ignore(keeping: "asyncio.Future[None]") -> None:
    """The callback failed already and comes again."""
    if not keeping.cancelled():
        keeping.exception()
