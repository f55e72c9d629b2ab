"""The dispatcher: sends attempts, asks after them, and settles what it learns.

Every attempt was committed before it comes here (design D7). An attempt is in at most one
place: a lane's queue, a call under way, or only in the database until it is due. What is
learnt is settled in groups; what the settling allows next (another send, another upstream)
happens only after that commit.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from gateway.domain.attempt import News
from gateway.domain.catalog import Catalog, Route, Sku
from gateway.domain.errors import StoreUnavailableError
from gateway.domain.retry import GIVE_UP_S
from gateway.domain.routing import LaneHealth, choose_route
from gateway.domain.settlement import (
    Decision,
    Facts,
    Next,
    Policy,
    decide_partial,
    decide_query,
    decide_submit,
)
from gateway.flows.dispatch.job import (
    Attempts,
    Job,
    Platform,
    Requests,
    Settlement,
    job_of,
    settle_columns,
)
from gateway.flows.dispatch.lane import Lane
from gateway.flows.group_commit import GroupCommit
from gateway.flows.line import Line, PlannedAttempt, Refusal

log = structlog.get_logger()

WAITING_MAX = 50_000  # attempts in memory; more orders are refused as overloaded
DUE_POLL_S = 0.25
DUE_MAX = 500  # attempts taken at once
DUE_HOLD_S = 60.0  # nobody else looks at a taken attempt for this long
CHECKS_AT_ONCE = 64
PAUSE_S = 15.0  # a lane whose upstream lacks money or refuses our credentials


class Dispatcher:
    """One worker's share of all attempts."""

    def __init__(
        self,
        *,
        attempts: Attempts,
        requests: Requests,
        catalog: Callable[[], Catalog],
        next_id: Callable[[], int],
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._attempts = attempts
        self._requests = requests
        self._catalog = catalog
        self._next_id = next_id
        self._clock = clock
        self._chance = chance
        self._platforms: Mapping[int, Platform] = {}
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._settling: GroupCommit[Settlement, str] = GroupCommit(
            self._settle_batch, lanes=2, batch_max=256, waiting_max=200_000
        )
        self._marking: GroupCommit[int, bool] = GroupCommit(
            self._mark_batch, lanes=2, batch_max=512, waiting_max=200_000
        )
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._checking: dict[int, bool] = {}  # attempt → a hint came meanwhile
        self._background: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ lanes and routes

    def set_platforms(self, platforms: Mapping[int, Platform]) -> None:
        """The upstreams as they are now; lanes of others keep their queues and wait."""
        self._platforms = platforms
        for lane in self._lanes.values():
            lane.paused = self._is_paused(lane.upstream_id)
            lane.pump()

    @property
    def lanes(self) -> Sequence[Lane]:
        """All lanes, for people and metrics."""
        return list(self._lanes.values())

    def plan(self, sku: Sku, quantity: int, partner_id: int) -> PlannedAttempt | Refusal:
        """Where an order would go; committed with it."""
        if sum(lane.waiting for lane in self._lanes.values()) >= WAITING_MAX:
            return Refusal(code="overloaded", detail="Too many top-ups are waiting.")
        route = self._choose(sku, sku.price_for(partner_id), avoid=())
        if route is None:
            return Refusal(code="sold-out", detail=f"No upstream sells SKU {sku.sku} now.")
        return PlannedAttempt(
            attempt_id=self._next_id(),
            upstream_id=route.upstream_id,
            product_id=route.product_id,
            cost_max_minor=sku.price_for(partner_id) * quantity,
            face_minor=sku.face_value_minor,
        )

    def _choose(self, sku: Sku, price_minor: int, avoid: Sequence[tuple[int, str]]) -> Route | None:
        return choose_route(sku.routes, price_minor=price_minor, health=self._health, avoid=avoid)

    def _health(self, route: Route) -> LaneHealth | None:
        if route.upstream_id not in self._platforms or self._is_paused(route.upstream_id):
            return None
        return self._lane(route.upstream_id, route.product_id).health

    def _is_paused(self, upstream_id: int) -> bool:
        upstream = self._catalog().upstreams.get(upstream_id)
        return upstream is None or upstream.paused

    def _lane(self, upstream_id: int, product_id: str) -> Lane:
        lane = self._lanes.get((upstream_id, product_id))
        if lane is None:
            platform = self._platforms.get(upstream_id)
            lane = self._lanes[upstream_id, product_id] = Lane(
                upstream_id=upstream_id,
                product_id=product_id,
                send=self._send,
                gap_s=platform.capabilities.min_gap_per_account_s if platform else 0.0,
                paused=self._is_paused(upstream_id),
            )
        return lane

    # ------------------------------------------------------------ in

    def start(self) -> None:
        """Look for what is due: first what dead workers left."""
        self._polling = asyncio.create_task(self._poll())

    def created(self, lines: Sequence[Line]) -> None:
        """Take over attempts just committed with their orders."""
        now = self._clock()
        for line in lines:
            plan = line.attempt
            if plan is None:
                continue
            job = Job(
                attempt_id=plan.attempt_id,
                partner_id=line.partner_id,
                order_id=line.order_id,
                sku_id=line.sku.id,
                upstream_id=plan.upstream_id,
                product_id=plan.product_id,
                account=line.account or "",
                quantity=line.quantity,
                amount_minor=line.amount_minor,
                cost_max_minor=plan.cost_max_minor,
                face_minor=plan.face_minor,
                created_at=now,
            )
            self._lane(*job.lane).put(job)

    async def stop(self) -> None:
        """Finish the calls under way; what was not sent is released for others."""
        if self._polling is not None:
            self._polling.cancel()
        unsent = [job.attempt_id for lane in self._lanes.values() for job in lane.take_unsent()]
        for lane in self._lanes.values():
            await lane.idle()
        while self._background:
            await asyncio.wait(self._background)
        await self._settling.idle()
        unsent += [job.attempt_id for lane in self._lanes.values() for job in lane.take_unsent()]
        if unsent:
            await self._attempts.release(unsent)

    # ------------------------------------------------------------ sending

    async def _send(self, job: Job) -> None:
        platform = self._platforms.get(job.upstream_id)
        lane = self._lane(*job.lane)
        if platform is None:
            lane.put(job, PAUSE_S)
            return
        try:
            if not await self._marking.submit(job.attempt_id):  # write before you send (D7)
                return  # cancelled meanwhile
        except StoreUnavailableError:
            lane.put(job, 1.0)
            return
        job.unsent = False
        job.sends += 1
        began = time.monotonic()
        try:
            outcome = await platform.submit(self._requests.submit(job))
        except Exception:
            # Due again after a while, as one of unknown outcome: it may have been executed.
            log.exception("dispatch.submit_failed", attempt_id=job.attempt_id)
            lane.note(failed=True, seconds=time.monotonic() - began)
            return
        failed = outcome.kind in {"not_sent", "unknown"}
        lane.note(failed=failed, seconds=time.monotonic() - began)
        if outcome.reason is not None and outcome.reason.pauses_upstream:
            lane.breaker.trip(
                lane.clock(), outcome.retry_after_s or (1.0 if failed else PAUSE_S), outcome.reason
            )
        decision = decide_submit(outcome.kind, self._facts(job), self._policy(job), self._chance())
        if outcome.kind == "partial":
            decision = self._decide_partial(job, outcome)
        await self._carry_out(job, decision, outcome)

    async def check(self, job: Job) -> None:
        """Ask the upstream what became of an attempt."""
        platform = self._platforms.get(job.upstream_id)
        if platform is None:
            return
        async with self._checks:
            try:
                state = await platform.query(self._requests.query(job))
            except Exception:
                log.exception("dispatch.query_failed", attempt_id=job.attempt_id)
                return
        decision = decide_query(state.kind, self._facts(job), self._policy(job), self._chance())
        if state.kind == "partial":
            decision = self._decide_partial(job, state)
        await self._carry_out(job, decision, state)

    def _decide_partial(self, job: Job, answer: Any) -> Decision:
        return decide_partial(
            self._facts(job),
            self._policy(job),
            self._chance(),
            delivered=answer.delivered_quantity,
            face_minor=answer.delivered_face_minor,
        )

    def hint(self, job: Job) -> None:
        """Something happened to an attempt: ask now, once however many hints come."""
        if job.attempt_id in self._checking:
            self._checking[job.attempt_id] = True
            return
        self._checking[job.attempt_id] = False
        self._spawn(self._check_hinted(job))

    async def _check_hinted(self, job: Job) -> None:
        try:
            await self.check(job)
            while self._checking[job.attempt_id]:
                self._checking[job.attempt_id] = False
                for record in await self._attempts.by_ids([job.attempt_id]):
                    await self.check(job_of(record))
        except StoreUnavailableError:
            pass  # the attempt is due by itself
        finally:
            del self._checking[job.attempt_id]

    async def news(self, job: Job, kind: str, answer: Any) -> str:
        """Settle what a trusted callback said; `kind` is a QueryKind."""
        decision = decide_query(kind, self._facts(job), self._policy(job), self._chance())
        return await self._carry_out(job, decision, answer)

    # ------------------------------------------------------------ settling

    async def _carry_out(self, job: Job, decision: Decision, answer: Any) -> str:
        """Settle the decision, then do what comes next."""
        young = self._clock() - job.created_at < GIVE_UP_S
        if decision.next is Next.SEND_AGAIN and not young:
            decision = Decision(news=News.REJECTED, next=Next.FAIL_OVER)
        # An upstream without money is no reason to fail an order: it waits for a while.
        waits = young and answer.reason is not None and answer.reason.pauses_upstream
        follower = await self._follower(job, decision, same_route=waits)
        line = Settlement(
            attempt_id=job.attempt_id,
            news=decision.news,
            webhook_id=self._next_id(),
            upstream_no=answer.upstream_no,
            cost_minor=answer.cost_minor,
            delivered=decision.delivered,
            refund_minor=decision.refund_minor,
            code=str(answer.reason or answer.code or "") or None,
            message=answer.message or None,
            check_in_s=decision.check_in_s,
            queries=decision.queries,
            not_found=decision.not_found,
            next_attempt=follower,
        )
        try:
            if decision.next is Next.SEND_AGAIN and decision.queries is None:
                self._lane(*job.lane).put(job, decision.check_in_s or 0.0)
                return "noted"  # nothing was learnt that is worth a row
            verdict = await self._settling.submit(line)
        except StoreUnavailableError as error:
            log.warning("dispatch.not_settled", attempt_id=job.attempt_id, error=str(error))
            return "unavailable"  # the row is still due: it will be asked about again
        if verdict == "parked":
            log.error("dispatch.contradiction", attempt_id=job.attempt_id, news=decision.news)
        elif verdict == "applied" and follower is not None:
            self._lane(*follower.lane).put(follower)
        elif verdict == "applied" and decision.next is Next.SEND_AGAIN:
            job.queries, job.not_found = decision.queries or 0, 0
            self._lane(*job.lane).put(job)
        return verdict

    async def _follower(
        self, job: Job, decision: Decision, *, same_route: bool = False
    ) -> Job | None:
        """The attempt that takes over after a definite refusal; None: the order fails."""
        if decision.next is not Next.FAIL_OVER or job.succeeded_before:
            return None
        sku = self._catalog().skus_by_id.get(job.sku_id)
        if sku is None:
            return None
        tried = await self._attempts.tried_routes(job.order_id)
        route = self._choose(sku, sku.price_for(job.partner_id), avoid=tried)
        if route is None and same_route:
            route = next((r for r in sku.routes if (r.upstream_id, r.product_id) == job.lane), None)
        if route is None:
            return None
        return Job(
            attempt_id=self._next_id(),
            partner_id=job.partner_id,
            order_id=job.order_id,
            sku_id=job.sku_id,
            upstream_id=route.upstream_id,
            product_id=route.product_id,
            account=job.account,
            quantity=job.quantity,
            amount_minor=job.amount_minor,
            cost_max_minor=job.cost_max_minor,
            face_minor=job.face_minor,
            created_at=job.created_at,
        )

    async def _mark_batch(self, attempt_ids: Sequence[int]) -> list[bool | Exception]:
        marked = await self._attempts.mark_sent(attempt_ids)
        return [attempt_id in marked for attempt_id in attempt_ids]

    async def _settle_batch(self, lines: Sequence[Settlement]) -> list[str | Exception]:
        return list(await self._attempts.settle(settle_columns(lines)))

    # ------------------------------------------------------------ what is due

    async def _poll(self) -> None:
        while True:
            try:
                jobs = [job_of(r) for r in await self._attempts.take_due(DUE_MAX, DUE_HOLD_S)]
            except StoreUnavailableError as error:
                log.warning("dispatch.poll_failed", error=str(error))
                jobs = []
            except Exception:
                log.exception("dispatch.poll_failed")
                jobs = []
            for job in jobs:
                if job.unsent:
                    self._lane(*job.lane).put(job)
                else:
                    self._spawn(self.check(job))
            if len(jobs) < DUE_MAX:
                await asyncio.sleep(DUE_POLL_S)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ------------------------------------------------------------ facts

    def _facts(self, job: Job) -> Facts:
        return Facts(
            age_s=self._clock() - job.created_at,
            queries=job.queries,
            not_found=job.not_found,
            sends=job.sends - 1,
            amount_minor=job.amount_minor,
            quantity=job.quantity,
            face_minor=job.face_minor,
        )

    def _policy(self, job: Job) -> Policy:
        able = self._platforms[job.upstream_id].capabilities
        return Policy(
            poll_plan_s=able.poll_plan_s,
            finality_window_s=able.finality_window_s,
            not_found_needed=able.not_found_needed,
            resend_allowed=able.resend_allowed,
        )
