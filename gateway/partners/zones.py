"""Which zone a partner's days and hours go by. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True)
class ZoneBook:
    """By partner id; who is not in it goes by UTC."""

    zones: Mapping[int, tzinfo]

    def of(self, partner_id: int) -> tzinfo:
        """The partner's."""
        return self.zones.get(partner_id, UTC)
