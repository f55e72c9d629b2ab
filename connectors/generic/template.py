"""`{placeholder}` templates: parsed once, filled by values, and read backwards by the simulator."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from connectors.loose import as_int, to_major, to_minor, yuan

Value: TypeAlias = str | int | None

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_NAME: Final = re.compile(r"[a-z_]+(?:\.[a-z][a-z0-9_]*)?").fullmatch
MONEY: Final = frozenset({"max_cost", "max_unit_cost", "face", "cost", "refunded", "balance"})
MONEY_UNITS: Final = ("yuan", "fen", "short_yuan")
OTHER_UNITS: Final = ("number", "text")


class TemplateError(ValueError):
    """A template cannot be: the message says why."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`{name}` or `{name:unit}`."""

    name: str
    unit: str = ""

    def written(self, value: Value, currency: str) -> Value:
        """A value as it is sent; None: there is none."""
        if value is None:
            return None
        if self.name in MONEY:
            return _WRITTEN[self.unit](int(value), currency)
        if self.unit == "number":
            text = str(value)
            return int(text) if re.fullmatch("0|-?[1-9][0-9]{0,17}", text) else text
        return str(value) if self.unit == "text" else value

    def read(self, text: str, currency: str) -> Value:
        """The value that was sent as this text."""
        if self.name not in MONEY:
            return text
        return as_int(text) if self.unit == "fen" else to_minor(text, currency)


def _short(minor: int, currency: str) -> str:
    text = f"{to_major(minor, currency):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_WRITTEN: Final[Mapping[str, Callable[[int, str], Value]]] = {
    "yuan": lambda minor, currency: (
        yuan(minor) if currency == "CNY" else f"{to_major(minor, currency):f}"
    ),
    "short_yuan": _short,
    "fen": lambda minor, _currency: minor,
}


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders in it."""

    parts: tuple[str | Placeholder, ...]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Its placeholders, in order."""
        return tuple(part for part in self.parts if isinstance(part, Placeholder))

    def fill(self, values: Mapping[str, Value], currency: str) -> Value:
        """The text; a lone placeholder keeps its value's type. None: a value is missing."""
        filled = [
            part if isinstance(part, str) else part.written(values.get(part.name), currency)
            for part in self.parts
        ]
        if any(part is None for part in filled):
            return None
        return filled[0] if len(filled) == 1 else "".join(map(str, filled))

    def read(self, text: str, currency: str) -> dict[str, Value] | None:
        """What the placeholders stood for in this text; None: it is not of this form."""
        pattern = "".join(
            re.escape(part) if isinstance(part, str) else "(.*)" for part in self.parts
        )
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match is None:
            return None
        found = zip(self.placeholders, match.groups(), strict=True)
        return {one.name: one.read(part, currency) for one, part in found}


def parse(text: str, allowed: frozenset[str]) -> Template:
    """A template whose placeholders are `allowed` (`set.*` allows every setting); raises
    `TemplateError` that lists them.
    """
    parts: list[str | Placeholder] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [text[end : match.start()]] if match.start() > end else []
        parts.append(_placeholder(match[1], allowed))
        end = match.end()
    rest = text[end:]
    if any(brace in part for part in (*parts, rest) if isinstance(part, str) for brace in "{}"):
        raise TemplateError("a { or } stands alone; placeholders are written {name} or {name:unit}")
    if rest or not parts:
        parts.append(rest)
    return Template(tuple(parts))


def _placeholder(text: str, allowed: frozenset[str]) -> Placeholder:
    name, colon, unit = text.partition(":")
    family = name.partition(".")[0] + ".*" if "." in name else name
    if not _NAME(name) or family not in allowed:
        there = ", ".join("{" + one.replace("*", "NAME") + "}" for one in sorted(allowed))
        raise TemplateError(f"{{{text}}} is no placeholder here; there are {there}")
    if name in MONEY:
        if unit not in MONEY_UNITS:
            units = ", ".join(f"{{{name}:{one}}}" for one in MONEY_UNITS)
            raise TemplateError(f"{{{text}}} needs its unit: {units}")
    elif colon and unit not in OTHER_UNITS:
        raise TemplateError(f"{{{text}}} has no such unit; there are {', '.join(OTHER_UNITS)}")
    return Placeholder(name, unit)


Shape: TypeAlias = Template | int | bool | Mapping[str, Any]
"""What a field is: a template, a constant, or an object of fields."""


def fill_fields(
    shapes: Mapping[str, Shape],
    values: Mapping[str, Value],
    currency: str,
    blank: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Fields as they are sent; what has no value is left out, or empty where it is in `blank`."""
    filled: dict[str, Any] = {}
    for name, shape in shapes.items():
        value: Any = shape
        if isinstance(shape, Template):
            value = shape.fill(values, currency)
        elif isinstance(shape, Mapping):
            value = fill_fields(shape, values, currency) or None
        if value is not None or name in blank:
            filled[name] = "" if value is None else value
    return filled
