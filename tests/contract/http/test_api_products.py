"""Products: what a partner may buy, at its price, with how much is left."""

import msgspec
import pytest

from gateway.catalog import administer as catalog
from gateway.catalog import category as categories
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from gateway.orders import http_products as products
from tests.world.partner import eventually
from tests.world.shop import Shop, unique

MEMBERS = {
    "sku", "name", "kind", "face_value", "price", "currency", "available", "stock_level",
    "account_rule", "limits", "category", "tags", "updated_at",
}  # fmt: skip


async def test_a_product(shop: Shop) -> None:
    """Every member of the contract, with its type."""
    partner = await shop.partner()
    sku = await shop.sku(codes=200, price=1_990, per_buyer=2, face_value_minor=2_500)
    reply = await partner.get(f"/v1/products/{sku}")
    assert reply.status == 200
    product = reply.json
    assert set(product) == MEMBERS
    assert product.pop("updated_at").endswith("Z")
    assert product == {
        "sku": sku,
        "name": sku,
        "kind": "code",
        "face_value": 2_500,
        "price": 1_990,
        "currency": "CNY",
        "available": True,
        "stock_level": "ok",
        "account_rule": None,
        "limits": {"per_buyer": 2, "quantity_max": 500},
        "category": None,
        "tags": [],
    }


async def test_a_list_of_a_category_or_a_tag(shop: Shop) -> None:
    """A category shows what lies below it, too, also after it was moved; both filters at once.

    Seen red with a category that is its own SKUs alone.
    """
    partner = await shop.partner()
    top, low, other = unique("top"), unique("low"), unique("other")
    async with shop.desk() as (db, _):
        await categories.create_category(db, top, parent=None)
        await categories.create_category(db, low, parent=top)
        await categories.create_category(db, other, parent=None)
    one = await shop.sku(category=low, tags=("new", "hot"))
    two = await shop.sku(category=top, tags=("hot",))

    async def listed(query: str) -> list[str]:
        page = (await partner.get(f"/v1/products?{query}")).json
        return [product["sku"] for product in page["data"]]

    assert await listed(f"category={top}") == sorted([one, two])
    assert await listed(f"category={low}") == [one]
    assert await listed(f"category={top}&tag=new") == [one]
    assert await listed(f"category={other}") == await listed("category=nowhere") == []
    product = (await partner.get(f"/v1/products/{one}")).json
    assert (product["category"], product["tags"]) == (low, ["new", "hot"])
    async with shop.desk() as (db, _):
        await categories.move_category(db, low, parent=other)

    async def moved() -> bool:
        return await listed(f"category={other}") == [one]

    await eventually(moved)
    assert await listed(f"category={top}") == [two]
    reply = await partner.get("/v1/products?colour=red")
    assert reply.problem == (400, "invalid-request")


async def test_the_stock_level_follows_the_stock(shop: Shop) -> None:
    """ok, low below the SKU's threshold, none when the last code is sold, at once."""
    partner = await shop.partner()
    sku = await shop.sku(codes=12, low_stock=10)

    async def level() -> tuple[str, bool]:
        product = (await partner.get(f"/v1/products/{sku}")).json
        return product["stock_level"], product["available"]

    assert await level() == ("ok", True)
    await partner.order(out_order_no="A1", sku=sku, quantity=2)
    assert await level() == ("ok", True)
    await partner.order(out_order_no="A2", sku=sku, quantity=1)
    assert await level() == ("low", True)
    await partner.order(out_order_no="A3", sku=sku, quantity=9)
    assert await level() == ("none", False)
    await shop.stock_up(sku, 5)
    assert await level() == ("low", True)


async def test_an_empty_pool_and_a_threshold_of_zero(shop: Shop) -> None:
    """Without a threshold there is no low."""
    partner = await shop.partner()
    sku = await shop.sku(codes=0, low_stock=0)
    assert (await partner.get(f"/v1/products/{sku}")).json["stock_level"] == "none"
    await shop.stock_up(sku, 1)
    assert (await partner.get(f"/v1/products/{sku}")).json["stock_level"] == "ok"


async def test_off_sale(shop: Shop) -> None:
    """What is off sale is not available, whatever its stock."""
    partner = await shop.partner()
    sku = await shop.sku(codes=500)
    async with shop.desk() as (db, _):
        await catalog.set_on_sale(db, sku, on_sale=False)

    async def gone() -> bool:
        return not (await partner.get(f"/v1/products/{sku}")).json["available"]

    await eventually(gone)
    assert (await partner.get(f"/v1/products/{sku}")).json["stock_level"] == "ok"
    refused = await partner.order(out_order_no="A1", sku=sku)
    assert refused.problem == (503, "maintenance")  # it may come back: nothing proved it empty
    assert refused.json["retryable"]
    assert int(refused.headers["Retry-After"]) >= 1


async def test_a_top_up_is_available_while_a_route_is_open(shop: Shop) -> None:
    """Pausing its only upstream makes it unavailable."""
    partner = await shop.partner()
    sku = await shop.top_up_sku()
    product = (await partner.get(f"/v1/products/{sku}")).json
    assert (product["kind"], product["account_rule"]) == ("topup", "cn-mobile")
    assert (product["available"], product["stock_level"]) == (True, "ok")
    async with shop.desk() as (db, _):
        (route,) = (await catalog.show_sku(db, sku))["routes"]
        await upstreams.set_paused(db, route["upstream"], paused=True)

    async def closed() -> bool:
        return not (await partner.get(f"/v1/products/{sku}")).json["available"]

    await eventually(closed)


async def test_products_are_this_partners(shop: Shop) -> None:
    """Own prices are shown; what is offered to others does not exist here."""
    mine, theirs = await shop.partner(), await shop.partner()
    offer = catalog.NewOffer(partner=await shop.name_of(mine), price_minor=55)
    sku = await shop.sku(codes=1, price=100, offers=[offer])
    assert (await mine.get(f"/v1/products/{sku}")).json["price"] == 55
    assert (await theirs.get(f"/v1/products/{sku}")).problem == (404, "unknown-sku")
    assert (await mine.get("/v1/products/NOPE")).problem == (404, "unknown-sku")
    assert sku in {product["sku"] for product in await mine.everything("/v1/products")}
    assert sku not in {product["sku"] for product in await theirs.everything("/v1/products")}


async def test_products_page_by_name(shop: Shop) -> None:
    """Small pages hold the same products as large ones, by name."""
    partner = await shop.partner()
    for _ in range(3):
        await shop.sku()
    whole = await partner.everything("/v1/products?limit=200")
    assert await partner.everything("/v1/products?limit=2") == whole
    names = [product["sku"] for product in whole]
    assert names == sorted(names)
    for product in whole:
        assert set(product) == MEMBERS
        msgspec.convert(product, products.Product)


@pytest.mark.parametrize("kind", [SkuKind.LINK, SkuKind.QR])
async def test_other_kinds_from_pools(shop: Shop, kind: SkuKind) -> None:
    """Links and QR codes come from pools like codes."""
    partner = await shop.partner()
    pool, name = await shop.sku(codes=1), unique("SKU")
    async with shop.desk() as (db, _):
        new = catalog.NewSku(sku=name, name="名", kind=kind, price_minor=1, pool=pool)
        await catalog.create_sku(db, new)
    await shop.announced(name)
    product = (await partner.get(f"/v1/products/{name}")).json
    assert (product["kind"], product["name"], product["price"]) == (kind.value, "名", 1)
