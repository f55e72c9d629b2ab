"""Reads the partners' zones for the order path."""

from dataclasses import dataclass
from typing import Any

from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.zone import read_zone
from gateway.partners.zones import ZoneBook


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """The zone that is in force for a partner; none where it is UTC from the start."""

    partner_id: int
    zone: str


class SQL(Statements, file="partners/zones"):
    """The book."""

    zones: Statement[[], ZoneRow]


async def read(connection: Any) -> ZoneBook:
    """All of them, in the catalog's snapshot."""
    rows = await SQL.zones.all(connection)
    return ZoneBook({row.partner_id: read_zone(row.zone) for row in rows})
