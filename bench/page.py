"""The report: one page that needs nothing else, no network, no script. Pure."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any, Final

from bench.figures import GOALS, Goal
from bench.plots import plots
from bench.svg import STYLE, shown

PAGE_STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --faint: #d0d7de;
  --soft: #59636e; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3;
  --faint: #3d444d; --soft: #9198a1; --good: #3fb950; --bad: #ff7b72; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--faint); }
p.soft, caption, figcaption { color: var(--soft); text-align: left; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--faint); text-align: right;
  font-variant-numeric: tabular-nums; } th:first-child, td:first-child { text-align: left; }
.met { color: var(--good); } .missed { color: var(--bad); }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; }
details pre { overflow-x: auto; font-size: 12px; }
"""


def page(record: Mapping[str, Any], people: Mapping[str, Any] | None = None) -> str:
    """The page of a result file; `people`: what `make locust ARGS=--save` found."""
    title = f"Quangate, measured {record['date'][:10]} at {record['commit'][:10]}"
    chapters = "".join(
        f"<h2>{escape(chapter)}</h2>"
        + "".join(
            f"<figure><figcaption>{escape(plot.title)}</figcaption>{plot.svg}</figure>"
            for plot in of_chapter
        )
        for chapter, of_chapter in groupby(plots(record), key=lambda plot: plot.chapter)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{PAGE_STYLE}{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{''.join(_method(record))}{''.join(_table(record))}"
        f"{''.join(_shapes(record))}{chapters}{'' if people is None else ''.join(_people(people))}"
        f"{''.join(_missing(record))}</body></html>\n"
    )


def _method(record: Mapping[str, Any]) -> Iterator[str]:
    machine, method = record["machine"], record["method"]
    yield (
        f'<p class="soft">{machine["cores"]} cores ({escape(str(machine["cpu"]))}) shared by'
        f" loader, gateway and PostgreSQL; {machine['memory_gb']} GiB, Linux"
        f" {escape(str(machine['kernel']))}, Python {escape(str(machine['python']))}; an fsync"
        f" takes {machine['fsync_us']} µs; load at the beginning {machine['load_average']:.1f}."
        f" {method['rounds']} rounds of {method['seconds']} s in turns, the median of the ratios of"
        " neighbours; bench/README.md says how to read each figure.</p>"
    )
    if record.get("dirty"):
        yield '<p class="missed">The checkout had changes that are in no commit.</p>'
    if method.get("is_quick"):
        yield f'<p class="missed">A quick run: shapes of {method["shape_s"]:g} s, fewer rounds.</p>'


def _table(record: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Figures</h2><table><thead><tr><th>what<th>measured<th>quartiles<th>target"
    yield "</tr></thead><tbody>"
    for key, goal in GOALS.items():
        yield _row(goal, record["figures"].get(key))
    yield "</tbody></table>"


def _row(goal: Goal, figure: Mapping[str, Any] | None) -> str:
    target = "" if goal.target is None else f"{'≥' if goal.at_least else '≤'} {shown(goal.target)}"
    if figure is None:
        return f"<tr><td>{escape(goal.title)}<td>not measured<td><td>{target}</tr>"
    kind = {True: "met", False: "missed", None: ""}[figure["met"]]
    spread = figure["spread"]
    quartiles = f"{shown(spread['lower_quartile'])} … {shown(spread['upper_quartile'])}"
    return (
        f'<tr><td>{escape(goal.title)}<td class="{kind}">{shown(figure["value"])}'
        f" {escape(goal.unit)}<td>{quartiles if spread['count'] > 1 else ''}<td>{target}</tr>"
    )


def _shapes(record: Mapping[str, Any]) -> Iterator[str]:
    parts = record["figures"].get("shapes", {}).get("parts")
    if not parts:
        return
    yield "<h2>Shapes of load</h2><table><thead><tr><th>shape<th>goodput, of the lesser of peak"
    yield " and offered<th>p99, of that at 70 %<th>as before after</tr></thead><tbody>"
    for name, one in parts.items():
        after = one["recovered_s"]
        yield (
            f"<tr><td>{escape(name)}<td>{one['goodput_share']:.0%}<td>{one['p99_ratio']:.2f} ×"
            f"<td>{'not within the stretch after' if after is None else f'{after:g} s'}</tr>"
        )
    yield "</tbody></table>"


def _people(people: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"<h2>People</h2><p>{people['users']} people for {people['seconds']:.0f} s at commit"
        f" {escape(people['commit'][:10])} ({escape(people['date'][:10])}), who browse, order, poll"
        " and try again, with pauses as people make them; locust's own figures, of a loop that"
        " waits.</p><table><thead><tr><th>request<th>requests<th>failed<th>a second<th>median"
        "<th>p95<th>p99</tr></thead><tbody>"
    )
    for one in people["requests"]:
        yield (
            f"<tr><td>{escape(one['name'])}<td>{one['requests']}<td>{one['failures']}"
            f"<td>{one['per_s']:.1f}<td>{one['p50_ms']:.0f} ms<td>{one['p95_ms']:.0f} ms"
            f"<td>{one['p99_ms']:.0f} ms</tr>"
        )
    yield "</tbody></table>"


def _missing(record: Mapping[str, Any]) -> Iterator[str]:
    """What is not there, and why; and whether the books were right after it all."""
    told = {**record.get("not_measured", {}), **record.get("failures", {})}
    if told:
        yield "<h2>Not measured</h2><ul>"
        yield from (f"<li>{escape(name)}: {escape(why)}</li>" for name, why in told.items())
        yield "</ul>"
    audit = record.get("audit")
    if audit is not None:
        said = "adds up" if audit.get("ok") else "does not add up"
        kind = "met" if audit.get("ok") else "missed"
        yield f'<p class="{kind}">After all of it <code>quangate audit</code> {said}.</p>'
