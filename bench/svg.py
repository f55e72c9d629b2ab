"""Plots as SVG, each a picture by itself, light or dark as whoever looks has it. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
LABEL: Final = 250  # of a row, left of its bar
ROW: Final = 24
COLOURS: Final = 5
# `.c0` … are series; a page and a picture have the same style.
STYLE: Final = """
.plot { font: 12px system-ui, sans-serif; --ink: #1f2328; --faint: #d0d7de; --soft: #59636e;
  --c0: #2563eb; --c1: #d97706; --c2: #059669; --c3: #7c3aed; --c4: #be185d; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { .plot { --ink: #e6edf3; --faint: #3d444d; --soft: #9198a1;
  --c0: #60a5fa; --c1: #fbbf24; --c2: #34d399; --c3: #a78bfa; --c4: #f472b6; --bad: #ff7b72; } }
.plot text { fill: var(--ink); } .plot .soft { fill: var(--soft); }
.plot .grid { stroke: var(--faint); } .plot .goal { stroke: var(--soft); stroke-dasharray: 3 3; }
.plot .whisker { stroke: var(--soft); stroke-width: 2; }
.plot .line { fill: none; stroke-width: 1.8; }
""" + "".join(
    f".plot .c{n} {{ fill: var(--c{n}); }}"
    f" .plot .line.c{n} {{ fill: none; stroke: var(--c{n}); }}\n"
    for n in range(COLOURS)
) + ".plot .bad { fill: var(--bad); }\n"  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """A row: a value and its quartiles, in shares of its target; what stands beside it."""

    label: str
    value: float
    low: float
    high: float
    said: str
    met: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line of a chart."""

    name: str
    points: Sequence[tuple[float, float]]


def picture(title: str, body: Iterable[str], height: float, *, alone: bool) -> str:
    """The SVG element; `alone`: it is a file, and brings its style."""
    style = f"<style>{STYLE}</style>" if alone else ""
    return (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}"><title>{escape(title)}</title>'
        f"{style}{''.join(body)}</svg>"
    )


def whiskers(title: str, rows: Sequence[Whisker], *, alone: bool = False) -> str:
    """Values against a target at 1, on a logarithmic scale from a quarter to fourfold."""
    left, right = LABEL + 10.0, WIDTH - 130.0

    def x(share: float) -> float:
        place = (math.log2(min(4.0, max(0.25, share))) + 2) / 4
        return left + place * (right - left)

    height = 30 + ROW * len(rows)
    body = [
        _line("goal" if share == 1 else "grid", x(share), 22, x(share), height - 4)
        + _text(x(share), 14, name, anchor="middle", soft=True)
        for share, name in ((0.25, "¼"), (0.5, "½"), (1, "target"), (2, "2×"), (4, "4×"))
    ]
    for n, row in enumerate(rows):
        y = 36 + n * ROW
        colour = {True: "c2", False: "bad", None: "c0"}[row.met]
        body += [
            _text(LABEL, y + 4, row.label, anchor="end"),
            _line("whisker", x(row.low), y, x(row.high), y),
            f'<circle class="{colour}" cx="{x(row.value):.1f}" cy="{y}" r="5"/>',
            _text(right + 12, y + 4, row.said),
        ]
    return picture(title, body, height, alone=alone)


def stacks(
    title: str,
    rows: Sequence[tuple[str, Sequence[float]]],
    names: Sequence[str],
    *,
    unit: str,
    alone: bool = False,
) -> str:
    """Bars that consist of parts, which are named above."""
    most = max((sum(parts) for _, parts in rows), default=0) or 1.0
    body, height = _legend(names), 30 + ROW * len(rows)
    for n, (label, parts) in enumerate(rows):
        y, at = 28 + n * ROW, LABEL + 10.0
        body.append(_text(LABEL, y + 12, label, anchor="end"))
        for colour, part in enumerate(parts):
            width = part / most * (WIDTH - LABEL - 110)
            body.append(
                f'<rect class="c{colour % COLOURS}" x="{at:.1f}" y="{y}" height="16"'
                f' width="{width:.1f}"><title>{names[colour]}: {shown(part)} {unit}</title></rect>'
            )
            at += width
        body.append(_text(at + 6, y + 12, f"{shown(sum(parts))} {unit}"))
    return picture(title, body, height, alone=alone)


def lines(
    title: str, series: Sequence[Series], *, x_unit: str, y_unit: str, alone: bool = False
) -> str:
    """Values over something; both axes begin at 0."""
    left, right, top, bottom = 70.0, WIDTH - 20.0, 30.0, 210.0
    every = [point for one in series for point in one.points]
    x_most = nice(max((x for x, _ in every), default=1.0))
    y_most = nice(max((y for _, y in every), default=1.0))
    body = _legend([one.name for one in series])
    for n in range(5):
        y = bottom - n / 4 * (bottom - top)
        x = left + n / 4 * (right - left)
        body += [
            _line("grid", left, y, right, y),
            _text(left - 8, y + 4, shown(y_most * n / 4), anchor="end", soft=True),
            _text(x, bottom + 18, shown(x_most * n / 4), anchor="middle", soft=True),
        ]
    body.append(_text(right, bottom + 34, x_unit, anchor="end", soft=True))
    body.append(_text(left, top - 16 + 8, y_unit, anchor="end", soft=True))
    for n, one in enumerate(series):
        points = " ".join(
            f"{left + x / x_most * (right - left):.1f},{bottom - y / y_most * (bottom - top):.1f}"
            for x, y in one.points
        )
        body.append(f'<polyline class="line c{n % COLOURS}" points="{points}"/>')
    return picture(title, body, bottom + 44, alone=alone)


def nice(value: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 … that is not below it."""
    if value <= 0:
        return 1.0
    step = 10 ** math.floor(math.log10(value))
    return next(each * step for each in (1, 2, 2.5, 5, 10) if each * step >= value * 0.999)


def shown(value: float) -> str:
    """As people read it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _legend(names: Sequence[str]) -> list[str]:
    found, at = [], 90.0
    for n, name in enumerate(names):
        found.append(f'<rect class="c{n % COLOURS}" x="{at}" y="4" width="10" height="10"/>')
        found.append(_text(at + 14, 13, name))
        at += 30 + 6.6 * len(name)
    return found


def _text(x: float, y: float, text: str, *, anchor: str = "start", soft: bool = False) -> str:
    kind = ' class="soft"' if soft else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
