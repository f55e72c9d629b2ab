"""The dispatcher: sends attempts, asks after them, and settles what it learns.

Every attempt was committed before it comes here (design D7). An attempt is in at most one
place: a lane, a check under way, or only in the database until it is due. What is learnt is
settled in groups; what the settling allows next is in decisions.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from connectors.contract import Answer, AnswerKind
from connectors.judgement import Judgement
from gateway.catalog.rules import Catalog, Route, Sku
from gateway.dispatch import answers
from gateway.dispatch.awaited import Awaited
from gateway.dispatch.checks import Checks
from gateway.dispatch.decisions import Decisions
from gateway.dispatch.job import (
    Attempts,
    Job,
    Platform,
    Purchases,
    Requests,
    job_of,
    job_of_line,
)
from gateway.dispatch.lane import PAUSE_S, Call, Lane, lane_columns
from gateway.dispatch.routes import Routes
from gateway.dispatch.settlement import Next, decide_waiting
from gateway.dispatch.settling import Settling
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.histogram import Times
from gateway.orders.checks import too_many
from gateway.orders.line import Line, PlannedAttempt
from gateway.orders.refusal import Refusal

log = structlog.get_logger()

DUE_POLL_S = 0.25
DUE_MAX = 500  # attempts taken at once
DUE_HOLD_S = 60.0  # nobody else looks at a taken attempt for this long
TEND_EVERY_S = 1.0
MOVES_AT_ONCE = 8  # each needs a connection to look up where an order has been
NO_DATABASE_S = 1.0
STOP_S = 8.0  # calls under way have this long to end when we stop


class Dispatcher:
    """One worker's share of all attempts."""

    def __init__(
        self,
        *,
        attempts: Attempts,
        purchases: Purchases,
        requests: Requests,
        catalog: Callable[[], Catalog],
        next_id: Callable[[], int],
        sells_at_once: Callable[[Route], int | None],
        told: Callable[[int], None] = lambda _: None,
        covers: Callable[[Route], bool] = lambda _: True,
        share: float = 1.0,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._attempts = attempts
        self._requests = requests
        self._catalog = catalog
        self._next_id = next_id
        self._clock = clock
        self._told = told  # takes the id of a webhook whose row may have been made
        self._platforms: Mapping[int, Platform] = {}
        self._settling = Settling(attempts, purchases)
        self._checks = Checks(check=self.check, reload=self._reload)
        self._routes = Routes(
            catalog=catalog,
            send=self._send,
            tried_routes=attempts.tried_routes,
            sells_at_once=sells_at_once,
            covers=covers,
            share=share,
        )
        self._decisions = Decisions(
            settling=self._settling,
            routes=self._routes,
            catalog=catalog,
            next_id=next_id,
            put=self._put,
            ended=self._ended,
            clock=clock,
            chance=chance,
        )
        self._held: set[int] = set()  # attempts in a lane or being sent
        self._awaited = Awaited(self._decisions.carry_out)
        self._background: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None
        self._tended_at = 0.0
        self.exchanges = Times()  # by (upstream id, submit | query, what became of it)

    def set_platforms(self, platforms: Mapping[int, Platform]) -> None:
        """The upstreams as they are now; lanes of others keep their queues and wait."""
        self._platforms = platforms
        self._decisions.set_platforms(platforms)
        self._routes.set_platforms(platforms)

    @property
    def lanes(self) -> Sequence[Lane]:
        """All lanes, for people and metrics."""
        return self._routes.lanes

    def plan(self, sku: Sku, quantity: int, amount_minor: int) -> PlannedAttempt | Refusal:
        """Where an order that costs so much would go; committed with it."""
        if quantity > 1 and (most := self.quantity_max(sku)) is not None and quantity > most:
            return too_many(most)
        route = self._routes.choose(sku, amount_minor // quantity, quantity)
        if route is None:
            return self._routes.refusal(sku)
        return PlannedAttempt(
            attempt_id=self._next_id(),
            upstream_id=route.upstream_id,
            product_id=route.product_id,
            cost_max_minor=amount_minor,
            face_minor=sku.face_value_minor,
        )

    def quantity_max(self, sku: Sku) -> int | None:
        """How many of a SKU one order may have; None: as many as any order."""
        return self._routes.quantity_max(sku)

    # ------------------------------------------------------------ in and out

    def start(self) -> None:
        """Look for what is due: first what dead workers left."""
        self._polling = asyncio.create_task(self._poll())

    def created(self, lines: Sequence[Line]) -> None:
        """Take over attempts just committed with their orders."""
        now = self._clock()
        for line in lines:
            if line.attempt is not None:
                self._put(job_of_line(line, line.attempt, now))

    async def stop(self) -> None:
        """Finish the calls under way; what was not sent is released for others."""
        if self._polling is not None:
            self._polling.cancel()
        unsent = [job.attempt_id for lane in self.lanes for job in lane.take_all()]
        await self._checks.stop()
        await asyncio.gather(*(lane.finish(STOP_S) for lane in self.lanes))
        await self._awaited.stop()
        while self._background:
            await asyncio.wait(self._background)
        await self._settling.idle()
        unsent += [job.attempt_id for lane in self.lanes for job in lane.take_all()]
        if unsent:
            await self._attempts.release(unsent)
        await self._attempts.forget_lanes()

    def _put(self, job: Job) -> None:
        """Hand a job to its lane, unless it is there already."""
        if job.attempt_id not in self._held:
            self._held.add(job.attempt_id)
            self._routes.lane(*job.lane).put(job)

    # ------------------------------------------------------------ sending

    async def _send(self, job: Job, call: Call) -> None:
        again_in_s: float | None = None
        try:
            again_in_s = await self._submit(job, call)
        finally:
            if again_in_s is None:
                self._held.discard(job.attempt_id)
            else:
                call.lane.put(job, again_in_s)

    async def _submit(self, job: Job, call: Call) -> float | None:
        """Send once; in how many seconds to send again, None: this lane is done with it."""
        platform = self._platforms.get(job.upstream_id)
        if platform is None:
            return PAUSE_S
        try:
            if not await self._settling.mark_sent(job):
                return None  # cancelled meanwhile, or sent by somebody else
        except StoreUnavailableError:
            job.mark_doubted = True
            return NO_DATABASE_S
        self._awaited.sent(job)
        first, job.unsent = job.unsent, False
        job.since = self._clock()
        began = time.monotonic()
        outcome = await platform.submit(self._requests.submit(job))
        took_s = time.monotonic() - began
        self.exchanges[job.upstream_id, "submit", outcome.kind].observe(took_s)
        call.answered(outcome, took_s)
        if outcome.kind is AnswerKind.NOT_SENT:
            return await self._after_not_sent(job, outcome, first=first)
        job.not_sent = 0
        decision = self._decisions.of(job, outcome, submitted=True)
        if not self._awaited.put_off(job, decision, outcome, platform.capabilities):
            await self._decisions.carry_out(job, decision, outcome)
        return None

    async def _after_not_sent(self, job: Job, outcome: Judgement, *, first: bool) -> float | None:
        if first:
            try:
                await self._settling.mark_unsent(job)
                job.unsent = True
            except StoreUnavailableError:
                pass  # then it counts as sent, and is asked after before anything else
        elsewhere = await self._routes.elsewhere(job)
        decision = self._decisions.of_not_sent(job, elsewhere=elsewhere is not None)
        job.not_sent += 1
        if decision.next is Next.SEND_AGAIN:
            return decision.check_in_s  # nothing was learnt that is worth a row
        await self._decisions.carry_out(job, decision, outcome)
        return None

    def _ended(self, job: Job, webhook_id: int) -> None:
        self._awaited.ended(job)
        self._told(webhook_id)

    def awaited(self, attempt_id: int) -> Job | None:
        """An attempt that was sent from here and is under way, if it is still in memory."""
        return self._awaited.get(attempt_id)

    def has_accepted(self, attempt_id: int) -> bool:
        """Whether its platform has taken the order, which is not written yet."""
        return self._awaited.has_accepted(attempt_id)

    # ------------------------------------------------------------ asking

    async def check(self, job: Job) -> None:
        """Ask the upstream what became of an attempt."""
        platform = self._platforms.get(job.upstream_id)
        if platform is None:
            return
        began = time.monotonic()
        state = await platform.query(self._requests.query(job))
        took_s = time.monotonic() - began
        self.exchanges[job.upstream_id, "query", state.kind].observe(took_s)
        await self._decisions.carry_out(job, self._decisions.of(job, state), state)

    def hint(self, job: Job) -> None:
        """Something happened to an attempt: ask now."""
        self._checks.ask(job, hinted=True)

    def judge(self, job: Job, answer: Answer) -> Judgement | None:
        """What a callback's answer proves; None: its upstream is not there any more."""
        platform = self._platforms.get(job.upstream_id)
        return None if platform is None else platform.judge(answer, self._requests.query(job))

    async def news(self, job: Job, answer: Judgement) -> str:
        """Settle what a trusted callback proved, like the answer to a query."""
        return await self._decisions.carry_out(job, self._decisions.of(job, answer), answer)

    async def _reload(self, attempt_id: int) -> Job | None:
        for record in await self._attempts.by_ids([attempt_id]):
            return job_of(record, self._clock())
        return None

    # ------------------------------------------------------------ what is due

    async def _poll(self) -> None:
        known = ""
        while True:
            more = False
            try:
                living = await self._attempts.living()
                more = await self._take_due(orphans=living != known)
                if not more:
                    known = living
                await self._tend_lanes()
            except StoreUnavailableError as error:
                log.warning("dispatch.poll_failed", error=str(error))
            except Exception:
                log.exception("dispatch.poll_failed")
            if not more:
                await asyncio.sleep(DUE_POLL_S)

    async def _take_due(self, *, orphans: bool) -> bool:
        """Work on what is due, or on what dead workers left; True: there is more."""
        records = await self._attempts.take_due(DUE_MAX, DUE_HOLD_S, orphans=orphans)
        now = self._clock()
        for record in records:
            if record.id in self._held:
                continue
            job = job_of(record, now)
            if job.unsent:
                self._put(job)
            else:
                self._checks.ask(job)
        return len(records) >= DUE_MAX

    async def _tend_lanes(self) -> None:
        """Send elsewhere, or give up, what waits too long for a lane that takes no calls."""
        if time.monotonic() - self._tended_at < TEND_EVERY_S:
            return
        self._tended_at = time.monotonic()
        stuck = [lane for lane in self.lanes if lane.waiting and not lane.takes_calls]
        if stuck and not self._background:
            moving = [job for lane in stuck for job in lane.take_waiting(self._may_move)]
            task = asyncio.create_task(self._move_all(moving))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
        if self.lanes:
            await self._attempts.write_lanes(lane_columns(self.lanes))

    def _may_move(self, job: Job) -> bool:
        if decide_waiting(self._decisions.facts(job, elsewhere=True)) is None:
            return False  # too early, wherever it might go: thousands may wait here
        elsewhere = self._routes.may_go_elsewhere(job)
        return decide_waiting(self._decisions.facts(job, elsewhere=elsewhere)) is not None

    async def _move_all(self, jobs: Sequence[Job]) -> None:
        for start in range(0, len(jobs), MOVES_AT_ONCE):
            some = map(self._move, jobs[start : start + MOVES_AT_ONCE])
            for error in await asyncio.gather(*some, return_exceptions=True):
                if error is not None:
                    log.warning("dispatch.not_moved", error=repr(error))

    async def _move(self, job: Job) -> None:
        """Elsewhere, or back into its lane. If that breaks nobody holds it: its row is due."""
        self._held.discard(job.attempt_id)
        route = await self._routes.elsewhere(job)
        decision = decide_waiting(self._decisions.facts(job, elsewhere=route is not None))
        if decision is None:
            self._put(job)
        else:
            await self._decisions.carry_out(job, decision, answers.NOTHING_SENT)
