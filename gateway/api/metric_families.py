"""What one worker counts, as metric families; metrics.py shows those of all workers.

No label holds anything a client can choose.
"""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from gateway.api.context import Context
from gateway.api.meters import orders_by_verdict
from gateway.domain.breaker import BreakerState
from gateway.flows.dispatch.lane import Lane
from gateway.native import __version__

STARTED_AT = time.time()


class Family(msgspec.Struct, array_like=True):
    """One metric: its samples are (label values, value); the value of a histogram is its buckets
    and the sum of seconds."""

    kind: str  # counter, gauge, histogram
    name: str
    help: str
    labels: Sequence[str]
    samples: Sequence[tuple[Sequence[str], float | tuple[Sequence[int], float]]]


def families(context: Context) -> list[Family]:
    """All of this worker's, now."""
    return [
        *_http(context),
        *_orders(context),
        *_upstreams(context),
        *_worklist(context),
        *audited(context),
        *stock(context),
        *_webhooks(context),
        *_process(context),
    ]


def _http(context: Context) -> Iterator[Family]:
    routes = sorted(context.meters.routes.items())
    yield Family(
        "counter",
        "quangate_http_requests",
        "HTTP requests answered, by route and class of status.",
        ["method", "route", "status_class"],
        [
            ([method, path, f"{index}xx"], count)
            for (method, path), meter in routes
            for index, count in enumerate(meter.by_class)
            if count
        ],
    )
    yield Family(
        "histogram",
        "quangate_http_request_duration_seconds",
        "Time from a request's head to its answer.",
        ["method", "route"],
        [
            ([method, path], (meter.buckets, meter.seconds))
            for (method, path), meter in routes
            if any(meter.buckets)
        ],
    )
    yield Family(
        "counter",
        "quangate_problems",
        "Problems answered, by code; lines of batches are not among them.",
        ["code"],
        [([code], count) for code, count in sorted(context.meters.problems.items())],
    )


def _orders(context: Context) -> Iterator[Family]:
    intake = context.intake
    verdicts = orders_by_verdict(context.meters)
    yield Family(
        "counter",
        "quangate_order_lines",
        "Order lines settled, by what became of them.",
        ["verdict"],
        [([verdict], count) for verdict, count in verdicts.items()],
    )
    yield _one("counter", "quangate_commits", "Group commits that succeeded.", intake.commits)
    yield _one(
        "counter",
        "quangate_committed_lines",
        "Order lines in those commits: divide for the batch size.",
        intake.lines_committed,
    )
    yield _one(
        "gauge", "quangate_queue_lines", "Order lines that wait for a commit.", intake.waiting
    )
    yield _one(
        "gauge",
        "quangate_queue_lines_max",
        "Order lines that may wait; more are shed.",
        context.config.queue_lines_max,
    )
    holdings = sorted(context.stock.holdings().items())
    yield Family(
        "gauge",
        "quangate_pool_claimable_codes",
        "Leased codes this worker can sell without asking the database.",
        ["pool_id"],
        [([str(pool_id)], claimable) for pool_id, (claimable, _) in holdings],
    )
    yield Family(
        "gauge",
        "quangate_pool_in_flight_codes",
        "Codes claimed for orders whose commit is not decided.",
        ["pool_id"],
        [([str(pool_id)], in_flight) for pool_id, (_, in_flight) in holdings],
    )
    yield Family(
        "gauge",
        "quangate_pool_expiring_codes",
        "Unsold codes that expire within seven days, in all: the same from every worker.",
        ["pool"],
        [([soon.pool], soon.codes) for soon in context.stock.expiring],
    )
    yield Family(
        "gauge",
        "quangate_leases_differ",
        "Leases at the last renewal: in this worker's name and not held by it, or the reverse.",
        ["only"],
        [
            (["database"], context.stock.unknown_leases),
            (["worker"], context.stock.lost_leases),
        ],
    )


def _process(context: Context) -> Iterator[Family]:
    meters = context.meters
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _one(
        "gauge", "quangate_database_down", "1 while the database cannot be reached.",
        int(context.intake.absence.lasts),
    )  # fmt: skip
    yield _one(
        "gauge",
        "quangate_clock_skew_seconds",
        "How far the database's clock is before ours; more than 2 s either way is an alarm.",
        context.clock.skew_s,
    )
    yield _one("gauge", "quangate_draining", "1 while shutting down.", int(context.draining))
    yield _one(
        "gauge",
        "quangate_event_loop_lag_seconds",
        "How late the event loop last woke a sleeper.",
        meters.loop_lag_s,
    )
    yield _one(
        "gauge",
        "quangate_event_loop_lag_max_seconds",
        "The latest it ever was.",
        meters.loop_lag_s_max,
    )
    yield _one(
        "gauge", "quangate_process_start_time_seconds", "When it started, in Unix seconds.",
        STARTED_AT,
    )  # fmt: skip
    yield _one(
        "counter",
        "quangate_process_cpu_seconds",
        "Processor time used.",
        used.ru_utime + used.ru_stime,
    )
    yield _one(
        "gauge", "quangate_process_resident_memory_bytes", "Memory in use.", _resident_bytes()
    )
    yield Family(
        "gauge", "quangate_build_info", "Always 1; the version is a label.", ["version"],
        [([__version__], 1)],
    )  # fmt: skip


