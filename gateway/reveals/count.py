"""Codes that an operator sees or searches for: so many within an hour, and then no more."""

from datetime import datetime
from typing import Final

from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import KeptRefusalError, refused
from gateway.operators.viewers import freeze, hold_viewer
from gateway.reveals.administration import SQL

VIEWS_MAX: Final = 20  # by one operator within an hour, searches by code among them


async def count_view(db: Transaction, actor: str, permission: str) -> None:
    """Let an operator see one more, or search once more; his row is locked until this is over.

    Refused: he is frozen; it is one too many, which freezes him, and that stays.
    """
    since = await check_not_frozen(db, actor, permission)
    if await SQL.views_since.only(db, actor, since, VIEWS_MAX) >= VIEWS_MAX:
        await freeze(db, actor)
        raise KeptRefusalError(refused("frozen", "too-many-views", most=VIEWS_MAX))


async def check_not_frozen(db: Transaction, actor: str, permission: str) -> datetime:
    """Since when what he sees counts. Refused: he is frozen."""
    viewer = await hold_viewer(db, actor)
    if viewer["frozen"]:
        raise refused("not-permitted", "views-frozen", permission=permission)
    since: datetime = viewer["counted_since"]
    return since
