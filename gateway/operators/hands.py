"""Whose hands a change comes from: accounts and tokens are made by people for people."""

from gateway.ground.desk.action import Change
from gateway.ground.desk.port import Transaction
from gateway.operators.administration import SQL


async def hands_behind(db: Transaction, change: Change) -> list[str]:
    """The persons who could be behind a change, in small letters: whose account it came by, and
    whoever made the token it came with, or the token with which that was made. The shell is one.
    """
    if change.permissions is None:
        return [change.person.lower()]
    return sorted(await SQL.hands.all(db, change.actor, change.how.get("token")))
