"""`python -m bench compare` measures, `report` shows what was found, `people` come to a shop."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench.figures import GOALS
from bench.load import LoaderError, wrk_path
from bench.plan import QUICK, Plan, Teller
from bench.record import ROOT, build_record, newest_record, write_record
from bench.servers import ServerError
from bench.shape import SHAPES
from bench.svg import shown as show

MEMORY = Path("/dev/shm")  # request files here cost the disk nothing that is measured

app = typer.Typer(no_args_is_help=True, help="Honest measurement; see bench/README.md.")
stderr = Console(stderr=True)


@app.command()
def compare(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="Timed rounds of each contestant.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, help="Length of a round.")] = 1.5,
    connections: Annotated[int, typer.Option(min=1, help="Open connections.")] = 256,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the loader.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="A measurement; repeatable.")] = None,
    import_codes: Annotated[int, typer.Option(min=1, help="Lines of the code file.")] = 1_000_000,
    history_orders: Annotated[int, typer.Option(min=1, help="Orders of others.")] = 10_000_000,
    history_codes: Annotated[int, typer.Option(min=1, help="Codes of others.")] = 12_000_000,
    burst_callbacks: Annotated[int, typer.Option(min=1, help="Callbacks of the burst.")] = 100_000,
    recovery_attempts: Annotated[
        int, typer.Option(min=100, help="Top-ups under way when the gateway is killed.")
    ] = 10_000,
    shape_seconds: Annotated[
        float, typer.Option(min=2, max=180, help="Length of each shape of load.")
    ] = 60.0,
    shape: Annotated[list[str] | None, typer.Option(help="Only this shape; repeatable.")] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Fewer and shorter rounds and shapes: under ten minutes."),
    ] = False,
    work: Annotated[
        Path, typer.Option(help="Where data directories are made; on a real disk.")
    ] = Path("/var/tmp"),
    save: Annotated[
        bool, typer.Option("--save", help="Write a result file although only a part was run.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="No table, only the JSON line.")] = False,
) -> None:
    """Measure; write bench/results/<date>-<commit>.json; the last line of stdout is JSON."""
    from bench.agenda import NAMES, NEED_LOADER, measure

    names = only or list(NAMES)
    if unknown := sorted(set(names) - set(NAMES)):
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if unknown := sorted(set(shape or ()) - set(SHAPES)):
        raise typer.BadParameter(f"no shape: {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    if NEED_LOADER & set(names):
        _require_loader()
    with _directories(work) as (data, requests):
        plan = Plan(
            rounds=rounds, seconds=seconds, connections=connections, threads=threads,
            import_codes=import_codes, history_orders=history_orders,
            history_codes=history_codes, burst_callbacks=burst_callbacks,
            recovery_attempts=recovery_attempts, shapes=tuple(shape or SHAPES),
            shape_s=shape_seconds, work=data, requests=requests,
        )  # fmt: skip
        if quick:
            plan = replace(plan, **QUICK)
        outcome = asyncio.run(measure(names, plan, Teller(stderr)))
        record = build_record(
            outcome.figures, plan, failures=outcome.failures,
            not_measured=outcome.not_measured, audit=outcome.audit,
        )  # fmt: skip
    # A part must not take the place of a whole run's results without being told to.
    path = write_record(record) if save or not only else None
    if not as_json:
        Console().print(_table(record))
    said = {key: record[key] for key in ("failures", "not_measured")}
    line = {
        **line_of(record["figures"]), **said, "quick": quick, "result": path and str(path)
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")
    if record["failures"]:
        raise typer.Exit(1)


@app.command()
def report(
    *,
    readme: Annotated[
        bool,
        typer.Option(
            "--readme",
            help="Print the table of README.md, and put it there between the marks, with its plots"
            " beside it.",
        ),
    ] = False,
) -> None:
    """Write the newest results as a page, bench/results/<date>-<commit>.html, and say where."""
    from bench import report as reports

    record = newest_record()
    if record is None:
        stderr.print("nothing was measured yet: python -m bench compare")
        raise typer.Exit(1)
    if not readme:
        sys.stdout.write(f"{reports.write_page(record)}\n")
        return
    try:
        table = reports.write_readme(record, ROOT / "README.md")
    except ValueError as error:
        stderr.print(f"README.md: {error}")
        raise typer.Exit(1) from None
    sys.stdout.write(table + "\n")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def people(
    context: typer.Context,
    *,
    save: Annotated[bool, typer.Option("--save", help="Keep the figures for the report.")] = False,
) -> None:
    """People who browse, order, poll and try again, at a shop of their own, with a page to watch.

    All else is locust's: --headless --users 20 --run-time 8s. The last line of stdout is JSON.
    """
    from bench import people as peoples

    with _directories(Path("/var/tmp")) as (work, _):
        try:
            code, found = asyncio.run(peoples.receive_people(work, Teller(stderr), context.args))
        except ServerError as error:
            stderr.print(str(error))
            raise typer.Exit(1) from None
    if found is not None and save:
        peoples.keep(found)
    sys.stdout.write(json.dumps(found) + "\n")
    if code:
        raise typer.Exit(code)


def line_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a record by their names, as numbers or, where they have parts, as these."""
    return {key: figure.get("parts", figure["value"]) for key, figure in figures.items()}


def _require_loader() -> None:
    try:
        wrk_path()
    except LoaderError as error:
        stderr.print(str(error))
        raise typer.Exit(1) from None


@contextmanager
def _directories(work: Path) -> Iterator[tuple[Path, Path]]:
    """A directory for data and logs, and one for request files; both are removed at the end."""
    data = Path(tempfile.mkdtemp(prefix="quangate-bench-", dir=work))
    requests = Path(
        tempfile.mkdtemp(prefix="quangate-bench-", dir=MEMORY if MEMORY.is_dir() else work)
    )
    try:
        yield data, requests
    finally:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(requests, ignore_errors=True)


def _table(record: Mapping[str, Any]) -> Table:
    table = Table(box=None, header_style="bold")
    for column in ("figure", "median", "quartiles", "target", ""):
        table.add_column(column, justify="left" if column in {"figure", ""} else "right")
    for key, figure in record["figures"].items():
        spread, target = figure["spread"], figure["target"]
        table.add_row(
            key,
            f"{show(figure['value'])} {figure['unit']}",
            f"{show(spread['lower_quartile'])} … {show(spread['upper_quartile'])}",
            "" if target is None else f"{'≥' if GOALS[key].at_least else '≤'} {show(target)}",
            {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure["met"]],
        )
    return table


if __name__ == "__main__":
    app()
