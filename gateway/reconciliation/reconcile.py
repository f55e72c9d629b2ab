"""Compares a day at one upstream with our books, and settles what the upstream knows better.

Ours is read before theirs, so that what ends meanwhile is at worst news that is known already.
Nothing is decided here: the comparison is in rules.py, the settling SQL's.
"""

import csv
import io
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol

from connectors.contract import Answer, Ordered
from connectors.echo import Expected
from connectors.judgement import judge
from gateway.dispatch.attempt import News
from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.job import Settlement, as_news
from gateway.dispatch.purchase import DELIVERING
from gateway.dispatch.settlement import Decision, Facts, Policy, decide_partial
from gateway.reconciliation.rules import Difference, OurAttempt, TheirRow, compare

# An attempt this old that a whole list does not have was never executed; upstreams.md §3.3 asks
# for two minutes, a bill can afford an hour.
SETTLED_AFTER_S: Final = 3600.0
AT_ONCE: Final = 256


class Books(Protocol):
    """Our side; see store.ReconciliationStore."""

    async def attempts_of_day(self, upstream_id: int, day: date) -> list[OurAttempt]: ...
    async def known(self, upstream_id: int, attempt_ids: Sequence[int]) -> set[int]: ...


class Resolution(StrEnum):
    """What became of a difference."""

    APPLIED = "applied"  # their news is settled: states and money agree now
    WAITING = "waiting"  # too young to tell, or asked for its codes; the next run will
    OPEN = "open"  # needs a person
    PARKED = "parked"  # needs a person; `order list --parked` shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference and what became of it."""

    difference: Difference
    resolution: Resolution

    def document(self) -> dict[str, Any]:
        """As JSON members; amounts in minor units."""
        found = self.difference
        return {
            "class": found.kind.value,
            "our_no": found.our_no,
            "upstream_no": found.upstream_no,
            "order_no": None if found.order_no is None else str(found.order_no),
            "ours": found.ours,
            "theirs": found.theirs,
            "our_amount": found.our_amount_minor,
            "their_amount": found.their_amount_minor,
            "resolution": self.resolution.value,
            "detail": found.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A day compared."""

    matched: int
    findings: tuple[Finding, ...]

    @property
    def applied(self) -> int:
        """How many differences were settled."""
        return sum(each.resolution is Resolution.APPLIED for each in self.findings)

    @property
    def needs_person(self) -> bool:
        """Whether anything is left that only a person can decide."""
        wanted = {Resolution.OPEN, Resolution.PARKED}
        return any(each.resolution in wanted for each in self.findings)

    def report(self) -> str:
        """The differences as CSV."""
        text = io.StringIO()
        names = list(_COLUMNS)
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(each.document() for each in self.findings)
        return text.getvalue()


_COLUMNS: Final = (
    "class", "our_no", "upstream_no", "order_no", "ours", "theirs", "our_amount", "their_amount",
    "resolution", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Reconciles one upstream. `settle` takes news and gives verdicts."""

    books: Books
    settle: Callable[[Sequence[AttemptNews]], Awaitable[list[str]]]
    next_id: Callable[[], int]

    async def run(
        self, upstream_id: int, day: date, theirs: AsyncIterable[TheirRow], *, dry_run: bool = False
    ) -> Reconciliation:
        """Compare, and unless it is a dry run settle. Idempotent."""
        ours = await self.books.attempts_of_day(upstream_id, day)
        rows = [row async for row in theirs]
        strangers = await self._of_other_days(upstream_id, ours, rows)
        by_number = {str(attempt.attempt_id): attempt for attempt in ours}
        rows = [
            _judged(row, by_number[row.our_no]) if row.our_no in by_number else row
            for row in rows
            if row.our_no not in strangers
        ]
        comparison = compare(ours, rows, settled_after_s=SETTLED_AFTER_S)
        findings = [
            Finding(difference=each, resolution=_unsettled(each)) for each in comparison.differences
        ]
        if not dry_run:
            findings = await self._settle(findings)
        return Reconciliation(matched=comparison.matched, findings=tuple(findings))

    async def _of_other_days(
        self, upstream_id: int, ours: Sequence[OurAttempt], rows: Sequence[TheirRow]
    ) -> set[str]:
        """Numbers of theirs that are attempts of ours, but of another day."""
        own = {str(attempt.attempt_id) for attempt in ours}
        numbers = {
            int(row.our_no)
            for row in rows
            if row.our_no is not None and row.our_no not in own and _may_be_ours(row.our_no)
        }
        return {str(n) for n in await self.books.known(upstream_id, sorted(numbers))}

    async def _settle(self, findings: Sequence[Finding]) -> list[Finding]:
        lines = [self._line(each.difference) for each in findings]
        news = [(index, line) for index, line in enumerate(lines) if line is not None]
        settled = list(findings)
        for start in range(0, len(news), AT_ONCE):
            chunk = news[start : start + AT_ONCE]
            verdicts = await self.settle([as_news(line) for _, line in chunk])
            for (index, line), verdict in zip(chunk, verdicts, strict=True):
                parked = verdict == "parked"
                settled[index] = Finding(
                    difference=findings[index].difference,
                    # Repeated or late: somebody else has settled it since we looked.
                    resolution=Resolution.PARKED if parked else _settled(line),
                )
        return settled

    def _line(self, found: Difference) -> Settlement | None:
        """The news of a difference as settling takes it; None: there is nothing to settle."""
        attempt, row = found.attempt, found.row
        if found.news is None or attempt is None:
            return None
        if found.news in DELIVERING and attempt.waits_for_codes:
            # A bill has no codes: the running gateway asks the platform for them, now.
            return Settlement(
                attempt_id=attempt.attempt_id,
                news=News.NOTED,
                webhook_id=self.next_id(),
                check_in_s=0.0,
            )
        delivered = attempt.quantity if found.news is News.SUCCEEDED else None
        refund_minor = None
        if found.news is News.PARTIAL and row is not None:
            decision = _decide_partial(attempt, row)
            if decision.news is not News.PARTIAL:
                return None  # partial, but not how much: a person finds out
            delivered, refund_minor = decision.delivered, decision.refund_minor
        return Settlement(
            attempt_id=attempt.attempt_id,
            news=found.news,
            webhook_id=self.next_id(),
            upstream_no=found.upstream_no,
            cost_minor=found.their_amount_minor,
            delivered=delivered,
            refund_minor=refund_minor,
            code="reconciled",
            message=found.detail,
        )


def _decide_partial(attempt: OurAttempt, row: TheirRow) -> Decision:
    facts = Facts(
        age_s=attempt.age_s, amount_minor=attempt.order_amount_minor, quantity=attempt.quantity
    )
    policy = Policy(
        poll_plan_s=(60,), finality_window_s=0, not_found_needed=1, resend_allowed=False
    )
    return decide_partial(facts, policy, 0.5, part=row.part)


def _judged(row: TheirRow, attempt: OurAttempt) -> TheirRow:
    """A row as the judge of all answers sees it: with a sum that came back it says something else.

    That it is about this attempt our number tells; a list does not say what else was ordered, and
    has no codes: `account` is one that none of them has.
    """
    answer = Answer(
        kind=row.kind,
        cost_minor=row.amount_minor,
        refunded_minor=row.refunded_minor,
        delivered_quantity=row.delivered_quantity,
        delivered_face_minor=row.delivered_face_minor,
    )
    ordered = Ordered(
        attempt_no=str(attempt.attempt_id),
        account="",
        quantity=attempt.quantity,
        face_minor=attempt.face_minor,
        agreed_minor=attempt.cost_minor,
    )
    found = judge(answer, ordered, Expected())
    return replace(
        row,
        kind=row.kind if found.held else found.kind,
        amount_minor=row.amount_minor if found.held else found.cost_minor,
        part=found.part,
        held=found.held,
    )


def _settled(line: Settlement) -> Resolution:
    return Resolution.WAITING if line.news is News.NOTED else Resolution.APPLIED


def _unsettled(found: Difference) -> Resolution:
    undecided = found.ours in {"created", "accepted", "uncertain"}
    return Resolution.WAITING if found.theirs is None and undecided else Resolution.OPEN


def _may_be_ours(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) < 19
