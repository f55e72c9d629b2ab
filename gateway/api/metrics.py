"""GET /metrics: what this gateway's workers counted, as Prometheus reads it.

A scrape reaches one worker of several. So each writes its snapshot to a file beside the
database every few seconds, and the one that is asked shows them all, told apart by `worker`.
No label holds anything a client can choose.
"""

import asyncio
import contextlib
import ipaddress
import os
import resource
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp.web import BaseRequest, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from gateway.api.answers import text_response
from gateway.api.authentication import Address, peer_address
from gateway.api.context import Context
from gateway.api.meters import LATENCY_BOUNDS_S, orders_by_verdict
from gateway.api.problems import ProblemError
from gateway.config import Network
from gateway.native import __version__

log = structlog.get_logger()

SHARE_EVERY_S: Final = 2.0
STALE_AFTER_S: Final = 10.0
LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class Family(msgspec.Struct, array_like=True):
    """One metric: its samples are (label values, value); the value of a histogram is its buckets
    and the sum of seconds."""

    kind: str  # counter, gauge, histogram
    name: str
    help: str
    labels: list[str]
    samples: list[tuple[list[str], float | tuple[list[int], float]]]


class Snapshot(msgspec.Struct):
    """All of a worker's metrics at one moment (Unix seconds)."""

    worker: str
    taken_at: float
    families: list[Family]


async def read_metrics(context: Context, request: BaseRequest) -> Response:
    """GET /metrics, for loopback and the networks of QUANGATE_METRICS_ALLOW alone."""
    if not may_scrape(peer_address(request), context.config.metrics_allow):
        raise ProblemError("forbidden", "Metrics are not for this address.")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshots([snapshot(context), *_others(context)]))
    return text_response(generate_latest(registry), CONTENT_TYPE_LATEST)


def may_scrape(address: Address | None, allowed: Sequence[Network]) -> bool:
    """Whether metrics are for a client at this address; None: it has no IP address."""
    return address is not None and any(address in network for network in (*LOOPBACK, *allowed))


def snapshot(context: Context) -> Snapshot:
    """This worker's metrics now."""
    return Snapshot(
        worker=str(context.worker_slot),
        taken_at=time.time(),
        families=[*_http(context), *_orders(context), *_process(context)],
    )


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


def _process(context: Context) -> Iterator[Family]:
    meters = context.meters
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _one(
        "gauge", "quangate_database_down", "1 while the database cannot be reached.",
        int(context.intake.down),
    )  # fmt: skip
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


class _Snapshots(Collector):
    """Snapshots of several workers as one set of metric families."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterable[Metric]:
        """Each family once, with the samples of all workers."""
        families: dict[str, Metric] = {}
        for taken in self._snapshots:
            for family in taken.families:
                metric = families.get(family.name)
                if metric is None:
                    metric = families[family.name] = _FAMILIES[family.kind](
                        family.name, family.help, labels=["worker", *family.labels]
                    )
                for labels, value in family.samples:
                    _add(metric, [taken.worker, *labels], value)
        return families.values()


_FAMILIES: Final = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}


def _add(metric: Metric, labels: list[str], value: float | tuple[Sequence[int], float]) -> None:
    if isinstance(metric, HistogramMetricFamily) and isinstance(value, tuple):
        counts, seconds = value
        bounds = [*(str(bound) for bound in LATENCY_BOUNDS_S), "+Inf"]
        reached = 0
        buckets = []
        for bound, count in zip(bounds, counts, strict=True):
            reached += count
            buckets.append((bound, float(reached)))
        metric.add_metric(labels, buckets, seconds)
    elif isinstance(metric, CounterMetricFamily | GaugeMetricFamily) and isinstance(
        value, int | float
    ):
        metric.add_metric(labels, value)


# ---------------------------------------------------------------- several workers


async def share_metrics(context: Context) -> None:
    """Write this worker's snapshot for the others, every few seconds, until cancelled."""
    path = _directory(context) / f"{context.worker_slot}.json"
    try:
        while True:
            with contextlib.suppress(OSError):  # a full disk loses metrics, not orders
                _write(path, msgspec.json.encode(snapshot(context)))
            await asyncio.sleep(SHARE_EVERY_S)
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _others(context: Context) -> Iterator[Snapshot]:
    """The other workers' snapshots, without those of workers that are gone."""
    own = str(context.worker_slot)
    with contextlib.suppress(OSError):
        for path in sorted(_directory(context).glob("*.json")):
            try:
                taken = msgspec.json.decode(path.read_bytes(), type=Snapshot)
            except (OSError, msgspec.MsgspecError):
                continue
            if taken.worker != own and time.time() - taken.taken_at < STALE_AFTER_S:
                yield taken


def _directory(context: Context) -> Path:
    return context.config.data / "run" / "metrics"
