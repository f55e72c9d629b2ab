"""How a typed value becomes what a command takes: plain values at once, all others by typer.

Typer reads every value with pydantic, whose import costs a short command more than its work. A
text is a text already, and a whole number is judged by the house's own rule first (pydantic takes
`1_000`, ` 10`, `+5`); so pydantic comes for what is left: paths, and values that are wrong.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

import typer

from gateway.ground.number import check_decimal, read_whole

_OTHERWISE: Final = object()  # typer is to read it


class Reader:
    """Reads the values of one parameter; stands where typer has its own reader."""

    def __init__(self, parameter: Any) -> None:
        self._typers: Callable[[], Any] = parameter.get_runtime_param  # made at first use
        self._descriptor = parameter.type_descriptor

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """What the command is given. Raises typer.BadParameter."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            read = self._read_plainly(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from None
        if read is not _OTHERWISE:
            return read
        return self._typers().coerce(value, param=param, ctx=ctx)

    def _read_plainly(self, value: Any) -> Any:
        kind, bounds = self._descriptor.annotation, self._descriptor.parameter_info
        if kind == list[str] and isinstance(value, list | tuple):
            return list(value)
        if kind is str and isinstance(value, str):
            return value
        if kind is float and isinstance(value, str):
            check_decimal(value)
            return float(value)
        if kind is int and isinstance(value, str | int):
            number = read_whole(value) if isinstance(value, str) else value
            within = (bounds.min is None or number >= bounds.min) and (
                bounds.max is None or number <= bounds.max
            )
            return number if within else _OTHERWISE
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next((one for one in kind if value in (one, one.value)), _OTHERWISE)
        return _OTHERWISE


def read_plainly(parameter: Any) -> None:
    """Let a parameter of typer's be read by a `Reader`, from now on."""
    if "get_runtime_param" not in vars(parameter):
        reader = Reader(parameter)
        parameter.get_runtime_param = lambda: reader
