"""The catalogue: pools and SKUs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.catalog.account_rule import AccountRuleError, compile_rule
from gateway.catalog.administration import SQL
from gateway.catalog.category import category_id
from gateway.catalog.rules import SkuKind
from gateway.ground.desk.port import (
    AMOUNT_MAX,
    Row,
    Transaction,
    already_exists,
    check_name,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong

if TYPE_CHECKING:
    from connectors.contract import Capabilities

CODES: Final = (SkuKind.CODE, SkuKind.LINK, SkuKind.QR)  # from a pool, or bought on demand
QUANTITY_MAX: Final = 500  # in one order (api.md)
TAGS_MAX: Final = 32  # of one SKU
PURCHASE_POOL: Final = "{}-bought"  # where the SKU's own name is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOffer:
    """A partner who may buy a SKU; `price_minor` None: at the SKU's price."""

    partner: str
    price_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoute:
    """Where a SKU can be bought; smaller priorities first, cost for one in minor units."""

    upstream: str
    product_id: str
    priority: int
    cost_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSku:
    """A SKU as the operator describes it. Amounts in minor units; no offers: for everybody."""

    sku: str
    name: str
    kind: SkuKind
    price_minor: int
    pool: str | None = None
    face_value_minor: int | None = None
    account_rule: str | None = None
    per_buyer: int | None = None
    quantity_max: int | None = None  # in one order; None: as many as the routes allow
    low_stock: int | None = None
    min_life_days: int = 0
    category: str | None = None
    tags: Sequence[str] = ()
    allow_zero: bool = False  # a price of 0 is meant
    offers: Sequence[NewOffer] = ()
    routes: Sequence[NewRoute] = ()


# ---------------------------------------------------------------- pools


async def create_pool(
    db: Transaction, name: str, *, case_insensitive: bool, ignore_spaces: bool
) -> dict[str, Any]:
    """Make an empty pool; the two rules say which codes count as equal."""
    check_name("pool", name)
    if await SQL.insert_pool.one(db, name, case_insensitive, ignore_spaces) is None:
        raise already_exists("pool", name)
    return {"pool": name}


async def list_pools(db: Transaction) -> Sequence[Row]:
    """All pools with what they hold."""
    return await SQL.list_pools.all(db, None)


async def show_pool(db: Transaction, name: str) -> dict[str, Any]:
    """One pool: what it holds, its batches, the SKUs sold from it."""
    rows = await SQL.list_pools.all(db, name)
    if not rows:
        raise not_found("pool", name)
    return {**rows[0], "batches": await SQL.pool_batches.all(db, name)}


# ---------------------------------------------------------------- SKUs


async def create_sku(db: Transaction, new: NewSku) -> dict[str, Any]:
    """Put something on sale; codes bought on demand get a pool of their own."""
    _check_sku(new)
    await _check_routes(db, new)
    if await SQL.sku_by_name.one(db, new.sku) is not None:
        raise already_exists("sku", new.sku)
    pool = await _pool_id(db, new.pool)
    category = None if new.category is None else await category_id(db, new.category)
    purchase_pool = await _purchase_pool(db, new) if _buys_codes(new) else None
    sku_no = await SQL.insert_sku.one(
        db, new.sku, new.name, new.kind.value, pool, purchase_pool, new.price_minor,
        new.face_value_minor, new.account_rule, new.per_buyer, new.quantity_max, new.low_stock,
        not new.offers, category, list(dict.fromkeys(new.tags)),
        new.min_life_days, new.allow_zero,
    )  # fmt: skip
    if sku_no is None:
        raise already_exists("sku", new.sku)
    for offer in new.offers:
        partner = await partner_id(db, offer.partner)
        await offer_to(db, sku_no, partner, offer.price_minor, allow_zero=new.allow_zero)
    for route in new.routes:
        await _insert_route(db, sku_no, route)
    return {"sku": new.sku}


async def list_skus(db: Transaction) -> Sequence[Row]:
    """All SKUs by name."""
    return await SQL.list_skus.all(db, None)


