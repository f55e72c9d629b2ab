"""What is kept of callbacks: enough to prove what was applied, however much strangers send.

What a signature proves is kept whole; of everything else a digest and the beginning. The same
words about the same attempt are one row that counts. Anybody can send what nothing proves: so
much of it is kept for an attempt, and so much of an upstream's in an hour; the rest leaves no
trace but a number.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from gateway.dispatch.job import Attempts, Job
from gateway.dispatch.received import Allowance, Received
from gateway.ground.errors import QuangateError
from gateway.ground.sql.batcher import GroupCommit

log = structlog.get_logger()

WAITING_MAX: Final = 200_000
KEPT_APART_S: Final = 0.02
KEPT_BYTES_UNPROVED: Final = 1024
ROWS_PER_ATTEMPT: Final = 8  # different unproved words about one attempt
ROWS_PER_HOUR: Final = 2_000  # unproved ones of an upstream, all workers together
COUNT_EVERY_S: Final = 1.0
REMEMBERED_MAX: Final = 4_096

Key = tuple[int, int, bytes]  # upstream, attempt (0: none of ours), first half of the digest


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A callback and the attempt it speaks of, None if there is none."""

    received: Received
    job: Job | None
    digest: bytes

    @property
    def key(self) -> Key:
        """Equal for what is kept in one row."""
        attempt_id = 0 if self.job is None else self.job.attempt_id
        return self.received.upstream_id, attempt_id, self.digest[:16]

    @property
    def verdict(self) -> str:
        """What is thought of it."""
        if self.job is None:
            return "unknown-attempt"
        return "trusted" if self.received.event.trusted else "hint"

    @property
    def evidence(self) -> bytes:
        """What is kept of it: all that is proved, but only the digest of what may hold codes."""
        job, received = self.job, self.received
        if job is None or job.buys_codes or received.event.holds_codes:
            return b"sha256:" + self.digest.hex().encode()
        return received.body if received.event.trusted else received.body[:KEPT_BYTES_UNPROVED]


@dataclass(slots=True)
class _Seen:
    """A row that was written a moment ago, and how often its words came since."""

    keeping: "asyncio.Future[None]"
    more: int = 0


@dataclass(slots=True)
class Evidence:
    """Keeps callbacks of one worker, which may have `share` of what all may keep."""

    attempts: Attempts
    share: float = 1.0
    unkept: int = 0
    _seen: "OrderedDict[Key, _Seen]" = field(default_factory=OrderedDict)
    _per_attempt: "OrderedDict[tuple[int, int], int]" = field(default_factory=OrderedDict)
    _per_hour: dict[int, Allowance] = field(default_factory=dict)
    _counting: "asyncio.Task[None] | None" = None
    _keeping: "GroupCommit[Kept, None]" = field(init=False)

    def __post_init__(self) -> None:
        """Rows are written in groups."""
        self._keeping = GroupCommit(
            self._write, calls_max=2, batch_max=256, waiting_max=WAITING_MAX, apart_s=KEPT_APART_S
        )

    def keep(
        self, received: Received, job: Job | None, now: float
    ) -> "asyncio.Future[None] | None":
        """Done when the row is durable; None: nothing is kept. `now` from a monotonic clock."""
        kept = Kept(received=received, job=job, digest=hashlib.sha256(received.body).digest())
        seen = self._seen.get(kept.key)
        if seen is not None:
            seen.more += 1
            if self._counting is None:
                self._counting = asyncio.create_task(self._count())
            return asyncio.shield(seen.keeping)
        if not (received.event.trusted or received.named) and not self._has_room(kept.key, now):
            self.unkept += 1
            return None
        keeping = self._keeping.put(kept)
        self._seen[kept.key] = _Seen(keeping)
        keeping.add_done_callback(lambda done: self._forget_failed(kept.key, done))
        while len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return asyncio.shield(keeping)

    def _has_room(self, key: Key, now: float) -> bool:
        upstream_id, attempt_id, _ = key
        rows = self._per_attempt.get((upstream_id, attempt_id), 0)
        if attempt_id and rows >= ROWS_PER_ATTEMPT:
            return False
        hourly = ROWS_PER_HOUR * self.share
        bucket = self._per_hour.setdefault(
            upstream_id, Allowance(per_s=hourly / 3600, burst=hourly)
        )
        if not bucket.take(now):
            return False
        self._per_attempt[upstream_id, attempt_id] = rows + 1
        while len(self._per_attempt) > REMEMBERED_MAX:
            self._per_attempt.popitem(last=False)
        return True

    def _forget_failed(self, key: Key, done: "asyncio.Future[None]") -> None:
        """What was not written is written when it comes again."""
        if done.cancelled() or done.exception() is not None:
            self._seen.pop(key, None)

    async def _write(self, kept: Sequence[Kept]) -> list[None]:
        rows = sorted(kept, key=lambda each: each.key)  # two writers never wait in a circle
        await self.attempts.keep_callbacks(
            [
                [each.received.upstream_id for each in rows],
                [None if each.job is None else each.job.attempt_id for each in rows],
                [each.verdict for each in rows],
                [each.received.event.answer.kind.value for each in rows],
                [each.evidence for each in rows],
                [each.digest[:16] for each in rows],
                [len(each.received.body) for each in rows],
            ]
        )
        return [None] * len(kept)

    async def _count(self) -> None:
        """Add what came again to its rows, a moment later and all at once."""
        await asyncio.sleep(COUNT_EVERY_S)
        self._counting = None
        again = sorted((key, seen) for key, seen in self._seen.items() if seen.more)
        counts = [seen.more for _, seen in again]
        for _, seen in again:
            seen.more = 0
        try:
            await self.attempts.count_callbacks(
                [[key[n] for key, _ in again] for n in range(3)] + [counts]
            )
        except QuangateError as error:
            log.info("callbacks.not_counted", error=str(error))
