"""Attempts that were sent from here and whose end is awaited; and acceptances not written yet.

Many platforms tell the end by a callback a moment after they took an order. That they took it is
then overtaken before anybody has read it, and writing it costs as much as writing the end: so it
waits for a moment, in memory, and is written only if no end came. Nothing depends on it: the row
says "created, sent" until then, and who finds that one (we died, the callback is lost or came to
another worker) asks the platform by our own number. Where only the platform's number would do,
nothing waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from connectors.contract import Capabilities
from connectors.judgement import Judgement
from gateway.dispatch.attempt import AttemptState, News
from gateway.dispatch.job import Job
from gateway.dispatch.settlement import Decision, Next

log = structlog.get_logger()

AWAITED_MAX: Final = 50_000  # attempts kept in memory for their callbacks, half a kilobyte each
END_TOLD_S: Final = 0.2  # an end that comes later finds the acceptance written


@dataclass(slots=True)
class Acceptance:
    """What a platform answered that took an order, and what it means."""

    job: Job
    decision: Decision
    answer: Judgement


class Awaited:
    """`write` settles an acceptance; whatever it raises, the attempt's row is still due."""

    def __init__(self, write: Callable[[Job, Decision, Judgement], Awaitable[str]]) -> None:
        self._write = write
        self._jobs: dict[int, Job] = {}
        self._accepted: dict[int, Acceptance] = {}
        self._due: deque[tuple[float, int]] = deque()  # loop time; first put off, first due
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def sent(self, job: Job) -> None:
        """Keep a job for the callback that may tell its end; of too many forget the oldest."""
        self._jobs[job.attempt_id] = job
        if len(self._jobs) > AWAITED_MAX:
            del self._jobs[next(iter(self._jobs))]

    def get(self, attempt_id: int) -> Job | None:
        """An attempt that is under way, if it is still in memory."""
        return self._jobs.get(attempt_id)

    def has_accepted(self, attempt_id: int) -> bool:
        """Whether its acceptance waits to be written."""
        return attempt_id in self._accepted

    def ended(self, job: Job) -> None:
        """Its end is committed: nothing is left to be written of it."""
        self._jobs.pop(job.attempt_id, None)
        self._accepted.pop(job.attempt_id, None)

    def put_off(self, job: Job, decision: Decision, answer: Judgement, able: Capabilities) -> bool:
        """Take an acceptance over, to write it unless the end comes first; False: write it now.

        What it told holds at once for everything that is told of the attempt here.
        """
        if not _may_wait(job, decision, able) or self._jobs.get(job.attempt_id) is not job:
            return False
        job.upstream_no = answer.upstream_no or job.upstream_no
        job.cost_minor = job.cost_minor if answer.cost_minor is None else answer.cost_minor
        loop = asyncio.get_running_loop()
        self._accepted[job.attempt_id] = Acceptance(job, decision, answer)
        self._due.append((loop.time() + END_TOLD_S, job.attempt_id))
        if self._timer is None:
            self._timer = loop.call_at(self._due[0][0], self._write_due)
        return True

    async def stop(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
        waiting = list(self._accepted.values())
        self._due.clear()
        self._accepted.clear()
        await asyncio.gather(*map(self._write_one, waiting), *self._writing)

    def _write_due(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._due:
            due_at, attempt_id = self._due[0]
            if due_at > loop.time():
                self._timer = loop.call_at(due_at, self._write_due)
                return
            self._due.popleft()
            if (acceptance := self._accepted.pop(attempt_id, None)) is not None:
                task = asyncio.create_task(self._write_one(acceptance))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)

    async def _write_one(self, acceptance: Acceptance) -> None:
        job = acceptance.job
        try:
            await self._write(job, acceptance.decision, acceptance.answer)
        except Exception:
            log.exception("dispatch.acceptance_not_written", attempt_id=job.attempt_id)


def _may_wait(job: Job, decision: Decision, able: Capabilities) -> bool:
    """Whether a trusted word may end the attempt soon, and we can ask for it without this answer.

    An order that was in doubt stops being so by this news, and codes come by a query alone.
    """
    return (
        decision.news is News.ACCEPTED
        and decision.next is Next.NOTHING
        and job.state == AttemptState.CREATED
        and not job.buys_codes
        and able.callbacks_trusted
        and able.asked_by_our_number
    )
