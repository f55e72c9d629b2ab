"""What one worker counts about orders: lines by outcome, commits, the queue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.ground.histogram import Times
from gateway.ground.metric_family import Family, durations, one
from gateway.orders.intake import Intake
from gateway.orders.rules import LineOutcome


@dataclass(frozen=True, slots=True)
class Counted:
    """What the order path counts. `outcomes` is indexed by LineOutcome; for `commit_times` see
    commit_store.py."""

    outcomes: list[int] = field(default_factory=lambda: [0] * (max(LineOutcome) + 1))
    commit_times: Times = field(default_factory=Times)


def families(intake: Intake, counted: Counted, queue_lines_max: int) -> Iterator[Family]:
    """All of this worker's, now."""
    outcomes = by_outcome(counted.outcomes)
    yield Family(
        "counter",
        "quangate_order_lines",
        "Order lines answered, by what became of them.",
        ["verdict"],
        [([outcome], count) for outcome, count in outcomes.items()],
    )
    yield one("counter", "quangate_commits", "Group commits that succeeded.", intake.commits)
    yield one(
        "counter",
        "quangate_committed_lines",
        "Order lines in those commits: divide for the batch size.",
        intake.lines_committed,
    )
    yield durations(
        "quangate_commit_duration_seconds",
        "Time of a group commit, from our sending it to its answer, by its number of lines and by"
        " what became of it: committed, refused (undone for sure) or in-doubt.",
        ["lines", "outcome"],
        counted.commit_times,
    )
    yield one(
        "gauge", "quangate_queue_lines", "Order lines that wait for a commit.", intake.waiting
    )
    yield durations(
        "quangate_queue_wait_seconds",
        "Time an order line waits in the queue before a commit takes it: of one line at a time, the"
        " first that comes after the one before it was taken.",
        [],
        {(): intake.queue_waits},
    )
    yield one(
        "gauge",
        "quangate_queue_lines_max",
        "Order lines that may wait; more are shed.",
        queue_lines_max,
    )


def by_outcome(counts: Sequence[int]) -> dict[str, int]:
    """Order lines by what became of them."""
    return {outcome.name.lower().replace("_", "-"): counts[outcome] for outcome in LineOutcome}
