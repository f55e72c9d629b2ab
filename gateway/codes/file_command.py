"""A supplier's file at the command line: opened, shown, asked about, followed while it is read."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gateway.ground.command.output import Answer, clean, print_error, warn
from gateway.ground.errors import RefusedError
from gateway.ground.native_errors import CodeFileError

if TYPE_CHECKING:
    from gateway.codes.import_file import ImportOutcome
    from gateway.codes.import_store import StagingRows
    from gateway.codes.rules import PoolFacts
    from gateway.ground.native import CodeFile, Vault


async def import_file(
    rows: "StagingRows", vault: "Vault", *, pool: str, path: Path | None, flags: dict[str, Any],
    yes: bool, dry_run: bool, strict: bool, report: Any, stack: ExitStack,
) -> Answer:  # fmt: skip
    """Detect and show the shape, ask about what is not certain, import with a progress bar."""
    import asyncio

    from gateway.codes.import_file import ImportJob, digest_of, import_codes
    from gateway.codes.staging import Target

    facts = await rows.pool(pool)
    options = detecting(facts, path, **flags)
    digest = await asyncio.to_thread(digest_of, path, options)
    code_file = await asyncio.to_thread(open_code_file, path, options, await rows.now_s())
    show_shape(code_file)
    ask(code_file, yes=yes)
    job = ImportJob(
        source="-" if path is None else path.name,
        digest=digest,
        dry_run=dry_run,
        strict=strict,
        report=report,
        progress=_progress(stack, path, code_file),
    )
    outcome = await import_codes(Target(store=rows, vault=vault, pool=facts), code_file, job)
    return _import_answer(outcome, dict(code_file.ignored()))


def detecting(pool: "PoolFacts", path: Path | None, **flags: Any) -> Any:
    """The reader's options: what no flag fixes is detected."""
    nothing = dict.fromkeys(("encoding", "separator", "columns", "header", "quotes", "sheet"))
    return {
        **nothing,
        "zone": [],
        **flags,
        "named_csv": path is not None and path.suffix.lower() == ".csv",
        "ignore_case": pool.ignore_case,
        "ignore_spaces": pool.ignore_spaces,
    }


def existing(path: Path) -> Path:
    """The path of a file that is there. Raises RefusedError."""
    if not path.exists():
        raise RefusedError("file-not-found", f"there is no file {path}")
    if not path.is_file():
        raise RefusedError("unreadable-file", f"{path} is not a file")
    return path


def open_report(path: Path, beside: Path | None) -> Any:
    """The report's file, empty. Raises RefusedError when it cannot be written."""
    if beside is not None and path.exists() and path.samefile(beside):
        raise RefusedError("invalid-argument", "the report would overwrite the code file")
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise RefusedError("report-not-writable", f"{path}: {error.strerror}") from None


def offsets(zone: str) -> list[tuple[int, int]]:
    """A zone as the native reader takes it. Raises RefusedError when there is none such."""
    from gateway.ground.zone import offsets_of, read_zone

    try:
        return list(offsets_of(read_zone(zone)))
    except ValueError as error:
        raise RefusedError("invalid-argument", str(error)) from None


def open_code_file(path: Path | None, options: Any, now_s: int | None = None) -> "CodeFile":
    """The file, its shape detected; None is the standard input. Raises RefusedError."""
    from gateway.ground.native import CodeFile

    try:
        return CodeFile.open(path, options, now_s)
    except OSError as error:
        raise RefusedError("unreadable-file", f"{path}: {error.strerror}") from None
    except CodeFileError as error:
        raise RefusedError("unreadable-file", str(error)) from None
    except ValueError as error:
        raise RefusedError("invalid-argument", str(error)) from None


def show_shape(code_file: "CodeFile") -> None:
    """Say on stderr how the file is read, with masked samples, before anything is written."""
    typer.echo(f"reading it as {clean(code_file.explain())}", err=True)
    for row in code_file.sample():
        typer.echo(f"  {clean(row)}", err=True)


def ask(code_file: "CodeFile", *, yes: bool) -> None:
    """Have what is not certain confirmed: by a person, or by --yes beforehand.

    Raises RefusedError `unclear-file` when nobody is there, or says no.
    """
    doubts = [clean(doubt) for doubt in code_file.doubts()]
    for doubt in doubts:
        typer.echo(f"  not certain: {doubt}", err=True)
    if not doubts or yes:
        return
    if sys.stdin.isatty() and typer.confirm("Read it like that?", err=True):
        return
    raise RefusedError(
        "unclear-file",
        f"nothing was imported, for this is not certain: {'; '.join(doubts)}. Say --yes if it is "
        "right as shown, or say what it is (--columns, --separator, --header, --sheet, --encoding)",
    )


def _progress(stack: ExitStack, path: Path | None, code_file: "CodeFile") -> Any:
    """A progress bar on a terminal's stderr; anywhere else nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda _: None
    bar = stack.enter_context(
        Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console)
    )
    total = code_file.progress()[1] or (path.stat().st_size if path is not None else None)
    task = bar.add_task("importing", total=total)
    return lambda bytes_done: bar.update(task, completed=bytes_done)


def _import_answer(outcome: "ImportOutcome", ignored: dict[str, int]) -> Answer:
    tally = outcome.tally
    if outcome.resumed_after_line:
        print_error(
            f"went on after line {outcome.resumed_after_line}, where an earlier run stopped"
        )
    if outcome.discarded is not None:
        warn(f"discarded what an unfinished import of {outcome.discarded} had staged")
    if tally.elsewhere:
        warn(f"{tally.elsewhere} of these codes are in another pool as well")
    data = {
        "imported": tally.imported,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
        "batch": None if outcome.batch_id is None else str(outcome.batch_id),
        "ignored": {clean(name): cells for name, cells in ignored.items()},
    }
    if outcome.batch_id is None:
        data["dry_run"] = True
    return Answer(data=data)
