"""The table of the README, from a result file."""

from collections.abc import Mapping
from typing import Any

from bench.figures import GOALS, Goal

# The marks that enclose the table in README.md.
BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"


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
    target = "" if goal.target is None else f"{'≥' if goal.at_least else '≤'} {show(goal.target)}"
    if figure is None:
        return f"| {goal.title} | not measured | | {target} |"
    spread = figure["spread"]
    measured = f"{show(figure['value'])} {goal.unit}"
    if figure["met"]:
        measured = f"**{measured}**"
    quartiles = f"{show(spread['lower_quartile'])} … {show(spread['upper_quartile'])}"
    return f"| {goal.title} | {measured} | {quartiles if spread['count'] > 1 else ''} | {target} |"


def show(value: float) -> str:
    """A number as people read it: three digits, or whole with separators."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
