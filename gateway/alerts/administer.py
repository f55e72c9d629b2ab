"""Alerts, as operators see them and take note of them."""

from typing import Any

from gateway.alerts.administration import SQL
from gateway.ground.desk.port import Transaction, not_found


async def show_alert(db: Transaction, alert: str) -> dict[str, Any]:
    """One. Refused: there is none of this id."""
    found = await SQL.show_alert.one(db, alert)
    if found is None:
        raise not_found("alert", alert)
    return dict(found)


async def acknowledge(db: Transaction, alert: str, actor: str) -> dict[str, Any]:
    """Somebody knows; the first one has it, again changes nothing. It lasts while its cause does.

    Refused: there is none of this id.
    """
    if await SQL.acknowledge.one(db, alert, actor) is None:
        raise not_found("alert", alert)
    return await show_alert(db, alert)
