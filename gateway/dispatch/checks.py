"""Checks: asking upstreams after attempts, each attempt once at a time, however many hints come.

Each upstream has its own share, so that one that hangs holds up nobody else's.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

import structlog

from gateway.dispatch.job import Job
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

AT_ONCE = 64  # per upstream
WAITING_MAX = 5_000  # per upstream; what is more stays in the database and comes back
HINT_GAP_S = 0.2  # between two checks of one attempt, however fast hints come


class Checks:
    """`check` asks and settles; `reload` reads an attempt anew (None: it is gone)."""

    def __init__(
        self,
        *,
        check: Callable[[Job], Awaitable[None]],
        reload: Callable[[int], Awaitable[Job | None]],
    ) -> None:
        self._check = check
        self._reload = reload
        self._again: dict[int, bool] = {}  # attempt being asked after → a hint came meanwhile
        self._waiting: Counter[int] = Counter()
        self._turns: dict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, attempt_id: int) -> bool:
        return attempt_id in self._again

    def ask(self, job: Job, *, hinted: bool = False) -> None:
        """Ask soon; `hinted`: something happened, so an answer under way may be old already."""
        if job.attempt_id in self._again:
            self._again[job.attempt_id] |= hinted
        elif self._waiting[job.upstream_id] < WAITING_MAX:
            self._again[job.attempt_id] = False
            self._waiting[job.upstream_id] += 1
            task = asyncio.create_task(self._run(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up the checks under way: the attempts stay due, and asking changes nothing."""
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, job: Job) -> None:
        current: Job | None = job
        try:
            while current is not None:
                self._again[job.attempt_id] = False
                async with self._turns[job.upstream_id]:
                    await self._check(current)
                if not self._again[job.attempt_id]:
                    break
                await asyncio.sleep(HINT_GAP_S)
                current = await self._reload(job.attempt_id)
        except StoreUnavailableError as error:
            log.warning("dispatch.check_put_off", attempt_id=job.attempt_id, error=str(error))
        except Exception:
            log.exception("dispatch.check_failed", attempt_id=job.attempt_id)
        finally:
            del self._again[job.attempt_id]
            self._waiting[job.upstream_id] -= 1
