"""Turns `--set name=value` pairs into a connector's frozen settings, with errors that help.

A settings class is a frozen dataclass whose fields are str, Secret, int, float or bool; a field
without a default is required. Nothing here knows a platform.
"""

import dataclasses
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from connectors.secret import Secret

S = TypeVar("S")


class SettingsError(ValueError):
    """A setting is unknown, missing or unreadable; the message lists the valid names.

    `setting` is the name of the wrong one, the first of several; None: none by itself.
    """

    def __init__(self, text: str, setting: str | None = None) -> None:
        super().__init__(text)
        self.setting = setting


def _read_bool(text: str) -> bool:
    return BOOL_WORDS[text.strip().lower()]


BOOL_WORDS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
_FRACTION: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?").fullmatch


def _read_int(text: str) -> int:
    if _WHOLE(text) is None:
        raise ValueError
    return int(text)


def _read_float(text: str) -> float:
    if _FRACTION(text) is None:
        raise ValueError
    return float(text)


READERS: Final[Mapping[object, Callable[[str], Any]]] = {
    str: str,
    Secret: Secret,
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
}


def load_settings(settings_type: type[S], values: Mapping[str, str]) -> S:
    """Build `settings_type` from text values; raises `SettingsError` naming what is wrong."""
    check_names(describe(settings_type), values)
    hints = typing.get_type_hints(settings_type)
    return settings_type(**{name: _read(name, hints[name], text) for name, text in values.items()})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One `--set` name of a connector; `default` as it would be written, None: there is none."""

    name: str
    required: bool
    secret: bool
    default: str | None


def describe(settings_type: type[Any]) -> tuple[Setting, ...]:
    """The settings a connector takes, in the order of its table."""
    hints = typing.get_type_hints(settings_type)
    return tuple(
        Setting(
            name=field.name,
            required=_required(field),
            secret=hints[field.name] is Secret,
            default=None
            if hints[field.name] is Secret or _required(field)
            else _as_text(field.default),
        )
        for field in _settable(settings_type)
    )


def _as_text(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def say_names(settings: Sequence[Setting]) -> str:
    """Say which names there are, the required ones first."""
    required = ", ".join(one.name for one in settings if one.required) or "none"
    optional = ", ".join(one.name for one in settings if not one.required) or "none"
    return f"required: {required}; optional: {optional}"


def check_names(settings: Sequence[Setting], given: Mapping[str, str]) -> None:
    """Raise `SettingsError` for a name that there is not, or one that is missing."""
    known = {one.name for one in settings}
    unknown = sorted(set(given) - known)
    if unknown:
        text = f"unknown setting {', '.join(unknown)}; {say_names(settings)}"
        raise SettingsError(text, unknown[0])
    missing = [one.name for one in settings if one.required and one.name not in given]
    if missing:
        text = f"missing setting {', '.join(missing)}; {say_names(settings)}"
        raise SettingsError(text, missing[0])


def _settable(settings_type: type[Any]) -> list[dataclasses.Field[Any]]:
    # Fields with init=False are tables the settings compute for themselves.
    return [field for field in dataclasses.fields(settings_type) if field.init]


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _read(name: str, hint: object, text: str) -> Any:
    try:
        value = READERS[hint](text)
    except (ValueError, KeyError):
        # The value is not repeated: it may be a secret put under the wrong name.
        kind = getattr(hint, "__name__", str(hint))
        raise SettingsError(f"setting {name} is not a valid {kind}", name) from None
    if isinstance(value, Secret) and not value:
        raise SettingsError(f"setting {name} is empty", name)
    return value
