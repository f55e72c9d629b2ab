"""A supplier's file: opened, shown to whoever asked, and asked about where it is not certain."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.codes.rules import PoolFacts
from gateway.ground.desk.job import Asker
from gateway.ground.errors import RefusedError
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


def offsets(zone: str) -> Sequence[tuple[int, int]]:
    """A zone as the native reader takes it. Raises RefusedError when there is none such."""
    from gateway.ground.zone import offsets_of, read_zone

    try:
        return list(offsets_of(read_zone(zone)))
    except ValueError as error:
        raise RefusedError("invalid-argument", str(error)) from None


def open_code_file(path: Path | None, options: Any, now_s: int | None = None) -> CodeFile:
    """The file, its shape detected; None is the standard input. Raises RefusedError."""
    try:
        return CodeFile.open(path, options, now_s)
    except OSError as error:
        raise RefusedError("unreadable-file", f"{path}: {error.strerror}") from None
    except CodeFileError as error:
        raise RefusedError("unreadable-file", str(error)) from None
    except ValueError as error:
        raise RefusedError("invalid-argument", str(error)) from None


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
    raise RefusedError(
        "unclear-file",
        f"nothing was imported, for this is not certain: {'; '.join(doubts)}. Say --yes if it is "
        "right as shown, or say what it is (--columns, --separator, --header, --sheet, --encoding)",
    )
