"""What an order costs: price rows, floors, nothing for free by accident."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.prices import administer as prices
from gateway.prices.value import read_value
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop, unique


async def make(shop: Shop, sku: str, *, amount: int | None = None, **said: Any) -> str:
    """A price row; its number."""
    percent = said.pop("percent", None)
    async with shop.desk() as (db, _):
        new = prices.NewRow(sku=sku, value=read_value(amount, percent), **said)
        return str((await prices.create_row(db, new))["price"])


async def shown(partner: Partner, sku: str) -> Any:
    """The product as the partner sees it."""
    return (await partner.get(f"/v1/products/{sku}")).json


async def costs(partner: Partner, sku: str, amount: int) -> None:
    """Wait until the partner sees the price."""

    async def seen() -> bool:
        return bool((await shown(partner, sku))["price"] == amount)

    await eventually(seen)


async def test_the_row_with_most_conditions_met(shop: Shop) -> None:
    """What is shown is what is charged, and another quantity has another price."""
    mine, theirs = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=20, price=1000)
    await make(shop, sku, percent="87.5", partner=await shop.name_of(mine))
    await make(shop, sku, amount=700, min_quantity=3, partner=await shop.name_of(mine))
    await costs(mine, sku, 875)
    await costs(theirs, sku, 1000)
    for quantity, amount in [(1, 875), (2, 1750), (3, 2100)]:
        reply = await mine.order(out_order_no=unique("A"), sku=sku, quantity=quantity)
        assert (reply.status, reply.json["amount"]) == (201, amount)
    assert (await theirs.order(out_order_no="A", sku=sku, quantity=3)).json["amount"] == 3000
    balance = (await mine.get("/v1/account")).json["balance"]
    assert balance == 10**12 - 875 - 1750 - 2100


async def test_a_percent_is_rounded_down(shop: Shop) -> None:
    """87.5 % of 9.99 is 8.74."""
    partner = await shop.partner()
    sku = await shop.sku(codes=1, price=999)
    await make(shop, sku, percent="87.5", partner=await shop.name_of(partner))
    await costs(partner, sku, 874)


async def test_a_window_is_a_condition(shop: Shop) -> None:
    """A row that is over or still to come is no price; one that is open beats the list price."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3, price=1000)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    await make(shop, sku, amount=1, ends_at=now - hour / 2)
    await make(shop, sku, amount=2, starts_at=now + hour)
    await make(shop, sku, amount=900, starts_at=now - hour, ends_at=now + hour)
    await costs(partner, sku, 900)
    reply = await partner.order(out_order_no="A", sku=sku, quantity=2)
    assert (reply.status, reply.json["amount"]) == (201, 1800)


async def test_a_campaigns_price_is_for_orders_that_name_it(shop: Shop) -> None:
    """The row has the campaign as condition; an order without it pays the list price."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3, price=1000)
    hour = timedelta(hours=1)
    name = await shop.campaign(sku, opens_in=-hour, lasts=2 * hour)
    await make(shop, sku, amount=500, campaign=name)

    async def cheap() -> bool:  # until the row is known nothing is bought: a code each would go
        reply = await partner.order(
            out_order_no=unique("C"), sku=sku, campaign=name, max_amount=500
        )
        return bool(reply.status == 201)

    await eventually(cheap)
    reply = await partner.order(out_order_no="N", sku=sku, campaign=name)
    assert (reply.status, reply.json["amount"]) == (201, 500)
    assert (await partner.order(out_order_no="A", sku=sku)).json["amount"] == 1000


async def test_what_a_floor_overtakes_is_neither_shown_nor_charged(shop: Shop) -> None:
    """The product is hidden and unavailable for whom that price is meant, and no other price steps
    in; who pays the list price buys on."""
    mine, theirs = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=5, price=1000)
    await make(shop, sku, amount=700, partner=await shop.name_of(mine))
    await costs(mine, sku, 700)
    async with shop.desk() as (db, _):
        await prices.set_floor(db, sku, read_value(None, "80"))

    async def hidden() -> bool:
        return not (await shown(mine, sku))["available"]

    await eventually(hidden)
    assert (await shown(mine, sku))["price"] is None
    assert sku not in {product["sku"] for product in await mine.everything("/v1/products")}
    reply = await mine.order(out_order_no="A", sku=sku)
    assert reply.problem == (409, "price-changed")
    assert reply.json["retryable"] is False
    assert (await shown(theirs, sku))["available"] is True
    assert (await theirs.order(out_order_no="A", sku=sku)).json["amount"] == 1000


async def test_nothing_is_free_by_accident(shop: Shop) -> None:
    """A percent that comes to 0 is no price unless that is meant; then the order costs nothing."""
    mine, theirs = await shop.partner(balance=0), await shop.partner()
    sku = await shop.sku(codes=5, price=1000)
    await make(shop, sku, percent="50", partner=await shop.name_of(theirs))
    await make(shop, sku, amount=0, partner=await shop.name_of(mine), allow_zero=True)
    async with shop.desk() as (db, _):
        await prices.set_list_price(db, sku, 1, allow_zero=False)

    async def refused() -> bool:
        reply = await theirs.order(out_order_no="A", sku=sku, max_amount=10)
        return (
            reply.problem == (409, "price-changed") and not (await shown(theirs, sku))["available"]
        )

    await eventually(refused)
    reply = await mine.order(out_order_no="A", sku=sku, quantity=2)
    assert (reply.status, reply.json["amount"]) == (201, 0)


async def test_a_replay_keeps_its_price(shop: Shop) -> None:
    """An accepted number is answered with what it paid, whatever the price is now."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2, price=100)
    assert (await partner.order(out_order_no="A", sku=sku)).status == 201
    await make(shop, sku, amount=50, partner=await shop.name_of(partner))
    await costs(partner, sku, 50)
    async with shop.desk() as (db, _):
        await prices.set_floor(db, sku, read_value(99, None))
    again = await partner.order(out_order_no="A", sku=sku)
    assert (again.status, again.json["amount"]) == (200, 100)
