"""Reads the campaigns for the order path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign as the database has it; `partners` NULL: for all."""

    id: int
    name: str
    sku_id: int
    starts_at: datetime
    ends_at: datetime
    per_buyer: int | None
    warm_up_s: int
    partners: Sequence[int] | None
    room_id: int | None
    new_buyers: bool


class SQL(Statements, file="campaigns/queries"):
    """The book."""

    campaigns: Statement[[], CampaignRow]


async def read(connection: Any) -> CampaignBook:
    """All campaigns, in the catalog's snapshot."""
    rows = await SQL.campaigns.all(connection)
    return CampaignBook(campaigns={row.name: _campaign(row) for row in rows})


def _campaign(row: CampaignRow) -> Campaign:
    return Campaign(
        id=row.id,
        name=row.name,
        sku_id=row.sku_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        per_buyer=row.per_buyer,
        room_id=row.room_id,
        new_buyers=row.new_buyers,
        warm_up_s=row.warm_up_s,
        partners=None if row.partners is None else frozenset(row.partners),
    )
