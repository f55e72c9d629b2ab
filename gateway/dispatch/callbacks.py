"""Upstreams' callbacks: verified, kept, settled or looked into, and only then acknowledged.

A callback whose signature covers the state is settled like any other news; every other one
is a hint that asks for a query. What is learnt never depends on how often it is said.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from connectors.contract import AnswerKind
from connectors.judgement import Judgement
from gateway.dispatch.attempt import AttemptState
from gateway.dispatch.dispatcher import Dispatcher
from gateway.dispatch.evidence import Evidence
from gateway.dispatch.job import Attempts, Job, job_of
from gateway.dispatch.received import SETTLED_BY_WORD, Allowance, Received
from gateway.ground.sql.batcher import GroupCommit

log = structlog.get_logger()

# Anybody can send what nothing proves: so many of it per second is kept or looked into.
UNPROVED_PER_S = 500.0
WAITING_MAX = 200_000
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


class Callbacks:
    """Takes callbacks in. An attempt is committed before it is sent, so even the earliest
    callback finds it."""

    def __init__(self, *, attempts: Attempts, dispatcher: Dispatcher, share: float = 1.0) -> None:
        """`share`: of what all workers together may keep of what nothing proves."""
        self._attempts = attempts
        self.evidence = Evidence(attempts=attempts, share=share)
        self._dispatcher = dispatcher
        self._unproved: dict[int, Allowance] = {}  # per upstream
        self._reading: GroupCommit[int, Job | None] = GroupCommit(
            self._read, calls_max=2, batch_max=256, waiting_max=WAITING_MAX
        )

    async def take(self, received: Received) -> None:
        """Keep the callback and apply it; on return it may be acknowledged.

        Both at the same time: what is not acknowledged comes again.
        """
        job = await self._find(received)
        if job is None and not self._allowed(received):
            return
        keeping = self.evidence.keep(received, job, time.monotonic())
        try:
            await self._apply(received, job)
        except BaseException:
            if keeping is not None:
                keeping.add_done_callback(_ignore)
            raise
        if keeping is not None:
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

    async def _apply(self, received: Received, job: Job | None) -> None:
        if job is None:
            log.warning("callbacks.unknown_attempt", upstream_id=received.upstream_id)
            return
        answer = self._dispatcher.judge(job, received.event.answer)
        if answer is None or self._is_known(job, answer):
            return
        if received.event.trusted and _settles(answer, job):
            await self._dispatcher.news(job, answer)
        elif received.named or received.event.trusted or self._allowed(received):
            if received.event.trusted and answer.held is None:
                # Some platforms are asked by their own number alone, which a lost answer had.
                job.upstream_no = job.upstream_no or answer.upstream_no
            self._dispatcher.hint(job)

    def _is_known(self, job: Job, answer: Judgement) -> bool:
        accepted = self._dispatcher.has_accepted(job.attempt_id)
        state = AttemptState.ACCEPTED if accepted else job.state
        return answer.held is None and (state, answer.kind) in _KNOWN_ALREADY

    def _allowed(self, received: Received) -> bool:
        allowance = self._unproved.setdefault(received.upstream_id, Allowance(UNPROVED_PER_S))
        return allowance.take(time.monotonic())


def _settles(answer: Judgement, job: Job) -> bool:
    """What a signature proves is settled, and what it contradicts is held. Codes are never taken
    from a callback: of a success that has some only a query brings them.
    """
    if answer.kind is AnswerKind.SUCCESS and job.buys_codes:
        return False
    return answer.held is not None or answer.kind in SETTLED_BY_WORD


def _ignore(keeping: "asyncio.Future[None]") -> None:
    """The callback failed already and comes again."""
    if not keeping.cancelled():
        keeping.exception()
