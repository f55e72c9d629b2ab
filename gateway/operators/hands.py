"""Whose hands a change comes from: accounts and tokens are made by people for people."""

from typing import Final

from gateway.ground.desk.action import Change
from gateway.ground.desk.port import Transaction
from gateway.operators.administration import SQL

# Whoever made somebody's way in anew could be him for so long: until he made another one, we hope.
RESET_WITHIN_S: Final = 24 * 3600.0


async def hands_behind(db: Transaction, change: Change) -> list[str]:
    """The persons who could be behind a change, in small letters: whose account it came by, and
    whoever made the token it came with, or the token with which that was made, and whoever made
    a password or one-time codes of one of these less than a day before. The shell is one.
    """
    if change.permissions is None:
        return [change.person.lower()]
    return sorted(await SQL.hands.all(db, change.actor, change.how.get("token"), RESET_WITHIN_S))
