"""Parameters that several commands share, and how their texts are read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from gateway.ground.moment import is_moment, read_moment
from gateway.ground.number import read_whole

NAME_HELP = "1 to 64 of A-Z a-z 0-9 . _ - and unique."
SETTING_FILE_BYTES_MAX = 65_536  # a private key in PEM is a tenth of it

Partner: TypeAlias = Annotated[str, typer.Argument(metavar="PARTNER", help="A partner's name.")]
NewName: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help=NAME_HELP)]
Amount: TypeAlias = Annotated[
    int, typer.Argument(metavar="AMOUNT", help="Minor units (分): 1990 is 19.90.")
]
Limit: TypeAlias = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="At most this many, the newest first.")
]


def read_settings(pairs: Sequence[str]) -> Mapping[str, str]:
    """`name=value` and `name=@FILE` pairs as a mapping; values never appear in an error."""
    settings: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter("write it as name=value or name=@FILE", param_hint="--set")
        if name in settings:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--set")
        settings[name] = (
            read_text("--set", Path(value[1:]), name=name) if value.startswith("@") else value
        )
    return settings


def read_time(text: str, option: str) -> datetime:
    """An RFC 3339 time; it must say its offset, as 2026-11-11T00:00:00+08:00 or …Z."""
    try:
        return read_moment(text)
    except ValueError:
        why = (
            "does not say its offset from UTC; add Z or +08:00"
            if is_moment(text + "Z")
            else "is no time such as 2026-11-11T00:00:00+08:00"
        )
        raise typer.BadParameter(f"{text!r} {why}", param_hint=option) from None


def read_number(text: str, what: str, option: str) -> int:
    """A whole number from zero up."""
    try:
        number = read_whole(text)
    except ValueError as error:
        raise typer.BadParameter(f"the {what} {error}", param_hint=option) from None
    if number < 0:
        raise typer.BadParameter(f"the {what} must not be below zero", param_hint=option)
    return number


def read_text(option: str, path: Path, *, name: str | None = None) -> str:
    """A small text file without the white space around; BadParameter names `option`."""
    of = f" for {name}" if name else ""
    try:
        with path.open("rb") as file:
            content = file.read(SETTING_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise typer.BadParameter(
            f"cannot read {path}{of}: {error.strerror}", param_hint=option
        ) from None
    if len(content) > SETTING_FILE_BYTES_MAX:
        raise typer.BadParameter(f"{path} is too large{of}", param_hint=option)
    try:
        return content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not text in UTF-8", param_hint=option) from None