def _one(kind: str, name: str, help_: str, value: float) -> Family:
    return Family(kind, name, help_, [], [([], value)])


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _upstreams(context: Context) -> Iterator[Family]:
    names = {upstream.id: upstream.name for upstream in context.catalog.upstreams.values()}
    dispatcher = context.topups.dispatcher
    lanes = [
        ([names.get(lane.upstream_id, str(lane.upstream_id)), lane.product_id], lane)
        for lane in dispatcher.lanes
    ]

    def per_lane(kind: str, name: str, help_: str, value: Callable[[Lane], float]) -> Family:
        samples = [(labels, value(lane)) for labels, lane in lanes]
        return Family(kind, f"quangate_upstream_{name}", help_, ["upstream", "product"], samples)

    yield per_lane("counter", "calls", "Submissions that ended.", lambda lane: lane.calls)
    yield per_lane(
        "counter",
        "failed_calls",
        "Submissions that failed by the upstream's fault.",
        lambda lane: lane.failures,
    )
    yield per_lane(
        "gauge", "waiting_attempts", "Attempts not under way.", lambda lane: lane.waiting
    )
    yield per_lane(
        "gauge", "calls_under_way", "Submissions under way.", lambda lane: lane.under_way
    )
    yield per_lane(
        "gauge",
        "breaker_open",
        "1 while the breaker holds calls back; 0 while it lets probes pass, or somebody paused it.",
        lambda lane: int(lane.breaker.state is BreakerState.OPEN and not lane.paused),
    )
    yield Family(
        "counter",
        "quangate_upstream_outcomes",
        "What became of submissions.",
        ["upstream", "outcome"],
        [
            ([names.get(upstream_id, str(upstream_id)), str(outcome)], count)
            for (upstream_id, outcome), count in sorted(dispatcher.outcomes.items())
        ],
    )
    yield Family(
        "gauge",
        "quangate_upstream_balance_minor",
        "What is left at an upstream, as it last told; absent where it does not tell.",
        ["upstream"],
        [
            ([names.get(upstream_id, str(upstream_id))], left_minor)
            for upstream_id, left_minor in sorted(context.topups.balances_minor.items())
        ],
    )


def _worklist(context: Context) -> Iterator[Family]:
    worklist = context.worklist
    yield _one(
        "gauge",
        "quangate_parked_orders",
        "Orders that wait for a person: `quangate order list --parked`. Every worker counts all.",
        worklist.parked_orders,
    )
    yield _one(
        "gauge",
        "quangate_uncertain_attempts",
        "Attempts of which nobody knows yet what became of them. Every worker counts all.",
        worklist.uncertain_attempts,
    )
    yield _one(
        "gauge",
        "quangate_uncertain_oldest_seconds",
        "The age of the oldest of them.",
        worklist.oldest_uncertain_s,
    )


def audited(context: Context) -> Iterator[Family]:
    """Of the last audit, whoever ran it; nothing before the first."""
    worklist = context.worklist
    if worklist.audit_ok is None:
        return
    yield _one(
        "gauge",
        "quangate_audit_ok",
        "1 if the last `quangate audit` found nothing, 0 if the books did not add up.",
        float(worklist.audit_ok),
    )
    yield _one(
        "gauge",
        "quangate_audit_last_run_timestamp_seconds",
        "When it ended, in Unix seconds; absent until somebody audits.",
        worklist.audited_at,
    )


def stock(context: Context) -> Iterator[Family]:
    """Of SKUs on sale. Every worker counts all."""
    levels = sorted(context.worklist.stock.items())
    yield Family(
        "gauge",
        "quangate_sku_codes_for_sale",
        "Codes left of a SKU on sale: exact below its low-stock mark, at least so many above.",
        ["sku"],
        [([sku], left) for sku, (left, _) in levels],
    )
    yield Family(
        "gauge",
        "quangate_sku_low_stock_codes",
        "Below so many codes a SKU is low.",
        ["sku"],
        [([sku], low) for sku, (_, low) in levels],
    )


def _webhooks(context: Context) -> Iterator[Family]:
    notifier = context.notifier
    yield Family(
        "counter",
        "quangate_webhook_attempts",
        "Webhook messages sent to partners, by what came of it.",
        ["outcome"],
        [(["delivered"], notifier.delivered), (["failed"], notifier.failed)],
    )
    yield _one(
        "counter",
        "quangate_webhook_dead_letters",
        "Webhook messages given up; `quangate webhook list --state dead` shows them.",
        notifier.dead,
    )
    yield _one(
        "gauge",
        "quangate_webhook_endpoints_disabled",
        "Partners whose endpoint is disabled. Every worker counts all.",
        len(context.worklist.disabled_endpoints or ()),
    )
    yield _one(
        "gauge",
        "quangate_webhooks_in_memory",
        "Webhook messages waiting or under way in this worker; more may wait in the database.",
        notifier.in_memory,
    )
