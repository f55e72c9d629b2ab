"""The report: one page and pictures that need nothing else, whatever was measured or not."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from bench import people
from bench.__main__ import app
from bench.figures import GOALS
from bench.page import page
from bench.plan import QUICK, Plan
from bench.plots import MAIN, plots
from bench.pressure import course
from bench.report import BEGIN, END, write_page, write_readme
from bench.svg import Series, Whisker, lines, nice, stacks, whiskers

EVIL = '<script src="https://evil.example/x.js"></script>&'
PEOPLE = {
    "commit": "abc", "date": "2026-11-30T10:00:00+00:00", "users": 20, "seconds": 8.0,
    "requests": [
        {"name": EVIL, "requests": 3, "failures": 0, "per_s": 1.5, "p50_ms": 9, "p95_ms": 20,
         "p99_ms": 21},
    ],
}  # fmt: skip


class Fetching(HTMLParser):
    """What a browser would run, or fetch from somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of each element."""
        if tag in {"script", "link", "iframe", "object", "embed", "base"}:
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name in {"src", "href"} or name[:2] == "on"]


def side(pace: float) -> dict[str, Any]:
    """What one contestant of a comparison leaves in a record."""
    return {
        "per_s": [pace, pace * 2], "p50_us": 20_000, "p99_us": 90_000,
        "cpu_us_per_line": {"server": 120.0, "database": 80.0},
        "kernel_us_per_line": {"server": 20.0, "database": 10.0}, "wal_bytes_per_line": 726,
    }  # fmt: skip


def record(**more: Any) -> dict[str, Any]:
    """A record with a comparison, a shape, and what was not measured."""
    spread = {"lower_quartile": 0.6, "upper_quartile": 0.9, "count": 3}
    phase = {"p50_ms": 5.0, "p99_ms": 9.0, "due": 4, "accepted": 4}
    sliced = [{"due": 4, "answers": {"201": 3, "503 overloaded": 1}}, {"due": 0, "answers": {}}]
    figures = {
        "ratio_echo": {
            "value": 1.7, "met": True, "spread": spread,
            "detail": {"gateway": side(5000), "echo": side(9000)},
        },
        "dead_upstream_cost": {"value": -2.0, "met": True, "spread": spread},
        "shapes": {
            "value": 0.8, "met": False, "spread": spread,
            "parts": {"tenfold": {"goodput_share": 0.8, "p99_ratio": 3.0, "recovered_s": None}},
            "detail": {
                "tenfold": {"phases": {"during": phase}, "course": course(sliced)},
                "of an older record": {"phases": {"during": phase}},
            },
        },
    }  # fmt: skip
    machine = {
        "cores": 2, "cpu": EVIL, "memory_gb": 23.5, "kernel": "6", "python": "3", "fsync_us": 90,
        "load_average": 0.2,
    }  # fmt: skip
    return {
        "commit": "0123456789abcdef", "date": "2026-11-30T10:00:00+00:00", "dirty": False,
        "machine": machine, "method": {"rounds": 3, "seconds": 1.5, "shape_s": 60.0},
        "figures": figures, "failures": {"recovery": EVIL}, "not_measured": {"redis": "no server"},
        "audit": {"ok": True}, **more,
    }  # fmt: skip


def test_the_page_needs_nothing_else() -> None:
    """No script, nothing from elsewhere, and what others wrote is text; every figure has its row,
    measured or not.

    """
    text = page(record(), PEOPLE)
    fetching = Fetching()
    fetching.feed(text)
    assert fetching.found == []
    assert "&lt;script src=&quot;https://evil.example" in text
    assert not re.search(r"url\(|@import", text)
    assert text.count("<tr><td>") == len(GOALS) + 1 + 1  # shapes, people
    assert "prefers-color-scheme: dark" in text
    assert "no server" in text
    assert "adds up" in text


def test_what_is_wrong_is_said() -> None:
    """A dirty checkout, a quick run, books that do not add up."""
    method = {"rounds": 3, "seconds": 1.5, "shape_s": 8.0, "is_quick": True}
    text = page(record(dirty=True, method=method, audit={"ok": False}))
    for said in ("in no commit", "A quick run", "does not add up"):
        assert said in text
    assert "A quick run" not in page(record())


def test_each_plot_is_a_picture() -> None:
    """Well-formed by itself, with a title; the README's are among them."""
    drawn = {plot.name: plot for plot in plots(record(), alone=True)}
    assert set(MAIN) <= set(drawn)
    assert {"rounds-ratio_echo", "latency", "latency-shapes", "wal"} <= set(drawn)
    for plot in drawn.values():
        root = ET.fromstring(plot.svg)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert root.find("{http://www.w3.org/2000/svg}style") is not None


def test_a_target_is_met_right_of_its_line() -> None:
    """Whether more is better or less; what is none at all of what may be little, is best."""
    svg = next(plots(record())).svg
    places = [float(x) for x in re.findall(r'<circle class="\w+" cx="([\d.]+)"', svg)]
    goal = re.search(r'class="goal" x1="([\d.]+)"', svg)
    assert goal is not None
    assert [x > float(goal[1]) for x in places] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.7, 1), (1, 1), (1.1, 2), (2.2, 2.5), (730, 1000), (1000, 1000)]
)
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    """Not below the largest value."""
    assert nice(value) == top


def test_nothing_to_draw_is_no_error() -> None:
    """Empty rows and lines, and a label of others."""
    for svg in (
        whiskers("none", []), stacks("none", [], ("a",), unit="µs"),
        lines("none", [Series(name=EVIL, points=[])], x_unit="s", y_unit="/s"),
        whiskers(EVIL, [Whisker(label=EVIL, value=0, low=0, high=99, said=EVIL, met=None)]),
    ):  # fmt: skip
        ET.fromstring(svg)


def test_page_and_plots_are_written(tmp_path: Path) -> None:
    """The page beside its results; the README keeps what is around its marks, and shows plots
    that are there. Again it is the same."""
    assert write_page(record(), tmp_path).name == "2026-11-30-0123456789.html"
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        table = write_readme(record(), readme, tmp_path / "plots")
    text = readme.read_text()
    assert text.startswith(f"before\n{BEGIN}\n{table}")
    assert text.endswith(f"{END}\nafter\n")
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert [Path(path).stem for path in shown] == list(MAIN)
    assert all((tmp_path / path).exists() for path in shown)
    older = record(figures={})
    write_readme(older, readme, tmp_path / "plots")
    assert not (tmp_path / "plots" / "cpu.svg").exists()


def test_a_quick_run_is_a_plan() -> None:
    """Every knob it turns is one."""
    assert set(QUICK) <= set(Plan.__dataclass_fields__)


def test_people_are_kept_for_the_report(tmp_path: Path) -> None:
    """What was found, and nothing where nobody came."""
    path = tmp_path / "people.json"
    assert people.kept(path) is None
    people.keep(PEOPLE, path)
    assert people.kept(path) == json.loads(path.read_text()) == PEOPLE


def test_locust_takes_what_is_its_own() -> None:
    """`make locust ARGS="--headless …"`: help names what is ours, and what goes on to locust."""
    said = CliRunner().invoke(app, ["people", "--help"]).output
    assert "--save" in said
    assert "--headless" in said
