"""Reads the settings for whoever goes by them; they are in force within a second."""

from dataclasses import dataclass
from typing import Any

from gateway.ground import house
from gateway.ground.sql.declared import Statement, Statements
from gateway.settings.rules import SettingsBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a setting was set to."""

    name: str
    value: int | None


class SQL(Statements, file="settings/queries"):
    """The book."""

    settings: Statement[[], Choice]


async def read(connection: Any) -> SettingsBook:
    """All settings, in the catalog's snapshot."""
    chosen = {row.name: row.value for row in await SQL.settings.all(connection)}
    known = house.settings().items()
    return SettingsBook(values={name: chosen.get(name, one.default) for name, one in known})
