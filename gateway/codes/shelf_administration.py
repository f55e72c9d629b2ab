"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PoolToDivide(TypedDict):
    """A pool; `over`: what was given as an end is in the past."""

    id: int
    purchased: bool
    over: bool


class CampaignEnd(TypedDict):
    """When a campaign ends, and whether that is past."""

    ends_at: datetime
    over: bool


class LockedShelf(TypedDict):
    """A shelf that nobody else changes."""

    id: int
    name: str
    sku: str | None
    channel: str | None
    campaign: str | None
    closed_at: datetime | None
    withheld_from: int | None


class Moved(TypedDict):
    """How many codes were moved, and how many could be."""

    moved: int
    most: int


class SQL(Statements, file="codes/shelf_administration"):
    """Asked within an operator's transaction."""

    pool_to_divide: Statement[[str, datetime | None], PoolToDivide]
    sku_of_pool: Statement[[str, int], bool]
    channel_named: Statement[[str], int]
    end_of_campaign: Statement[[str], CampaignEnd]
    lock_shelves: Statement[[int], LockedShelf]
    put_up_shelf: Statement[
        [int, str, str | None, str | None, str | None, bool, int, datetime | None], int
    ]
    move_codes: Statement[[int, int, int], Moved]
    close_shelf: Statement[[int], int]
    end_shelves_of_campaign: Statement[[str, datetime], int]
    close_shelves_of_campaign: Statement[[str], int]
    list_shelves: Statement[[str], Row]
    trace_shelf: Statement[[str, str], Row]
