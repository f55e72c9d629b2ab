"""Pools at a glance: what is left, against its mark, and what ends before it may be sold."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.console.administration import SQL
from gateway.console.overview import level
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller

SOON_DAYS: Final = 30


async def stock(at: At, _asked: Mapping[str, str], _: Caller) -> Mapping[str, Any]:
    """The pools, the shortest first; at most 200."""
    rows = await SQL.stock_levels.all(at.db, SOON_DAYS)
    return {"pools": [{**row, "level": level(row)} for row in rows], "days": SOON_DAYS}
