"""The settings in force. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsBook:
    """Every setting by its name: what was set, else its default; None: nothing."""

    values: Mapping[str, int | None]

    def number(self, name: str) -> int:
        """A setting that always is a number."""
        value = self.values[name]
        assert value is not None, f"{name} may be nothing"
        return value
