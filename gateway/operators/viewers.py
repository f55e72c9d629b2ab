"""Operators who see codes: one at a time, and frozen when they saw too many."""

from gateway.ground.desk.port import Transaction, not_found
from gateway.operators.administration import SQL, Viewer


async def hold_viewer(db: Transaction, name: str) -> Viewer:
    """Lock an operator's row; whether he is frozen, and since when what he sees counts."""
    row = await SQL.hold_viewer.one(db, name)
    if row is None:
        raise not_found("operator", name)
    return row


async def freeze(db: Transaction, name: str) -> None:
    """He sees no code until somebody else lets him go on."""
    await SQL.freeze_operator.run(db, name)
