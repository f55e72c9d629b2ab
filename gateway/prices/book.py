"""Reads the prices for the order path."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.ground.sql.declared import Statement, Statements
from gateway.prices.rules import PriceBook, PriceRow, price_list, share_of_list


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """A SKU's list price and its floor: an amount or basis points, or none."""

    id: int
    price: int
    allow_zero: bool
    floor_amount: int | None
    floor_basis_points: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A price row for one of the SKUs it is about."""

    id: int
    sku_id: int
    amount: int | None
    basis_points: int | None
    partner_id: int | None
    channel: str | None
    campaign: str | None
    min_quantity: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    priority: int
    allow_zero: bool
    below: int


class SQL(Statements, file="prices/queries"):
    """The book."""

    list_prices: Statement[[], ListedRow]
    price_rows: Statement[[], StoredRow]


async def read(connection: Any) -> PriceBook:
    """The prices of every SKU, in the catalog's snapshot."""
    listed = await SQL.list_prices.all(connection)
    prices = {row.id: row.price for row in listed}
    rows: dict[int, list[PriceRow]] = defaultdict(list)
    for row in await SQL.price_rows.all(connection):
        rows[row.sku_id].append(_row(row, prices[row.sku_id]))
    return PriceBook(
        lists={
            row.id: price_list(
                PriceRow(id=0, minor=row.price, allow_zero=row.allow_zero),
                rows[row.id],
                _minor(row.price, row.floor_amount, row.floor_basis_points),
            )
            for row in listed
        }
    )


def _row(row: StoredRow, list_minor: int) -> PriceRow:
    return PriceRow(
        id=row.id,
        minor=_minor(list_minor, row.amount, row.basis_points),
        partner_id=row.partner_id,
        channel=row.channel,
        campaign=row.campaign,
        min_quantity=row.min_quantity,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        priority=row.priority,
        allow_zero=row.allow_zero,
        below=row.below,
    )


def _minor(list_minor: int, amount: int | None, basis_points: int | None) -> int:
    """An amount, or what a share of the list price comes to; nothing said: 0."""
    return amount or 0 if basis_points is None else share_of_list(list_minor, basis_points)
