"""What is decided about an attempt, and carrying it out: settled first, then what comes next.

What the settling allows next (another send, another upstream) happens only after that commit.
"""

from collections.abc import Callable, Mapping

import structlog

from connectors.contract import AnswerKind
from connectors.judgement import Judgement
from gateway.catalog.rules import Catalog
from gateway.dispatch import answers
from gateway.dispatch.attempt import News
from gateway.dispatch.job import Job, Platform, Settlement
from gateway.dispatch.purchase import SOLD_AGAIN, sold_again
from gateway.dispatch.routes import Routes
from gateway.dispatch.settlement import Decision, Facts, Next, Policy, decide_submit
from gateway.dispatch.settling import Settling
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

UNTOLD = frozenset({News.ACCEPTED, News.NOTED})  # partners hear nothing of them


class Decisions:
    """`put` takes a job to send; `ended` a job that has ended and the webhook that tells of it."""

    def __init__(
        self,
        *,
        settling: Settling,
        routes: Routes,
        catalog: Callable[[], Catalog],
        next_id: Callable[[], int],
        put: Callable[[Job], None],
        ended: Callable[[Job, int], None],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._settling = settling
        self._routes = routes
        self._catalog = catalog
        self._next_id = next_id
        self._put = put
        self._ended = ended
        self._clock = clock
        self._chance = chance
        self._policies: Mapping[int, Policy] = {}

    def set_platforms(self, platforms: Mapping[int, Platform]) -> None:
        """The upstreams as they are now."""
        self._policies = {
            id_: answers.policy_of(each.capabilities) for id_, each in platforms.items()
        }

    def facts(self, job: Job, *, elsewhere: bool = False) -> Facts:
        """What is known of an attempt; `elsewhere`: another upstream could have it."""
        return answers.facts_of(job, self._clock(), elsewhere=elsewhere)

    def of(self, job: Job, answer: Judgement, *, submitted: bool = False) -> Decision:
        """What an answer to a query, or to the submit itself, leads to."""
        facts, policy = self.facts(job), self._policies[job.upstream_id]
        return answers.decide(job, answer, facts, policy, self._chance(), submitted=submitted)

    def of_not_sent(self, job: Job, *, elsewhere: bool) -> Decision:
        """What it leads to that the attempt certainly did not reach its upstream."""
        facts, policy = self.facts(job, elsewhere=elsewhere), self._policies[job.upstream_id]
        return decide_submit(AnswerKind.NOT_SENT, facts, policy, self._chance())

    async def carry_out(self, job: Job, decision: Decision, answer: Judgement) -> str:
        """Settle the decision, then do what comes next; the verdict."""
        follower = None
        if decision.next is Next.FAIL_OVER and not job.succeeded_before:
            # An upstream without money is no reason to fail an order: it waits for a while.
            waits = answer.reason is not None and answer.reason.pauses_upstream
            follower = await self._routes.follower(
                job, attempt_id=self._next_id(), now=self._clock(), same_route=waits
            )
        line = answers.settlement_of(
            job,
            decision,
            answer,
            webhook_id=self._next_id(),
            sku=self._catalog().skus_by_id.get(job.sku_id),
            next_attempt=follower,
        )
        verdict = await self._settle(job, line)
        if verdict == "applied":  # so that what comes next is held against it
            job.upstream_no = line.upstream_no or job.upstream_no
            job.cost_minor = job.cost_minor if line.cost_minor is None else line.cost_minor
        if verdict == "applied" and decision.news not in UNTOLD:
            self._ended(job, line.webhook_id)
        if verdict == "late" and decision.news is News.ACCEPTED:
            # The end came first, and perhaps to another worker: what only this answer had is kept.
            await self._settling.keep_number(line)
        if verdict == "parked":
            log.error("dispatch.contradiction", attempt_id=job.attempt_id, news=decision.news)
        elif follower is not None and verdict in {"applied", "repeated"}:
            # "repeated" may be our own commit whose answer was lost: the mark before the send
            # tells whether the follower exists.
            self._put(follower)
        elif decision.next is Next.SEND_AGAIN and verdict == "applied":
            job.queries, job.not_found = decision.queries or 0, 0
            self._put(job)
        return verdict

    async def _settle(self, job: Job, line: Settlement) -> str:
        """The verdict; "unavailable" when it is not settled: the row is still due."""
        try:
            settled = await self._settling.settle(line)
            if settled.verdict != "duplicate":
                return settled.verdict
            log.error("dispatch.code_sold_again", attempt_id=job.attempt_id, twin=settled.twin)
            parked = answers.settlement_of(
                job,
                sold_again(self.facts(job), self._policies[job.upstream_id], self._chance()),
                answers.sold_twice(line.upstream_no),
                webhook_id=line.webhook_id,
                sku=None,
                park=SOLD_AGAIN.format(settled.twin),
            )
            return (await self._settling.settle(parked)).verdict
        except StoreUnavailableError as error:
            log.warning("dispatch.not_settled", attempt_id=job.attempt_id, error=str(error))
            return "unavailable"  # it will be asked about again
