"""What people read of a result file: the page, the table of the README and its plots."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.figures import GOALS, Goal
from bench.page import page
from bench.people import kept
from bench.plots import MAIN, plots
from bench.record import RESULTS
from bench.svg import shown

# The marks that enclose the table in README.md.
BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"
PLOTS: Final = RESULTS / "plots"


def write_page(record: Mapping[str, Any], directory: Path = RESULTS) -> Path:
    """Write the page beside its result file; where it is."""
    path = directory / f"{record['date'][:10]}-{record['commit'][:10]}.html"
    path.write_text(page(record, kept()), encoding="utf-8")
    return path


def write_readme(record: Mapping[str, Any], readme: Path, directory: Path = PLOTS) -> str:
    """Put table and plots into a README; the table. Raises ValueError: it has no marks."""
    table = markdown(record)
    directory.mkdir(exist_ok=True)
    drawn = {plot.name: plot for plot in plots(record, alone=True) if plot.name in MAIN}
    for name in MAIN:
        path = directory / f"{name}.svg"
        path.unlink(missing_ok=True)
        if name in drawn:
            path.write_text(drawn[name].svg + "\n", encoding="utf-8")
    shown_there = "".join(
        f"\n\n![{drawn[name].title}]({(directory / name).relative_to(readme.parent)}.svg)"
        for name in MAIN
        if name in drawn
    )
    text = replace_table(readme.read_text(encoding="utf-8"), table + shown_there)
    readme.write_text(text, encoding="utf-8")
    return table


def markdown(record: Mapping[str, Any]) -> str:
    """The published figures with their targets, one row each; what is missing says so."""
    machine = record["machine"]
    rows = [
        "| what | measured | quartiles | target |",
        "|---|---:|---:|---:|",
        *(_row(goal, record["figures"].get(key)) for key, goal in GOALS.items()),
    ]
    note = (
        f"Commit `{record['commit'][:10]}`, {record['date'][:10]}: {machine['cores']} cores "
        f"({machine['cpu']}) shared by loader, gateway and PostgreSQL, an fsync takes "
        f"{machine['fsync_us']} µs. Medians of rounds in turns; how to read them: "
        "[bench/README.md](bench/README.md)."
    )
    return "\n".join([*rows, "", note])


def replace_table(text: str, table: str) -> str:
    """Put the table between the marks of a README; ValueError when they are not there."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"the text has no {BEGIN} … {END}")
    head, rest = text.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


def _row(goal: Goal, figure: Mapping[str, Any] | None) -> str:
    target = "" if goal.target is None else f"{'≥' if goal.at_least else '≤'} {shown(goal.target)}"
    if figure is None:
        return f"| {goal.title} | not measured | | {target} |"
    spread = figure["spread"]
    measured = f"{shown(figure['value'])} {goal.unit}"
    if figure["met"]:
        measured = f"**{measured}**"
    quartiles = f"{shown(spread['lower_quartile'])} … {shown(spread['upper_quartile'])}"
    return f"| {goal.title} | {measured} | {quartiles if spread['count'] > 1 else ''} | {target} |"
