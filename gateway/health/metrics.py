"""GET /metrics: what this gateway's workers counted, as Prometheus reads it.

A scrape reaches one worker of several. So each writes its snapshot to a file beside the
database every few seconds, and the one that is asked shows them all, told apart by `worker`.
No label holds anything a client can choose.
"""

import asyncio
import contextlib
import ipaddress
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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

from gateway.ground.histogram import BOUNDS_S
from gateway.ground.http.address import Address, Network
from gateway.ground.http.answers import text_response
from gateway.ground.http.operation import OPERATION, Answer, Operation, Route
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import of
from gateway.ground.metric_family import Family

log = structlog.get_logger()

SHARE_EVERY_S: Final = 2.0
STALE_AFTER_S: Final = 10.0
LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class Snapshot(msgspec.Struct):
    """All of a worker's metrics at one moment (Unix seconds)."""

    worker: str
    taken_at: float
    families: list[Family]


READ_METRICS: Final = Operation(
    name="readMetrics",
    tag=OPERATION,
    summary="What Prometheus reads",
    description="Answers only loopback and the networks of `QUANGATE_METRICS_ALLOW`.",
    signed=False,
    answers={200: Answer("The text format.", media_type="text/plain")},
    problems=("forbidden",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraped:
    """What all features count, under the name of this worker: its place among this node's, which
    its successor has too. Snapshots lie below `data`."""

    worker: str
    data: Path
    families: Callable[[], Iterable[Family]]

    @property
    def directory(self) -> Path:
        """Where workers leave their snapshots for each other."""
        return self.data / "run" / "metrics"

    def snapshot(self) -> Snapshot:
        """This worker's metrics now."""
        return Snapshot(worker=self.worker, taken_at=time.time(), families=list(self.families()))


class MetricsPage:
    """For loopback and the networks of QUANGATE_METRICS_ALLOW alone."""

    def __init__(self, scraped: Scraped, allowed: Sequence[Network]) -> None:
        self._scraped = scraped
        self._allowed = allowed

    async def read(self, request: BaseRequest) -> Response:
        """GET /metrics."""
        if not may_scrape(of(request).client, self._allowed):
            raise ProblemError("forbidden", "Metrics are not for this address.")
        registry = registry_of([self._scraped.snapshot(), *_others(self._scraped)])
        return text_response(generate_latest(registry), CONTENT_TYPE_LATEST)


def may_scrape(address: Address | None, allowed: Sequence[Network]) -> bool:
    """Whether metrics are for a client at this address; None: it has no IP address."""
    return address is not None and any(address in network for network in (*LOOPBACK, *allowed))


def registry_of(snapshots: Sequence[Snapshot]) -> CollectorRegistry:
    """What Prometheus' client writes out of them: each family once, told apart by `worker`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshots(snapshots))
    return registry


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
        bounds = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
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


async def share_metrics(scraped: Scraped) -> None:
    """Write this worker's snapshot for the others, every few seconds, until cancelled."""
    path = scraped.directory / f"{scraped.worker}.json"
    ours = 0
    try:
        while True:
            with contextlib.suppress(OSError):  # a full disk loses metrics, not orders
                ours = _write(path, msgspec.json.encode(scraped.snapshot()))
            await asyncio.sleep(SHARE_EVERY_S)
    finally:
        with contextlib.suppress(OSError):
            if path.stat().st_ino == ours:  # else our successor's
                path.unlink()


def _write(path: Path, content: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return path.stat().st_ino


def _others(scraped: Scraped) -> Iterator[Snapshot]:
    """The other workers' snapshots, without those of workers that are gone."""
    own = scraped.worker
    with contextlib.suppress(OSError):
        for path in sorted(scraped.directory.glob("*.json")):
            try:
                taken = msgspec.json.decode(path.read_bytes(), type=Snapshot)
            except (OSError, msgspec.MsgspecError):
                continue
            if taken.worker != own and time.time() - taken.taken_at < STALE_AFTER_S:
                yield taken


ROUTES: Final = (Route("GET", "/metrics", MetricsPage.read, READ_METRICS),)
