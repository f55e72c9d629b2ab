"""How long things took: what is counted where, and what Prometheus reads of several workers."""

import math
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.ground.histogram import BOUNDS_S, Times
from gateway.ground.metric_family import durations
from gateway.ground.traffic.turn_queue import TurnQueue
from gateway.health.metrics import Snapshot, registry_of


def scraped(*workers: Times) -> list[Any]:
    """The samples that a scrape of these workers gives, in its order."""
    snapshots = [
        Snapshot(
            worker=str(slot),
            taken_at=0.0,
            families=[durations("quangate_x_seconds", "How long.", ["outcome"], times)],
        )
        for slot, times in enumerate(workers)
    ]
    registry: CollectorRegistry = registry_of(snapshots)
    (family,) = text_string_to_metric_families(generate_latest(registry).decode())
    assert (family.type, family.documentation) == ("histogram", "How long.")
    return list(family.samples)


def test_bounds_grow() -> None:
    """Sorted, each once: else `le` would lie."""
    assert list(BOUNDS_S) == sorted(set(BOUNDS_S))


def test_a_scrape_shows_each_workers_buckets_sums_and_counts() -> None:
    """Cumulative by `le` up to +Inf, which is the count; the sum is in seconds; workers add up.

    Seen red with counts that were not cumulative.
    """
    first, second = Times(), Times()
    for seconds in (0.0005, 0.003, 0.003, 99.0):
        first["good",].observe(seconds)
    second["good",].observe(0.2)
    second["bad",].observe(7.0)
    samples = scraped(first, second)

    def of(name: str, worker: str, outcome: str) -> list[tuple[float, float]]:
        return [
            (float(sample.labels.get("le", "nan")), sample.value)
            for sample in samples
            if sample.name == f"quangate_x_seconds_{name}"
            and (sample.labels["worker"], sample.labels["outcome"]) == (worker, outcome)
        ]

    buckets = of("bucket", "0", "good")
    assert [le for le, _ in buckets] == [*BOUNDS_S, math.inf]
    assert dict(buckets) == {
        le: 1.0 if le < 0.005 else 3.0 if le < 99 else 4.0 for le in (*BOUNDS_S, math.inf)
    }
    assert of("count", "0", "good")[0][1] == 4
    assert of("sum", "0", "good")[0][1] == pytest.approx(99.0065)
    assert of("bucket", "1", "good")[-1] == (math.inf, 1.0)
    assert of("bucket", "1", "bad")[-1] == (math.inf, 1.0)
    all_good = sum(of("count", worker, "good")[0][1] for worker in "01")
    assert all_good == 5


def test_what_was_never_observed_has_no_samples_but_is_there() -> None:
    """A dashboard finds the family; no series stands at zero for labels nobody has."""
    assert scraped(Times()) == []


class Clock:
    """Time that the test moves; counts who asks."""

    def __init__(self) -> None:
        self.now, self.asked = 0.0, 0

    def __call__(self) -> float:
        """Now."""
        self.asked += 1
        return self.now


def test_the_wait_in_a_queue_is_that_of_the_first_since_the_last_was_taken() -> None:
    """However many come: the clock is read once when one is put, and once when it is taken.

    Seen red with a clock read for every item.
    """
    clock = Clock()
    queue: TurnQueue[str] = TurnQueue(clock=clock)
    for n in range(100):
        queue.put("a", f"first-{n}")
    clock.now = 3.0
    assert len(queue.take(50, 1_000)) == 50
    assert (queue.waits.count, queue.waits.seconds, clock.asked) == (1, 3.0, 2)
    queue.put("a", "second")  # it waits behind the other fifty
    clock.now = 4.0
    queue.take(50, 1_000)
    assert queue.waits.count == 1
    clock.now = 9.0
    assert queue.take(50, 1_000) == ["second"]
    assert (queue.waits.count, queue.waits.seconds, clock.asked) == (2, 9.0, 4)
