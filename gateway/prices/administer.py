"""What operators do with prices: rows, list prices, floors.

A price below a floor is refused, unless operators said how far below one may go alone
(`four_eyes.price.CURRENCY`): further down it waits until somebody else approves. So does a price
as far below what one is bought for, where that is known; while the setting is none nobody asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.catalog.administer import offer_to, sku_id
from gateway.catalog.category import category_id
from gateway.ground.command.tables import money
from gateway.ground.desk.action import Summed
from gateway.ground.desk.port import AMOUNT_MAX, Row, Transaction, not_found, partner_id
from gateway.ground.desk.refusal import DeskRefusedError, refused, wrong
from gateway.ground.errors import RefusedError
from gateway.prices.administration import SQL, PricedSku
from gateway.prices.below import NEW_CURRENCY, allowed_below, is_far, list_below
from gateway.prices.value import Value, no_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A price row that is to be; a condition that is None is none."""

    value: Value
    sku: str | None = None
    category: str | None = None
    partner: str | None = None
    channel: str | None = None
    campaign: str | None = None
    min_quantity: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    priority: int = 0
    allow_zero: bool = False
    reason: str = ""
    far_below: bool = False  # it may lie further below floor or cost than one may go alone
    asked_by: str | None = None
    approved_by: str | None = None


# ---------------------------------------------------------------- rows


async def create_row(db: Transaction, new: NewRow) -> dict[str, Any]:
    """Make a price row, in force at once. One far below a floor says who approved it.

    Refused: further below floor or cost than one may go alone, unless `far_below`.
    """
    sku, category = await _of(db, new)
    below = await allowed_below(db, new.value, sku, category)
    if not new.far_below and below is not None and await is_far(db, below):
        facts = {"sku": below.sku, "gap": below.gap_minor}
        if below.what == "cost":
            raise refused("below-cost", "far-below-cost", "amount", **facts)
        raise refused("below-floor", "far-below-floor", "amount", **facts)
    floor_minor = None if below is None else below.floor_minor
    approved_by = None if floor_minor is None else new.approved_by
    row_no = await SQL.insert_price_row.only(
        db,
        None if sku is None else sku["id"], category, new.value.amount, new.value.basis_points,
        None if new.partner is None else await partner_id(db, new.partner),
        None if new.channel is None else await _id(db, "channel", new.channel),
        None if new.campaign is None else await _id(db, "campaign", new.campaign),
        new.min_quantity, new.starts_at, new.ends_at, new.priority, new.allow_zero,
        None if approved_by is None else new.asked_by, new.reason or None,
        floor_minor, approved_by,
    )  # fmt: skip
    return {"price": str(row_no)}


async def is_far_below(db: Transaction, new: NewRow) -> bool:
    """Whether it lies further below floor or cost than one may go alone. Refused as `create_row`
    is."""
    sku, category = await _of(db, new)
    below = await allowed_below(db, new.value, sku, category)
    return below is not None and await is_far(db, below)


async def is_list_far_below(db: Transaction, sku: str, price_minor: int) -> bool:
    """The same of a list price. Refused below a floor."""
    below = await list_below(db, await _hold(db, sku), price_minor)
    return below is not None and await is_far(db, below)


async def summed_up(
    db: Transaction, *, sku: str | None, percent: str | None = None, points: int | None = None
) -> Summed:
    """What a price of a SKU (None: of a category) is said in, and what a share of it comes to."""
    if sku is None:
        return Summed(currency=NEW_CURRENCY)
    row = await _hold(db, sku)
    if points is None:
        return Summed(currency=row["currency"])
    listed, comes_to = (
        money(minor, row["currency"])
        for minor in (row["price"], Value(amount=None, basis_points=points).minor(row["price"]))
    )
    return Summed(says={"percent": f"{percent} of {listed}: {comes_to}"}, currency=row["currency"])


async def _of(db: Transaction, new: NewRow) -> tuple[PricedSku | None, int | None]:
    """What a row is of: a SKU, which is held, or a category. Raises what it may not be."""
    if (new.sku is None) == (new.category is None):
        raise wrong("sku-or-category", "sku")
    if new.starts_at is not None and new.ends_at is not None and new.starts_at >= new.ends_at:
        raise wrong("price-window", "from")
    sku = None if new.sku is None else await _hold(db, new.sku)
    _check_zero(new, sku)
    return sku, None if new.category is None else await category_id(db, new.category)


