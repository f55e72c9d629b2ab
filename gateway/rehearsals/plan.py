"""What is rehearsed: a campaign's settings as they are, read and nothing else.

Of codes only how many there are, of partners only their names: no code, key or secret is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.campaigns.administer import show_campaign
from gateway.catalog.administer import show_sku
from gateway.catalog.category import list_categories
from gateway.codes.shelve import MAIN, list_shelves
from gateway.ground.desk.port import Row, Transaction
from gateway.ground.desk.refusal import refused
from gateway.partners.administer import list_partners
from gateway.prices.administer import floor_of, list_rows
from gateway.prices.value import Value
from gateway.quotas.administer import list_quotas

PARTNERS_MAX: Final = 8  # who sell in the rehearsal; the first by name
OWN: Final = ":"  # in the names of limits that a SKU or a campaign brings along


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One campaign, and all that its orders meet."""

    campaign: Row
    sku: Row
    categories: Sequence[tuple[str, str | None]]  # with what each lies in, from the top down
    partners: Sequence[str]
    prices: Sequence[Row]
    floor_value: Value | None
    quotas: Sequence[Row]
    shelves: Sequence[Row]  # `main` first

    @property
    def sells_from(self) -> str:
        """The shelf that its orders sell from."""
        for kind, name in (("campaign", self.campaign["campaign"]), ("sku", self.sku["sku"])):
            for shelf in self.shelves:
                if shelf[kind] == name:
                    return str(shelf["shelf"])
        return MAIN

    @property
    def totals(self) -> frozenset[str]:
        """Quotas that can run out for everybody."""
        return frozenset(row["quota"] for row in self.quotas if row["per"] == "total")


async def read_plan(db: Transaction, campaign: str) -> Plan:
    """The settings of a campaign that is not over, in one read-only transaction."""
    shown = await show_campaign(db, campaign)
    if shown["state"] == "over":
        raise refused("campaign-over", "rehearsal-over", campaign=campaign)
    sku = await show_sku(db, shown["sku"])
    if sku["pool"] is None or sku["bought_on_demand"]:
        raise refused("no-stock", "rehearsal-without-pool", sku=sku["sku"])
    shelves = [row for row in await list_shelves(db, sku["pool"]) if row["closed_at"] is None]
    if not any(unsold(row) for row in shelves):
        raise refused("no-stock", "rehearsal-without-codes", pool=sku["pool"])
    categories = _chain(sku["category"], await list_categories(db))
    partners = await _partners(db, shown, sku)
    return Plan(
        campaign=shown,
        sku=sku,
        categories=categories,
        partners=partners,
        prices=[
            row
            for row in await list_rows(db, sku=sku["sku"])
            if row["state"] in {"in force", "coming"}
            and row["channel"] is None
            and row["campaign"] in {None, campaign}
            and (row["partner"] is None or row["partner"] in partners)
        ],
        floor_value=await floor_of(db, sku["sku"]),
        quotas=[
            row
            for row in await list_quotas(db)
            if OWN not in row["quota"]
            and row["on"]
            in {"all", f"sku:{sku['sku']}", f"campaign:{campaign}"}
            | {f"category:{name}" for name, _ in categories}
        ],
        shelves=shelves,
    )


def unsold(shelf: Row) -> int:
    """Codes of a shelf that may still be sold, those that workers have among them."""
    return int(shelf["free"] + shelf["leased"])


def _chain(category: str | None, rows: Sequence[Row]) -> Sequence[tuple[str, str | None]]:
    parents: Mapping[str, Any] = {row["category"]: row["parent"] for row in rows}
    chain: list[tuple[str, str | None]] = []
    while category is not None:
        chain.insert(0, (category, parents[category]))
        category = parents[category]
    return chain


async def _partners(db: Transaction, campaign: Row, sku: Row) -> Sequence[str]:
    """Those who may take part and are offered the SKU."""
    names = [row["partner"] for row in await list_partners(db)]
    if not campaign["for_all"]:
        names = [name for name in names if name in campaign["partners"]]
    if not sku["offered_to_all"]:
        offered = {row["partner"] for row in sku["offers"]}
        names = [name for name in names if name in offered]
    return names[:PARTNERS_MAX] or ["rehearsal"]
