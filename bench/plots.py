"""What is drawn of a result file: each plot by its name, and what it says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.figures import GOALS
from bench.svg import Series, Whisker, lines, shown, stacks, whiskers

MAIN: Final = ("targets", "shapes-tenfold", "cpu")  # the README shows these, where they are there
NAMED: Final = {
    "ratio_echo": "single order",
    "growth_ratio": "single order, 10 M others",
    "ratio_skip_locked": "single order (SKIP LOCKED)",
    "batch_codes_per_s": "line of a batch",
    "sold_out_ratio_echo": "sold out",
    "quota_ratio": "order with three quotas",
    "hold_confirm_ratio": "hold and confirm",
    "backup_ratio": "single order, backup",
    "two_nodes_ratio": "single order, two nodes",
    "redis_ratio": "single order, Redis",
    "redis_lost_ratio": "single order, Redis lost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot, under which heading it stands, and what it says."""

    name: str
    chapter: str
    title: str
    svg: str


def plots(record: Mapping[str, Any], *, alone: bool = False) -> Iterator[Plot]:
    """All that the record has something for; `alone`: as files."""
    figures = record["figures"]
    yield Plot(
        name="targets", chapter="At a glance",
        title="Every figure in shares of its target, with its quartiles: right of the line is met",
        svg=whiskers("figures and targets", list(_targets(figures)), alone=alone),
    )  # fmt: skip
    yield from _rounds(figures, alone=alone)
    yield from _latencies(figures, alone=alone)
    yield from _shapes(figures, alone=alone)
    yield from _cpu(figures, alone=alone)


def _targets(figures: Mapping[str, Any]) -> Iterator[Whisker]:
    for key, figure in figures.items():
        goal, spread = GOALS[key], figure["spread"]
        if goal.target is None:
            continue
        shares = [
            _share(value, goal.target, at_least=goal.at_least)
            for value in (figure["value"], spread["lower_quartile"], spread["upper_quartile"])
        ]
        yield Whisker(
            label=key, value=shares[0], low=min(shares), high=max(shares), met=figure["met"],
            said=f"{shown(figure['value'])} {goal.unit}",
        )  # fmt: skip


def _share(value: float, target: float, *, at_least: bool) -> float:
    """How far it is reached: 1 is just so. Less than nothing, of what may be little, is enough."""
    if at_least:
        return value / target
    return target / value if value > 0 else 4.0


def _contestants(figure: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What took turns for a figure, by name."""
    return {
        name: one
        for name, one in figure.get("detail", {}).items()
        if isinstance(one, Mapping) and isinstance(one.get("per_s"), Sequence)
    }


def _rounds(figures: Mapping[str, Any], *, alone: bool) -> Iterator[Plot]:
    for key, figure in figures.items():
        sides = _contestants(figure)
        series = [
            Series(name=name, points=list(enumerate(one["per_s"], start=1)))
            for name, one in sides.items()
        ]
        if len(series) > 1:
            title = GOALS[key].title
            svg = lines(title, series, x_unit="round", y_unit="/s", alone=alone)
            yield Plot(name=f"rounds-{key}", chapter="Throughput", title=title, svg=svg)


def _latencies(figures: Mapping[str, Any], *, alone: bool) -> Iterator[Plot]:
    rows = [
        (f"{NAMED.get(key, key)}: {name}", (one["p50_us"] / 1000, _tail(one)))
        for key, figure in figures.items()
        for name, one in _contestants(figure).items()
        if one.get("p99_us")
    ]
    if rows:
        title = "Latency of a closed loop, 256 requests always under way: median, and to the p99"
        names = ("median", "from there to the p99")
        svg = stacks(title, rows, names, unit="ms", alone=alone)
        yield Plot(name="latency", chapter="Latency", title=title, svg=svg)
    phases = [
        (f"{shape}: {phase}", (one["p50_ms"], max(0.0, one["p99_ms"] - one["p50_ms"])))
        for shape, detail in figures.get("shapes", {}).get("detail", {}).items()
        for phase, one in detail["phases"].items()
    ]
    if phases:
        title = "Latency of what was accepted, from the moment it was due (open loop)"
        svg = stacks(title, phases, ("median", "from there to the p99"), unit="ms", alone=alone)
        yield Plot(name="latency-shapes", chapter="Latency", title=title, svg=svg)


def _tail(one: Mapping[str, Any]) -> float:
    return max(0.0, (one["p99_us"] - one["p50_us"]) / 1000)


def _shapes(figures: Mapping[str, Any], *, alone: bool) -> Iterator[Plot]:
    for shape, detail in figures.get("shapes", {}).get("detail", {}).items():
        course = detail.get("course")
        if course is None:  # of an older record
            continue
        series = [
            Series(name=name, points=list(zip(course["at_s"], course[key], strict=True)))
            for name, key in (("offered", "offered_per_s"), ("accepted", "accepted_per_s"))
        ]
        title = f"{shape}: orders of 100 codes offered, and accepted"
        svg = lines(title, series, x_unit="s", y_unit="/s", alone=alone)
        yield Plot(
            name=f"shapes-{shape}", chapter="Goodput against offered load", title=title, svg=svg
        )


def _cpu(figures: Mapping[str, Any], *, alone: bool) -> Iterator[Plot]:
    rows, wal = [], []
    for key, figure in figures.items():
        for name, one in _contestants(figure).items():
            spent = one.get("cpu_us_per_line", {})
            if "database" not in spent:
                continue
            label = f"{NAMED.get(key, key)}: {name}"
            kernel = one.get("kernel_us_per_line", {})
            rows.append((label, (
                spent["server"] - kernel.get("server", 0.0), kernel.get("server", 0.0),
                spent["database"] - kernel.get("database", 0.0), kernel.get("database", 0.0),
            )))  # fmt: skip
            if one.get("wal_bytes_per_line"):
                wal.append((label, (one["wal_bytes_per_line"],)))
    if rows:
        title = "Processor time of one line"
        names = ("gateway (Python, Rust)", "its kernel", "PostgreSQL", "its kernel ")
        svg = stacks(title, rows, names, unit="µs", alone=alone)
        yield Plot(name="cpu", chapter="What an order costs", title=title, svg=svg)
    if wal:
        title = "Write-ahead log of one line"
        svg = stacks(title, wal, ("WAL",), unit="bytes", alone=alone)
        yield Plot(name="wal", chapter="What an order costs", title=title, svg=svg)
