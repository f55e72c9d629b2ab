"""What operators do with campaigns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.ground.desk.port import Row, Statements, already_exists, check_name, not_found
from gateway.ground.desk.refusal import wrong


async def create_campaign(
    db: Statements,
    name: str,
    *,
    sku: str,
    starts_at: datetime,
    ends_at: datetime,
    per_buyer: int | None,
) -> dict[str, Any]:
    """Make a flash sale of one SKU, open from `starts_at` up to, not including, `ends_at`."""
    check_name("campaign", name)
    if starts_at >= ends_at:
        raise wrong("ends-before-start", "from")
    row = await db.one("sku_by_name", sku)
    if row is None:
        raise not_found("sku", sku)
    if await db.one("insert_campaign", name, row["id"], starts_at, ends_at, per_buyer) is None:
        raise already_exists("campaign", name)
    return {"campaign": name, "sku": sku, "starts_at": starts_at, "ends_at": ends_at}


async def list_campaigns(db: Statements) -> Sequence[Row]:
    """All campaigns, the latest first."""
    return await db.all("list_campaigns")
