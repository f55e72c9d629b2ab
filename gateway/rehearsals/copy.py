"""The copy that is thrown away: the campaign's settings, with keys, money and codes made up.

It has a database and a key file of its own. What was settled before is not in it: quotas begin at
nothing, and of each shelf there are as many codes as may still be sold, but no more than the
buyers could take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.campaigns.administer import NewCampaign, create_campaign
from gateway.catalog.administer import NewOffer, NewSku, create_pool, create_sku
from gateway.catalog.category import create_category
from gateway.catalog.rules import SkuKind
from gateway.codes.shelve import MAIN, NewShelf, put_up
from gateway.ground.desk.port import Row, Secrecy, Transaction
from gateway.ground.outside.client import Credentials
from gateway.partners.administer import create_partner, deposit
from gateway.partners.keys import create_key
from gateway.prices.administer import NewRow, create_row, set_floor
from gateway.prices.value import read_value
from gateway.quotas.administer import create_quota
from gateway.quotas.rules import Per, Window
from gateway.rehearsals.plan import Plan, unsold

RICH_MINOR: Final = 10**15  # of each partner: a rehearsal is not about money
CODES_EACH: Final = 2  # what a buyer could take, and so what a shelf needs at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """Puts a plan into an empty shop."""

    plan: Plan
    buyers: int

    @property
    def codes(self) -> int:
        """How many are to be made up in all."""
        return sum(self._codes_on(shelf) for shelf in self.plan.shelves)

    async def open_shop(self, db: Transaction, secrecy: Secrecy) -> Sequence[Credentials]:
        """Categories, pool, partners, SKU; the keys of the partners."""
        for name, parent in self.plan.categories:
            await create_category(db, name, parent=parent)
        await create_pool(db, self.plan.sku["pool"], case_insensitive=False, ignore_spaces=False)
        found = [await self._partner(db, secrecy, name) for name in self.plan.partners]
        await self._sku(db)
        return found

    async def open_campaign(self, db: Transaction, opens_at: datetime) -> None:
        """Shelves, the campaign, prices and quotas, once the codes are there; its doors open at a
        moment of the database's clock."""
        plan, shown = self.plan, self.plan.campaign
        lasts: timedelta = shown["ends_at"] - shown["starts_at"]
        new = NewCampaign(
            name=shown["campaign"],
            sku=shown["sku"],
            starts_at=opens_at,
            ends_at=opens_at + lasts,
            kind=shown["kind"],
            per_buyer=shown["per_buyer"],
            warm_up_s=shown["warm_up_s"],
            partners=() if shown["for_all"] else plan.partners,
            wants_pass=shown["pass"] is not None,
            rate=shown["rate"],
            new_buyers=shown["new_buyers"],
        )
        await create_campaign(db, new)
        for shelf in plan.shelves:
            if shelf["shelf"] != MAIN:
                await put_up(db, self._shelf(shelf))
        for row in plan.prices:
            await create_row(db, self._price(row, opens_at - shown["starts_at"]))
        if (floor := plan.floor_value) is not None:
            await set_floor(db, shown["sku"], floor)
        for row in plan.quotas:
            await create_quota(
                db,
                row["quota"],
                on=row["on"],
                per=Per(row["per"]),
                most=row["max"],
                window=Window(row["window"]),
                keep_refunded=row["keep_refunded"],
            )

    # ------------------------------------------------------------ parts

    async def _partner(self, db: Transaction, secrecy: Secrecy, name: str) -> Credentials:
        await create_partner(db, secrecy, name)
        await deposit(db, name, RICH_MINOR, "rehearsal")
        key: dict[str, Any] = await create_key(
            db, secrecy, partner=name, scopes=(), allow_ips=(), rate_per_s=None
        )
        return Credentials(
            key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"]
        )

    async def _sku(self, db: Transaction) -> None:
        sku = self.plan.sku
        offers = () if sku["offered_to_all"] else self.plan.partners
        new = NewSku(
            sku=sku["sku"],
            name=sku["name"],
            kind=SkuKind(sku["kind"]),
            price_minor=sku["price"],
            pool=sku["pool"],
            face_value_minor=sku["face_value"],
            per_buyer=sku["per_buyer"],
            quantity_max=sku["quantity_max"],
            min_life_days=sku["min_life"],
            category=sku["category"],
            tags=sku["tags"],
            allow_zero=sku["price"] == 0,
            offers=[NewOffer(partner=name, price_minor=None) for name in offers],
        )
        await create_sku(db, new)

    def _codes_on(self, shelf: Row) -> int:
        return min(unsold(shelf), CODES_EACH * self.buyers)

    def _shelf(self, shelf: Row) -> NewShelf:
        """One that others sell from lies there for what can be borrowed of it."""
        plan = self.plan
        return NewShelf(
            pool=plan.sku["pool"],
            shelf=shelf["shelf"],
            codes=self._codes_on(shelf),
            sku=shelf["sku"] if shelf["sku"] == plan.sku["sku"] else None,
            campaign=shelf["campaign"] if shelf["campaign"] == plan.campaign["campaign"] else None,
            borrow=shelf["borrow"],
            reserve=shelf["reserve"] if shelf["borrow"] else None,
        )

    def _price(self, row: Row, later: timedelta) -> NewRow:
        """Its window lies in the rehearsal's as it does in the campaign's."""
        starts_at, ends_at = row["starts_at"], row["ends_at"]
        percent = None if row["percent"] is None else f"{row['percent']:.2f}"
        return NewRow(
            far_below=True,  # it is in force in the shop
            value=read_value(row["amount"], percent),
            sku=row["sku"],
            category=row["category"],
            partner=row["partner"],
            campaign=row["campaign"],
            min_quantity=row["min_quantity"],
            starts_at=None if starts_at is None else starts_at + later,
            ends_at=None if ends_at is None else ends_at + later,
            priority=row["priority"],
            allow_zero=row["allow_zero"],
        )
