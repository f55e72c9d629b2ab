"""How far a price lies below what a SKU may be sold for, or is bought for."""

from dataclasses import dataclass
from typing import Final

from gateway.catalog.administer import NewSku
from gateway.ground import house
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import refused
from gateway.prices.administration import SQL, Floor, PricedSku
from gateway.prices.value import Value
from gateway.settings.administer import is_above_limit, read_setting

FOUR_EYES: Final = "four_eyes.price.{}"
NEW_CURRENCY: Final = "CNY"  # of a SKU that is made: the table's default


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """How far a price is below floors: the highest of them, and the widest gap to one.

    Where it lies below costs only, `floor_minor` is None and the gap is to a cost. `widest_minor`
    is the widest gap to either.
    """

    floor_minor: int | None
    gap_minor: int
    widest_minor: int
    sku: str
    currency: str

    @property
    def what(self) -> str:
        """What it lies below: the end of a refusal's `why`."""
        return "cost" if self.floor_minor is None else "floor"


async def _below(
    db: Transaction, value: Value, sku: PricedSku | None, category: int | None = None
) -> Below | None:
    """How far a price lies below the floors and costs it meets; None: below none."""
    if sku is not None:
        found = await SQL.floor_of_sku.one(db, sku["id"])
        rows = [] if found is None else [found | {"price": sku["price"]}]
    elif category is not None:
        rows = await SQL.floors_of_category.all(db, category)
    else:
        rows = []
    floors: list[tuple[int, int, Floor]] = []
    costs: list[tuple[int, int, Floor]] = []
    for row in rows:
        price_minor = value.minor(row["price"])
        floor = Value(amount=row["floor_amount"], basis_points=row["floor_basis_points"])
        for least_minor, lower in ((floor.minor(row["price"]), floors), (row["cost"] or 0, costs)):
            if price_minor < least_minor:
                lower.append((least_minor - price_minor, least_minor, row))
    if not floors and not costs:
        return None
    gap_minor, _, row = max(floors or costs, key=lambda each: each[0])
    return Below(
        floor_minor=max((least_minor for _, least_minor, _ in floors), default=None),
        gap_minor=gap_minor,
        widest_minor=max(gap_minor for gap_minor, _, _ in (*floors, *costs)),
        sku=row["sku"],
        currency=row["currency"],
    )


async def list_below(db: Transaction, sku: PricedSku, price_minor: int) -> Below | None:
    """How far a list price lies below its cost. Refused below its floor."""
    listed: PricedSku = {**sku, "price": price_minor}
    below = await _below(db, Value(amount=price_minor, basis_points=None), listed)
    if below is not None and below.floor_minor is not None:
        raise refused(
            "below-floor", "list-below-floor", "amount", gap=below.gap_minor, sku=below.sku
        )
    return below


async def allowed_below(
    db: Transaction, value: Value, sku: PricedSku | None, category: int | None = None
) -> Below | None:
    """How far a price lies below the floors and costs it meets. Refused below a floor where no
    such price is allowed."""
    below = await _below(db, value, sku, category)
    if below is None or below.floor_minor is None:
        return below
    setting = FOUR_EYES.format(below.currency)
    if setting not in house.settings() or await read_setting(db, setting) is None:
        raise refused(
            "below-floor", "below-floor", "amount",
            gap=below.gap_minor, sku=below.sku, setting=setting,
        )  # fmt: skip
    return below


async def is_far(db: Transaction, below: Below) -> bool:
    """Whether that is further than one may go alone."""
    return await is_above_limit(db, "price", below.currency, below.widest_minor)


async def is_new_far_below(db: Transaction, new: NewSku) -> bool:
    """Whether a SKU that is to be would cost somebody less, by more than one may go alone, than it
    is bought for. It has no floor yet."""
    costs = [(r.priority, r.cost_minor) for r in new.routes if r.cost_minor is not None]
    if not costs:
        return False
    own = [offer.price_minor for offer in new.offers if offer.price_minor is not None]
    gap_minor = min(costs)[1] - min([new.price_minor, *own])
    return gap_minor > 0 and await is_above_limit(db, "price", NEW_CURRENCY, gap_minor)
