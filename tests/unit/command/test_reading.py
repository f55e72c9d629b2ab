"""Values are read as typer reads them, sooner: both readers give the same, or refuse alike."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand

from gateway.ground.command.reading import Reader, read_plainly


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    GREEN = "green"


app = typer.Typer()


@app.command()
def every_kind(
    *,
    text: Annotated[str, typer.Option()] = "",
    several: Annotated[list[str] | None, typer.Option()] = None,
    whole: Annotated[int | None, typer.Option()] = None,
    bounded: Annotated[int, typer.Option(min=1, max=10)] = 5,
    fraction: Annotated[float | None, typer.Option()] = None,
    switch: Annotated[bool | None, typer.Option("--switch")] = None,
    choice: Annotated[Colour, typer.Option()] = Colour.RED,
    path: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """A parameter of every kind there is."""


VALUES: list[tuple[str, Any]] = [
    ("text", None), ("text", ""), ("text", " a\u00e9"),
    ("several", None), ("several", ()), ("several", ("a", "")), ("several", ["a"]),
    ("whole", None), ("whole", "0"), ("whole", "-5"), ("whole", 7),
    ("bounded", "1"), ("bounded", "10"), ("bounded", "0"), ("bounded", "11"), ("bounded", 5),
    ("bounded", 11),
    ("fraction", None), ("fraction", "0.5"), ("fraction", "12"), ("fraction", 0.25),
    ("switch", None), ("switch", True), ("switch", "yes"), ("switch", "perhaps"),
    ("choice", "green"), ("choice", "GREEN"), ("choice", "blue"), ("choice", Colour.RED),
    ("path", None), ("path", "/nowhere"), ("path", "."),
]  # fmt: skip


def outcome(reader: Any, parameter: Any, context: Any, value: Any) -> tuple[type, Any]:
    """What a reader makes of a value: its type and itself, or the refusal's words."""
    try:
        read = reader.coerce(value, param=parameter, ctx=context)
    except typer.BadParameter as error:
        return typer.BadParameter, error.message
    return type(read), read


@pytest.mark.parametrize(("name", "value"), VALUES, ids=repr)
def test_both_readers_agree(name: str, value: Any) -> None:
    """Seen red with an enum's value returned for its member, and with bounds not looked at."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    context = typer.Context(command)
    parameter = next(p for p in command.params if p.name == name)
    typers = parameter.get_runtime_param()  # type: ignore[attr-defined]
    expected = outcome(typers, parameter, context, value)
    assert outcome(Reader(parameter), parameter, context, value) == expected


def test_a_parameter_is_given_one_reader() -> None:
    """However often its command is asked for its parameters."""
    parameter: Any = next(p for p in typer.main.get_command(app).params if p.name == "whole")
    read_plainly(parameter)
    first = parameter.get_runtime_param()
    read_plainly(parameter)
    assert parameter.get_runtime_param() is first
    assert isinstance(first, Reader)
