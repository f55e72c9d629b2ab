"""What one worker counts of no feature: HTTP, its process, the database and what waits in it.

No label holds anything a client can choose.
"""

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ground.http.door import Door
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.places import Places
from gateway.ground.metric_family import Family, one
from gateway.ground.native import __version__
from gateway.ground.nodes import Nodes
from gateway.ground.redis.link import Link
from gateway.ground.sql.absence import Absence
from gateway.ground.sql.clock import DatabaseClock
from gateway.ground.sql.pools import Pools
from gateway.ground.traffic.admission import Class
from gateway.health.metrics_beside import beside
from gateway.health.worklist import Worklist

STARTED_AT = time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Looked at when somebody asks, never changed. `absence` is the database's."""

    meters: HttpMeters
    pools: Pools
    clock: DatabaseClock
    nodes: Nodes
    redis: Link | None
    absence: Absence
    worklist: Worklist
    door: Door
    places: Places
    draining: asyncio.Event


def families(watched: Watched) -> Iterator[Family]:
    """All of this worker's, now."""
    yield from _http(watched.meters)
    yield from _door(watched)
    yield from beside(watched.worklist, watched.pools)
    yield from _process(watched)


def _http(meters: HttpMeters) -> Iterator[Family]:
    routes = sorted(meters.routes.items())
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
        [([code], count) for code, count in sorted(meters.problems.items())],
    )


CLASS_NAMES: Final = {kind: kind.name.lower() for kind in Class}


def _door(watched: Watched) -> Iterator[Family]:
    """What is let in, and what is not."""
    admission = watched.door.admission
    yield one(
        "gauge",
        "quangate_admission_limit",
        "Units of work that may be under way at a time (an order: one, and one for each code).",
        admission.limit,
    )
    yield one(
        "gauge", "quangate_admission_inflight", "Units of work under way.", admission.inflight
    )
    yield Family(
        "counter",
        "quangate_shed",
        "Requests refused because too much is under way, by class: callback, retry, order, query,"
        " list, export. A class is refused only while all behind it are.",
        ["class"],
        [([CLASS_NAMES[kind]], count) for kind, count in watched.door.shed.items()],
    )
    yield one(
        "gauge", "quangate_worker_connections", "Connections of clients.", watched.places.taken
    )


def _process(watched: Watched) -> Iterator[Family]:
    meters = watched.meters
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield one(
        "gauge", "quangate_database_down", "1 while the database cannot be reached.",
        int(watched.absence.lasts),
    )  # fmt: skip
    yield one(
        "gauge",
        "quangate_clock_skew_seconds",
        "How far the database's clock is before ours; more than 2 s either way is an alarm.",
        watched.clock.skew_s,
    )
    yield one(
        "gauge",
        "quangate_nodes",
        "Nodes that live on this database: data directories with at least one worker.",
        watched.nodes.count,
    )
    if watched.redis is not None and watched.redis.up is not None:
        yield one(
            "gauge",
            "quangate_redis_up",
            "1 while Redis answers; absent without one.",
            int(watched.redis.up),
        )
    draining = int(watched.draining.is_set())
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
