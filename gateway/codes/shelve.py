"""Dividing a pool among those who sell from it: putting shelves up, moving codes, closing.

Every shelf is exact by construction: what is moved was free, under the pool's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.codes.shelf_administration import SQL, LockedShelf
from gateway.ground.desk.port import (
    Row,
    Transaction,
    already_exists,
    check_name,
    not_found,
)
from gateway.ground.desk.refusal import refused, wrong

MAIN: Final = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShelf:
    """A shelf that is to be, with so many codes from `main`; at most one of three sells from it."""

    pool: str
    shelf: str
    codes: int
    sku: str | None = None
    channel: str | None = None
    campaign: str | None = None
    borrow: bool = False
    reserve: int | None = None
    until: datetime | None = None


async def put_up(db: Transaction, new: NewShelf) -> dict[str, Any]:
    """Make a shelf with exactly so many codes, or nothing; a closed one is put up again."""
    check_name("shelf", new.shelf)
    if new.shelf == MAIN:
        raise already_exists("shelf", MAIN)
    if new.reserve is not None and not new.borrow:
        raise wrong("reserve-without-borrow", "reserve")
    bound = {"sku": new.sku, "channel": new.channel, "campaign": new.campaign}
    named = [kind for kind, name in bound.items() if name is not None]
    if len(named) > 1:
        raise wrong("one-seller", named[1], other=named[0])
    pool_id = await _pool_to_divide(db, new.pool, until=new.until)
    await _check_seller(db, pool_id, new)
    until = await _until(db, new)
    shelves = await SQL.lock_shelves.all(db, pool_id)
    _check_free_to_bind(shelves, bound)
    shelf_id = await SQL.put_up_shelf.one(
        db, pool_id, new.shelf, new.sku, new.channel, new.campaign, new.borrow,
        new.reserve or 0, until,
    )  # fmt: skip
    if shelf_id is None:
        raise already_exists("shelf", new.shelf)
    await _move(db, pool_id, shelf_id, new.codes, of=MAIN)
    return {"shelf": new.shelf, "codes": new.codes}


async def move(db: Transaction, pool: str, source: str, target: str, count: int) -> dict[str, Any]:
    """Move exactly so many free codes from one shelf to another, or nothing."""
    if source == target:
        raise wrong("one-shelf", "target", shelf=target)
    pool_id = await _pool_to_divide(db, pool)
    shelves = await SQL.lock_shelves.all(db, pool_id)
    from_id, to_id = _open_shelf(shelves, source), _open_shelf(shelves, target)
    await _move(db, from_id, to_id, count, of=source)
    return {"moved": count}


async def close(db: Transaction, pool: str, shelf: str) -> dict[str, Any]:
    """Close a shelf; what it has left goes back to `main`."""
    pool_id = await _pool_to_divide(db, pool)
    if shelf == MAIN:
        raise wrong("main-stays", "shelf")
    shelf_id = _open_shelf(await SQL.lock_shelves.all(db, pool_id), shelf)
    return {"returned": await SQL.close_shelf.only(db, shelf_id)}


async def end_with_campaign(db: Transaction, campaign: str, ends_at: datetime) -> None:
    """A campaign's shelves close by themselves at its end; called again when that is moved."""
    await SQL.end_shelves_of_campaign.run(db, campaign, ends_at)


async def close_with_campaign(db: Transaction, campaign: str) -> int:
    """Close a campaign's shelves now, for it ended early; how many codes went back."""
    return await SQL.close_shelves_of_campaign.only(db, campaign)


async def list_shelves(db: Transaction, pool: str) -> Sequence[Row]:
    """A pool's shelves, `main` first, closed ones too: what was sold from them lies there."""
    rows = await SQL.list_shelves.all(db, pool)
    if not rows:
        raise not_found("pool", pool)
    return rows


async def _pool_to_divide(db: Transaction, pool: str, *, until: datetime | None = None) -> int:
    row = await SQL.pool_to_divide.one(db, pool, until)
    if row is None:
        raise not_found("pool", pool)
    if row["purchased"]:
        raise wrong("pool-undivided", "pool", pool=pool)
    if row["over"]:
        raise wrong("until-over", "until")
    return row["id"]


async def _check_seller(db: Transaction, pool_id: int, new: NewShelf) -> None:
    """Whether there is such a seller; a SKU must be sold from this pool."""
    if new.sku is not None:
        is_here = await SQL.sku_of_pool.one(db, new.sku, pool_id)
        if is_here is None:
            raise not_found("sku", new.sku)
        if not is_here:
            raise wrong("sku-elsewhere", "sku", sku=new.sku, pool=new.pool)
    if new.channel is not None and await SQL.channel_named.one(db, new.channel) is None:
        raise not_found("channel", new.channel)


async def _until(db: Transaction, new: NewShelf) -> datetime | None:
    """When it closes by itself; a campaign's with the campaign, unless that is said otherwise."""
    if new.campaign is None:
        return new.until
    campaign = await SQL.end_of_campaign.one(db, new.campaign)
    if campaign is None:
        raise not_found("campaign", new.campaign)
    if new.until is None and campaign["over"]:
        raise wrong("campaign-is-over", "campaign", campaign=new.campaign)
    return new.until or campaign["ends_at"]


def _check_free_to_bind(shelves: Sequence[Row], bound: Mapping[str, str | None]) -> None:
    """Whether nobody named sells from another open shelf of the pool already."""
    for shelf in shelves:
        for kind, name in bound.items():
            if shelf["closed_at"] is None and name is not None and shelf[kind] == name:
                raise refused(
                    "already-exists", "sells-already", kind, name=name, shelf=shelf["name"]
                )


def _open_shelf(shelves: Sequence[LockedShelf], name: str) -> int:
    for shelf in shelves:
        if shelf["name"] == name:
            if shelf["closed_at"] is not None:
                raise refused("shelf-closed", "shelf-closed", shelf=name)
            if shelf["withheld_from"] is not None:
                raise refused("codes-withheld", "codes-withheld", shelf=name)
            return shelf["id"]
    raise not_found("shelf", name)


async def _move(db: Transaction, source: int, target: int, count: int, *, of: str) -> None:
    if count == 0:
        return
    row = await SQL.move_codes.only(db, source, target, count)
    if row["moved"] != count:
        raise refused("not-enough-codes", "too-few-free", shelf=of, most=row["most"], count=count)
