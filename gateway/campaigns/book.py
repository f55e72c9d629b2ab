"""Reads the campaigns for the order path."""

from typing import Any

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="campaigns/queries"):
    """The book."""

    campaigns: Statement[[], Campaign]


async def read(connection: Any) -> CampaignBook:
    """All campaigns, in the catalog's snapshot."""
    rows = await SQL.campaigns.all(connection)
    return CampaignBook(campaigns={row.name: row for row in rows})
