"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PricedSku(TypedDict):
    """A SKU whose prices nobody else changes."""

    id: int
    price: int
    currency: str
    allow_zero: bool


class Floor(TypedDict):
    """A SKU's list price, what it may not be sold below, and what it is bought for, if anything.

    `cost` is of one, in minor units, at the route that is tried first of those that say it.
    """

    sku: str
    price: int
    currency: str
    floor_amount: int | None
    floor_basis_points: int | None
    cost: int | None


class SQL(Statements, file="prices/administration"):
    """Asked within an operator's transaction."""

    insert_price_row: Statement[
        [
            int | None,
            int | None,
            int | None,
            int | None,
            int | None,
            int | None,
            int | None,
            int | None,
            datetime | None,
            datetime | None,
            int,
            bool,
            str | None,
            str | None,
            int | None,
            str | None,
        ],
        int,
    ]
    list_price_rows: Statement[[str | None], Row]
    channel_by_name: Statement[[str], int]
    campaign_by_name: Statement[[str], int]
    delete_price_row: Statement[[int], int]
    priced_sku: Statement[[str], PricedSku]
    set_list_price: Statement[[int, int, bool], int]
    floors_of_category: Statement[[int], Floor]
    floor_of_sku: Statement[[int], Floor]
    set_floor: Statement[[int, int | None, int | None], int]
    trace_price_row: Statement[[int], Row]
    trace_own_price: Statement[[str, str], Row]
    trace_price_floor: Statement[[str], Row]