async def list_rows(db: Transaction, *, sku: str | None) -> Sequence[Row]:
    """All price rows, or those that are about a SKU."""
    if sku is not None:
        await sku_id(db, sku)
    return await SQL.list_price_rows.all(db, sku)


async def delete_row(db: Transaction, price: str) -> dict[str, Any]:
    """Take a price row away; orders keep what they paid."""
    if await SQL.delete_price_row.one(db, read_price_no(price)) is None:
        raise _no_row(price)
    return {"price": price, "deleted": True}


def read_price_no(price: str) -> int:
    """The number of a price row."""
    if not (price.isascii() and price.isdigit() and len(price) < 19):
        raise _no_row(price)
    return int(price)


# ---------------------------------------------------------------- of one SKU


async def set_list_price(
    db: Transaction, sku: str, price_minor: int, *, allow_zero: bool
) -> dict[str, Any]:
    """Change what a SKU costs without conditions. Refused below its floor."""
    row = await _hold(db, sku)
    _check_amount(price_minor, allow_zero=allow_zero)
    await list_below(db, row, price_minor)
    await SQL.set_list_price.run(db, row["id"], price_minor, allow_zero)
    return {"sku": sku, "price": price_minor}


async def set_own_price(
    db: Transaction, sku: str, price_minor: int, *, partner: str, allow_zero: bool
) -> dict[str, Any]:
    """Change what a SKU costs one partner; it is offered to him, too."""
    row = await _hold(db, sku)
    _check_amount(price_minor, allow_zero=allow_zero)
    below = await allowed_below(db, Value(amount=price_minor, basis_points=None), row)
    buyer = await partner_id(db, partner)
    floor_minor = None if below is None else below.floor_minor
    await offer_to(db, row["id"], buyer, price_minor, allow_zero=allow_zero, below=floor_minor)
    return {"sku": sku, "partner": partner, "price": price_minor}


async def set_floor(db: Transaction, sku: str, value: Value) -> dict[str, Any]:
    """Sell nothing below it from now on; rows that it overtakes make the SKU unavailable."""
    row = await _hold(db, sku)
    await SQL.set_floor.run(db, row["id"], value.amount, value.basis_points)
    return {"sku": sku, "floor": value.minor(row["price"])}


async def floor_of(db: Transaction, sku: str) -> Value | None:
    """What a SKU is not sold below; None: it has no floor."""
    row = await SQL.floor_of_sku.one(db, await sku_id(db, sku))
    if row is None or (row["floor_amount"] is None and row["floor_basis_points"] is None):
        return None
    return Value(amount=row["floor_amount"], basis_points=row["floor_basis_points"])


def _check_amount(price_minor: int, *, allow_zero: bool) -> None:
    if not 0 <= price_minor <= AMOUNT_MAX:
        raise no_amount(price_minor)
    if price_minor == 0 and not allow_zero:
        raise _free()


def _check_zero(new: NewRow, sku: PricedSku | None) -> None:
    """Refuse a row that brings 0 whatever it is used on."""
    if new.allow_zero:
        return
    always = (new.value.amount or new.value.basis_points or 0) == 0
    if always or (sku is not None and new.value.minor(sku["price"]) == 0):
        raise _free()


def _free() -> DeskRefusedError:
    return refused("zero-price", "price-of-nothing", "allow_zero")


async def _hold(db: Transaction, sku: str) -> PricedSku:
    """A SKU whose prices and floor nobody else changes until this is done."""
    row = await SQL.priced_sku.one(db, sku)
    if row is None:
        raise not_found("sku", sku)
    return row


async def _id(db: Transaction, noun: str, name: str) -> int:
    by_name = {"channel": SQL.channel_by_name, "campaign": SQL.campaign_by_name}
    found = await by_name[noun].one(db, name)
    if found is None:
        raise not_found(noun, name)
    return found


def _no_row(price: str) -> RefusedError:
    return not_found("price", price)