async def show_sku(db: Transaction, sku: str) -> dict[str, Any]:
    """One SKU with its offers and routes."""
    rows = await SQL.list_skus.all(db, sku)
    if not rows:
        raise not_found("sku", sku)
    return {
        **rows[0],
        "offers": await SQL.sku_offers.all(db, sku),
        "routes": await SQL.sku_routes.all(db, sku),
    }


async def sku_id(db: Transaction, sku: str) -> int:
    """The id behind a SKU's name."""
    found = await SQL.sku_by_name.one(db, sku)
    if found is None:
        raise not_found("sku", sku)
    return found


async def offer_to(
    db: Transaction,
    sku: int,
    partner: int,
    price_minor: int | None,
    *,
    allow_zero: bool,
    below: int | None = None,
) -> None:
    """Offer a SKU to a partner, at a price of its own unless that is None; `below` is the floor
    that it lies under, if it does.
    """
    await SQL.insert_offer.run(db, sku, partner)
    if price_minor is not None:
        await SQL.set_own_price.run(db, sku, partner, price_minor, allow_zero, below)


async def set_limits(
    db: Transaction,
    sku: str,
    *,
    per_buyer: int | None,
    quantity_max: int | None,
    min_life_days: int | None,
) -> dict[str, Any]:
    """Change what one buyer or one order may have, and how long its codes must last: 0 lifts the
    limit, None leaves it."""
    rows = await SQL.list_skus.all(db, sku)
    if not rows:
        raise not_found("sku", sku)
    routes = await SQL.sku_routes.all(db, sku)
    _check_quantity(
        quantity_max or None,
        [_of_product(row["connector"], row["product_id"]) for row in routes],
    )
    if min_life_days and (rows[0]["pool"] is None or rows[0]["bought_on_demand"]):
        raise wrong("life-without-pool", "min_life")
    await SQL.set_limits.run(db, sku, per_buyer, quantity_max, min_life_days)
    (row,) = await SQL.list_skus.all(db, sku)
    return {
        "sku": sku,
        "per_buyer": row["per_buyer"],
        "quantity_max": row["quantity_max"],
        **({} if min_life_days is None else {"min_life": row["min_life"]}),
    }


async def set_account_rule(db: Transaction, sku: str, rule: str) -> dict[str, Any]:
    """Change what accounts of a top-up must look like; orders already taken stay as they are."""
    _check_rule(rule)
    rows = await SQL.list_skus.all(db, sku)
    if not rows:
        raise not_found("sku", sku)
    if rows[0]["kind"] != SkuKind.TOPUP:
        raise wrong("no-top-up", "sku", sku=sku, kind=rows[0]["kind"])
    await SQL.set_account_rule.run(db, sku, rule)
    return {"sku": sku, "account_rule": rule}


async def set_on_sale(db: Transaction, sku: str, *, on_sale: bool) -> dict[str, Any]:
    """Open or close a SKU; setting it to what it is changes nothing."""
    if await SQL.set_on_sale.one(db, sku, on_sale) is None:
        raise not_found("sku", sku)
    return {"sku": sku, "on_sale": on_sale}


def _check_sku(new: NewSku) -> None:
    check_name("sku", new.sku)
    if not (1 <= len(new.name.strip()) <= 200 and new.name.isprintable()):
        raise wrong("display-name", "name", shortest=1, longest=200)
    for tag in new.tags:
        check_name("tag", tag)
    if len(new.tags) > TAGS_MAX:
        raise wrong("tags", "tag", most=TAGS_MAX)
    for price_minor in (new.price_minor, *(offer.price_minor for offer in new.offers)):
        if price_minor is not None:
            _check_price(price_minor, allow_zero=new.allow_zero)
    if new.face_value_minor is not None:
        _check_amount("face_value", new.face_value_minor)
    if new.min_life_days and new.pool is None:
        raise wrong("life-without-pool", "min_life")
    if new.kind in CODES:
        _check_codes(new)
    elif new.kind is SkuKind.TOPUP:
        _check_top_up(new)
    else:
        raise wrong("kind-to-come", "kind", kind=new.kind.value)


