"""A supplier's file: opened, shown to whoever asked, and asked about where it is not certain."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.codes.rules import PoolFacts
from gateway.ground.desk.job import Asker
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.native import CodeFile
from gateway.ground.native_errors import CodeFileError


def detecting(pool: PoolFacts, path: Path | None, **flags: Any) -> Any:
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


def path_of(file: str) -> Path | None:
    """The path of a file that is there; None: the standard input. Raises RefusedError."""
    if file == "-":
        return None
    path = Path(file)
    if not path.exists():
        raise refused("file-not-found", "no-file", "file", path=file)
    if not path.is_file():
        raise refused("unreadable-file", "not-a-file", "file", path=file)
    return path


def open_report(path: Path, beside: Path | None) -> Any:
    """The report's file, empty. Raises RefusedError when it cannot be written."""
    if beside is not None and path.exists() and path.samefile(beside):
        raise wrong("report-over-file", "report")
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise refused(
            "report-not-writable", "report-not-writable", "report",
            path=str(path), detail=error.strerror,
        ) from None  # fmt: skip


def offsets(zone: str) -> Sequence[tuple[int, int]]:
    """A zone as the native reader takes it. Raises RefusedError when there is none such."""
    from gateway.ground.zone import offsets_of, read_zone

    try:
        return list(offsets_of(read_zone(zone)))
    except ValueError as error:
        raise wrong("zone", "zone", detail=str(error)) from None


def open_code_file(path: Path | None, options: Any, now_s: int | None = None) -> CodeFile:
    """The file, its shape detected; None is the standard input. Raises RefusedError."""
    try:
        return CodeFile.open(path, options, now_s)
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        raise refused("unreadable-file", "code-file", "file", detail=detail) from None
    except CodeFileError as error:
        raise refused("unreadable-file", "code-file", "file", detail=str(error)) from None
    except ValueError as error:
        raise wrong("file-shape", detail=str(error)) from None


def show_shape(asker: Asker, code_file: CodeFile) -> None:
    """Say how the file is read, with masked samples, before anything is written."""
    asker.say(f"reading it as {code_file.explain()}")
    for row in code_file.sample():
        asker.say(f"  {row}")


def ask(asker: Asker, code_file: CodeFile, *, yes: bool) -> None:
    """Have what is not certain confirmed: by a person, or by --yes beforehand.

    Raises RefusedError `unclear-file` when nobody is there, or says no.
    """
    doubts = code_file.doubts()
    for doubt in doubts:
        asker.say(f"  not certain: {doubt}")
    if not doubts or yes or asker.agrees("Read it like that?"):
        return
    raise refused("unclear-file", "unclear-file", "file", doubts="; ".join(doubts))
