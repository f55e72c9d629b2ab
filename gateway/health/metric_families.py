"""What one worker counts, as metric families; metrics.py shows those of all workers.

No label holds anything a client can choose.
"""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.ground.metric_family import Family, durations, one
from gateway.ground.native import __version__
from gateway.health.meters import orders_by_verdict
from gateway.health.metrics_beside import beside
from gateway.health.watched import Watched

STARTED_AT = time.time()


def families(context: Watched) -> list[Family]:
    """All of this worker's, now."""
    return [
        *_http(context),
        *_orders(context),
        *_held(context),
        *beside(context),
        *_process(context),
    ]


def _http(context: Watched) -> Iterator[Family]:
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


def _orders(context: Watched) -> Iterator[Family]:
    intake = context.intake
    verdicts = orders_by_verdict(context.meters)
    yield Family(
        "counter",
        "quangate_order_lines",
        "Order lines settled, by what became of them.",
        ["verdict"],
        [([verdict], count) for verdict, count in verdicts.items()],
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
        context.meters.commit_times,
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
        context.config.queue_lines_max,
    )


def _held(context: Watched) -> Iterator[Family]:
    """Codes, and the leases they are held by."""
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
        "Leases at the last renewal: in this worker's name without its knowledge, for a second"
        " time, or held by it and closed by others.",
        ["only"],
        [
            (["database"], context.stock.unknown_leases),
            (["worker"], context.stock.lost_leases),
        ],
    )
    losses = context.meters.lease_losses
    yield Family(
        "counter",
        "quangate_leases_lost",
        "Leases of this worker that others closed: codes-expired, codes-voided or taken-back.",
        ["pool", "why"],
        [([pool, why], count) for (pool, why), count in sorted(losses.lost.items())],
    )
    yield Family(
        "counter",
        "quangate_leases_taken_back",
        "Leases that this worker took from others: dead, not-renewed in time, or codes-expired.",
        ["pool", "why"],
        [([pool, why], count) for (pool, why), count in sorted(losses.taken_back.items())],
    )


def _process(context: Watched) -> Iterator[Family]:
    meters = context.meters
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield one(
        "gauge", "quangate_database_down", "1 while the database cannot be reached.",
        int(context.intake.absence.lasts),
    )  # fmt: skip
    yield one(
        "gauge",
        "quangate_clock_skew_seconds",
        "How far the database's clock is before ours; more than 2 s either way is an alarm.",
        context.clock.skew_s,
    )
    draining = int(context.draining.is_set())
    yield one("gauge", "quangate_draining", "1 while shutting down.", draining)
    yield one(
        "gauge",
        "quangate_event_loop_lag_seconds",
        "How late the event loop last woke a sleeper.",
        meters.loop_lag_s,
    )
    yield one(
        "gauge",
        "quangate_event_loop_lag_max_seconds",
        "The latest it ever was.",
        meters.loop_lag_s_max,
    )
    yield one(
        "gauge", "quangate_process_start_time_seconds", "When it started, in Unix seconds.",
        STARTED_AT,
    )  # fmt: skip
    yield one(
        "counter",
        "quangate_process_cpu_seconds",
        "Processor time used.",
        used.ru_utime + used.ru_stime,
    )
    yield one(
        "gauge", "quangate_process_resident_memory_bytes", "Memory in use.", _resident_bytes()
    )
    yield Family(
        "gauge", "quangate_build_info", "Always 1; the version is a label.", ["version"],
        [([__version__], 1)],
    )  # fmt: skip


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
