"""Reads the campaigns for the order path."""

from typing import Any

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.ground.sql.named_sql import queries

SQL = queries("campaigns/queries")


async def read(connection: Any) -> CampaignBook:
    """All campaigns, in the catalog's snapshot."""
    rows = await connection.fetch(SQL["campaigns"])
    return CampaignBook(campaigns={row["name"]: Campaign(**dict(row)) for row in rows})
