"""Settling: what was learnt goes to the database in groups, and stays in memory until it is there.

One line that the database refuses fails alone, not with its group. News survives a short
absence of the database; after that the attempt's row is still due, and is asked about again.
"""

import asyncio
from collections.abc import Sequence

import structlog

from gateway.dispatch.job import Attempts, Job, Purchases, Settlement, as_news
from gateway.dispatch.purchase import PurchaseVerdict
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.batcher import GroupCommit

log = structlog.get_logger()

PAUSES_S = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)  # between tries while the database is away
WAITING_MAX = 200_000
SENDS_APART_S = 0.01  # an order waits half of it on its way to the upstream
NEWS_APART_S = 0.02


class Settling:
    """The group commits of one worker's dispatch."""

    def __init__(self, attempts: Attempts, purchases: Purchases) -> None:
        self._attempts = attempts
        self._purchases = purchases
        self._lines: GroupCommit[Settlement, PurchaseVerdict] = GroupCommit(
            self._settle,
            calls_max=2,
            batch_max=256,
            waiting_max=WAITING_MAX,
            apart_s=NEWS_APART_S,
        )
        self._bought: GroupCommit[Settlement, PurchaseVerdict] = GroupCommit(
            self._settle, calls_max=2, batch_max=64, waiting_max=WAITING_MAX
        )
        self._sent: GroupCommit[Job, bool] = GroupCommit(
            self._mark_sent,
            calls_max=2,
            batch_max=512,
            waiting_max=WAITING_MAX,
            apart_s=SENDS_APART_S,
        )
        self._unsent: GroupCommit[Job, None] = GroupCommit(
            self._mark_unsent, calls_max=1, batch_max=512, waiting_max=WAITING_MAX
        )
        self._numbers: GroupCommit[Settlement, None] = GroupCommit(
            self._keep_numbers, calls_max=1, batch_max=256, waiting_max=WAITING_MAX, apart_s=0.1
        )

    async def settle(self, line: Settlement) -> PurchaseVerdict:
        """The verdict. Raises StoreUnavailableError when the database stays away."""
        group = self._lines if line.purchase is None else self._bought
        for pause_s in PAUSES_S:
            try:
                return await group.submit(line)
            except StoreUnavailableError:
                await asyncio.sleep(pause_s)
        return await group.submit(line)

    async def mark_sent(self, job: Job) -> bool:
        """Write before you send (D7); False: it is not ours to send any more."""
        marked = await self._sent.submit(job)
        job.sends += marked
        job.mark_doubted = False
        return marked

    async def mark_unsent(self, job: Job) -> None:
        """The first send of a job did not leave us."""
        await self._unsent.submit(job)

    async def keep_number(self, line: Settlement) -> None:
        """What a platform calls an order, and its price, after the order has ended."""
        try:
            await self._numbers.submit(line)
        except StoreUnavailableError as error:
            log.warning("dispatch.number_not_kept", attempt_id=line.attempt_id, error=str(error))

    async def idle(self) -> None:
        """Wait until all is written."""
        for group in (self._lines, self._bought, self._sent, self._unsent, self._numbers):
            await group.idle()

    async def _settle(self, lines: Sequence[Settlement]) -> list[PurchaseVerdict | Exception]:
        news = [as_news(line) for line in lines]
        purchases = [line.purchase for line in lines if line.purchase is not None]
        try:
            if purchases:  # then every line of the group is one
                return list(await self._purchases.settle(news, purchases))
            verdicts = await self._attempts.settle(news)
            return [PurchaseVerdict(verdict=verdict) for verdict in verdicts]
        except StoreUnavailableError:
            raise
        except Exception as error:
            if len(lines) == 1:
                log.exception("dispatch.unsettleable", attempt_id=lines[0].attempt_id)
                return [error]
            half = len(lines) // 2
            return [*await self._settle(lines[:half]), *await self._settle(lines[half:])]

    async def _mark_sent(self, jobs: Sequence[Job]) -> list[bool | Exception]:
        marked = await self._attempts.mark_sent(
            [job.attempt_id for job in jobs],
            [job.sends for job in jobs],
            [job.mark_doubted for job in jobs],
        )
        return [job.attempt_id in marked for job in jobs]

    async def _mark_unsent(self, jobs: Sequence[Job]) -> list[Exception | None]:
        await self._attempts.mark_unsent(
            [job.attempt_id for job in jobs], [job.sends for job in jobs]
        )
        return [None] * len(jobs)

    async def _keep_numbers(self, lines: Sequence[Settlement]) -> list[Exception | None]:
        rows = sorted(lines, key=lambda line: line.attempt_id)
        await self._attempts.keep_numbers(
            [line.attempt_id for line in rows],
            [line.upstream_no for line in rows],
            [line.cost_minor for line in rows],
        )
        return [None] * len(lines)