def _check_codes(new: NewSku) -> None:
    if new.pool is None and not new.routes:
        raise wrong("codes-from-nowhere", "pool", kind=new.kind.value)
    if new.pool is not None and new.routes:
        raise wrong("codes-from-both", "route")
    if new.account_rule is not None:
        raise wrong("rule-of-codes", "account_rule", kind=new.kind.value)


def _buys_codes(new: NewSku) -> bool:
    return new.kind in CODES and bool(new.routes)


def _check_top_up(new: NewSku) -> None:
    if new.pool is not None:
        raise wrong("top-up-from-pool", "pool")
    if new.account_rule is None:
        raise wrong("top-up-without-rule", "account_rule")
    if not new.routes:
        raise wrong("top-up-without-route", "route")
    _check_rule(new.account_rule)


def _check_rule(rule: str) -> None:
    try:
        compile_rule(rule)
    except AccountRuleError as error:
        raise wrong("account-rule", "account_rule", detail=str(error)) from None


def _check_price(price_minor: int, *, allow_zero: bool) -> None:
    _check_amount("price", price_minor)
    if price_minor == 0 and not allow_zero:
        raise refused("zero-price", "free", "allow_zero")


def _check_amount(field: str, amount_minor: int) -> None:
    if not 0 <= amount_minor <= AMOUNT_MAX:
        what = field.replace("_", " ")
        raise wrong("sum", field, what=what, least=0, most=AMOUNT_MAX, value=amount_minor)


async def _pool_id(db: Transaction, name: str | None) -> int | None:
    if name is None:
        return None
    row = await SQL.pool_by_name.one(db, name)
    if row is None:
        raise not_found("pool", name)
    if row["purchased"]:
        raise wrong("pool-of-purchases", "pool", pool=name)
    return row["id"]


async def _purchase_pool(db: Transaction, new: NewSku) -> int:
    """A pool for what the SKU buys, named like it, or nearly."""
    for name in (new.sku, PURCHASE_POOL.format(new.sku[:57])):
        made = await SQL.insert_purchase_pool.one(db, name)
        if made is not None:
            return made
    raise refused("already-exists", "purchase-pool", "sku", pool=name)


async def _check_routes(db: Transaction, new: NewSku) -> None:
    """Whether the upstreams can deliver the SKU, and as many at once as it promises."""
    able = [await _capabilities(db, route) for route in new.routes]
    for route, capabilities in zip(new.routes, able, strict=True):
        if _buys_codes(new) and not capabilities.supports_codes:
            raise wrong(
                "sells-no-codes", "route", upstream=route.upstream, product=route.product_id
            )
    _check_quantity(new.quantity_max, able)


def _of_product(connector: str, product_id: str) -> "Capabilities":
    # Imported when it is asked for: most commands about SKUs and pools name no route.
    from connectors.registry import product_capabilities

    return product_capabilities(connector, product_id)


async def _capabilities(db: Transaction, route: NewRoute) -> "Capabilities":
    upstream = await SQL.upstream_by_name.one(db, route.upstream)
    if upstream is None:
        raise not_found("upstream", route.upstream)
    return _of_product(upstream["connector"], route.product_id)


def _check_quantity(quantity_max: int | None, able: Sequence["Capabilities"]) -> None:
    """Whether an order may have as many as that, and some route sells them at once."""
    if quantity_max is None:
        return
    if not 1 <= quantity_max <= QUANTITY_MAX:
        raise wrong("quantity-max", "quantity_max", least=1, most=QUANTITY_MAX)
    most = max((each.quantity_max or QUANTITY_MAX for each in able), default=QUANTITY_MAX)
    if quantity_max > most:
        raise wrong("routes-sell-less", "quantity_max", value=quantity_max, most=most)


async def _insert_route(db: Transaction, sku_id: int, route: NewRoute) -> None:
    upstream = await SQL.upstream_by_name.one(db, route.upstream)
    if upstream is None:
        raise not_found("upstream", route.upstream)
    made = await SQL.insert_route.one(
        db, sku_id, upstream["id"], route.product_id, route.priority, route.cost_minor
    )
    if made is None:
        raise wrong("route-twice", "route", upstream=route.upstream, product=route.product_id)
