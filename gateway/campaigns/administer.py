"""What operators do with campaigns.

Every window is by the database's clock: the statements judge it, and nothing of it is judged here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.campaigns.administration import SQL, HeldCampaign
from gateway.catalog.administer import sku_id
from gateway.codes import shelve
from gateway.ground.desk.port import (
    Row,
    Transaction,
    already_exists,
    check_name,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.prices.administer import NewRow, create_row
from gateway.prices.value import read_value


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A campaign that is to be: open from `starts_at` up to, not including, `ends_at`.

    No partners: for all. `price_minor` is what one costs in it, `codes` how many are put on a shelf
    of its own until it ends, `warm_up_s` how long before the doors open workers make ready.
    `new_buyers`: only for buyers who never bought.
    `wants_pass`: of its waiting room, which serves `rate` more numbers each second.
    """

    name: str
    sku: str
    starts_at: datetime
    ends_at: datetime
    kind: str = "flash"
    per_buyer: int | None = None
    warm_up_s: int = 0
    partners: Sequence[str] = ()
    price_minor: int | None = None
    allow_zero: bool = False  # a price of 0 is meant
    codes: int | None = None
    wants_pass: bool = False
    rate: int | None = None
    new_buyers: bool = False


async def create_campaign(db: Transaction, new: NewCampaign) -> dict[str, Any]:
    """Make a sale of one SKU within a window."""
    check_name("campaign", new.name)
    if new.starts_at >= new.ends_at:
        raise wrong("ends-before-start", "from")
    if new.rate is not None and not new.wants_pass:
        raise wrong("rate-without-passes", "rate")
    sku = await sku_id(db, new.sku)
    made = await SQL.insert_campaign.one(
        db, new.name, sku, new.starts_at, new.ends_at, new.per_buyer, new.kind,
        new.warm_up_s, not new.partners, new.new_buyers,
    )  # fmt: skip
    if made is None:
        raise already_exists("campaign", new.name)
    for partner in dict.fromkeys(new.partners):
        await SQL.insert_campaign_partner.run(db, made, await partner_id(db, partner))
    if new.wants_pass:
        await SQL.open_waiting_room.run(db, made, new.rate)
    if new.price_minor is not None:
        value = read_value(new.price_minor, None)
        row = NewRow(sku=new.sku, value=value, campaign=new.name, allow_zero=new.allow_zero)
        await create_row(db, row)
    if new.codes is not None:
        await _put_up_shelf(db, new)
    return {
        "campaign": new.name,
        "sku": new.sku,
        "starts_at": new.starts_at,
        "ends_at": new.ends_at,
    }


async def serve_passes(
    db: Transaction, name: str, *, serving: int | None, rate: int | None
) -> dict[str, Any]:
    """How far a campaign's waiting room serves, from now on `serving` or `rate` more each second.

    Both None: nothing changes.
    """
    if serving is not None and rate is not None:
        raise wrong("set-or-rate", "set")
    room = await SQL.serving.one(db, name)
    if room is None:
        raise not_found("campaign", name)
    if serving is not None or rate is not None:
        await SQL.serve_on.run(db, name, room["serving"] if serving is None else serving, rate)
        room = await SQL.serving.one(db, name)
        assert room is not None
    return {"serving": room["serving"], "rate": room["rate"], "issued": room["issued"]}


async def list_campaigns(db: Transaction) -> Sequence[Row]:
    """All campaigns, the latest first."""
    return await SQL.list_campaigns.all(db, None)


async def show_campaign(db: Transaction, name: str) -> dict[str, Any]:
    """One campaign: what it is, what was sold in it, who was refused, by the problem's code."""
    rows = await SQL.list_campaigns.all(db, name)
    if not rows:
        raise not_found("campaign", name)
    sold = await SQL.campaign_sales.only(db, name)
    refused_by_code = await SQL.campaign_refusals.all(db, name)
    room = await SQL.room_of_campaign.one(db, name)
    return {
        **rows[0],
        "pass": None if room is None else "required",
        "rate": None if room is None else room["rate"],
        "partners": await SQL.campaign_partners.all(db, name),
        "shelves": await SQL.campaign_shelf_stats.all(db, name),
        **sold,
        "refusals": {one["code"]: one["refused"] for one in refused_by_code},
    }


async def change_campaign(
    db: Transaction, name: str, *, starts_at: datetime | None, ends_at: datetime | None
) -> dict[str, Any]:
    """Move the window of a campaign that is to come, or the end of one that runs.

    Refused: another start while it runs, an end that is over, anything once it is over.
    """
    if starts_at is None and ends_at is None:
        raise wrong("which-end", "from")
    row = await _hold(db, name)
    if row["state"] == "over":
        raise refused("campaign-over", "campaign-over", campaign=name)
    if starts_at is not None and row["state"] == "open":
        raise refused("campaign-running", "campaign-running", "from", campaign=name)
    if (starts_at or row["starts_at"]) >= (ends_at or row["ends_at"]):
        raise wrong("ends-before-start", "from")
    moved = await SQL.move_campaign.one(db, name, starts_at, ends_at)
    if moved is None:
        raise wrong("end-is-over", "to", campaign=name)
    await shelve.end_with_campaign(db, name, moved["ends_at"])
    return {"campaign": name, **moved}


async def end_campaign(db: Transaction, name: str) -> dict[str, Any]:
    """End a campaign now, also one that is to come; again: nothing more."""
    await _hold(db, name)
    returned = await shelve.close_with_campaign(db, name)
    ended = await SQL.end_campaign.only(db, name)
    return {"campaign": name, **ended, "returned": returned}


async def _put_up_shelf(db: Transaction, new: NewCampaign) -> None:
    """A shelf of the campaign's name, cut from what the SKU is sold from; closed at its end."""
    pool = await SQL.pool_of_sku.one(db, new.sku)
    if pool is None:
        raise wrong("codes-without-pool", "codes", sku=new.sku)
    if (await _hold(db, new.name))["state"] == "over":
        raise wrong("nothing-to-come", "to")
    shelf = shelve.NewShelf(
        pool=pool,
        shelf=new.name,
        codes=new.codes or 0,
        campaign=new.name,
        until=new.ends_at,
    )
    await shelve.put_up(db, shelf)


async def _hold(db: Transaction, name: str) -> HeldCampaign:
    """A campaign that nobody else changes until this is done."""
    row = await SQL.hold_campaign.one(db, name)
    if row is None:
        raise not_found("campaign", name)
    return row
