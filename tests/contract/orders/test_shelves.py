"""What sells from a shelf sells all of it and nothing else, while shelves change under it."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from gateway.codes import shelve
from tests.clock import PATIENCE_S
from tests.world.partner import Partner
from tests.world.shop import Shop, unique

PARTS = ("free", "leased", "held", "in_doubt", "delivered", "void", "expired")


async def put_up(shop: Shop, pool: str, shelf: str, codes: int, **more: Any) -> None:
    """A shelf that the running gateway knows of."""
    async with shop.desk() as (db, _):
        await shelve.put_up(db, shelve.NewShelf(pool=pool, shelf=shelf, codes=codes, **more))
    await shop.sku()  # announced after the shelf: whoever knows of it knows of both


async def shelves_of(shop: Shop, pool: str) -> dict[str, Any]:
    """The pool's shelves by name; each one's codes are where its parts say."""
    async with shop.desk() as (db, _):
        shelves = await shelve.list_shelves(db, pool)
    for shelf in shelves:
        assert shelf["codes"] == sum(shelf[part] for part in PARTS), shelf
    return {shelf["shelf"]: shelf for shelf in shelves}


async def buy(partner: Partner, sku: str, **members: Any) -> str:
    """One order, asked again while it is answered `busy`: `created`, or why not."""
    number = unique("shelf")
    while True:
        reply = await partner.order(out_order_no=number, sku=sku, **members)
        if reply.status in {200, 201}:
            return "created"
        if reply.json["code"] != "busy":
            return str(reply.json["code"])


async def buy_many(partner: Partner, sku: str, count: int, **members: Any) -> Counter[str]:
    """So many orders at once."""
    return Counter(await asyncio.gather(*(buy(partner, sku, **members) for _ in range(count))))


async def test_a_sku_sells_its_shelf_and_no_more(shop: Shop) -> None:
    """10 codes, 4 on the SKU's shelf: 4 of 9 buyers get one, though main has six."""
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    await put_up(shop, sku, "app", 4, sku=sku)
    assert await buy_many(partner, sku, 9) == {"created": 4, "sold-out": 5}
    shelves = await shelves_of(shop, sku)
    assert (shelves["app"]["delivered"], shelves["main"]["free"]) == (4, 6)


async def test_too_few_for_the_quantity_is_sold_out(shop: Shop) -> None:
    """2 on the shelf, 3 wanted: sold out, and the two go to who wants two."""
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    await put_up(shop, sku, "app", 2, sku=sku)
    assert await buy(partner, sku, quantity=3) == "sold-out"
    assert await buy(partner, sku, quantity=2) == "created"


async def test_a_closed_shelf_s_sku_sells_from_main(shop: Shop) -> None:
    """Closed while 40 orders are on their way: each is served, and what was left went to main."""
    partner, sku = await shop.partner(), await shop.sku(codes=60)
    await put_up(shop, sku, "app", 45, sku=sku)  # more than is asked for before it is closed
    assert await buy(partner, sku) == "created"
    orders = asyncio.create_task(buy_many(partner, sku, 40))
    async with shop.desk() as (db, _):
        returned = (await shelve.close(db, sku, "app"))["returned"]
    assert await orders == {"created": 40}
    shelves = await shelves_of(shop, sku)
    assert returned == 45 - shelves["app"]["delivered"]
    assert shelves["app"]["codes"] == shelves["app"]["delivered"]
    assert shelves["main"]["delivered"] == 41 - shelves["app"]["delivered"]
    assert await buy_many(partner, sku, 20) == {"created": 19, "sold-out": 1}


async def test_a_loan_is_exact(shop: Shop) -> None:
    """2 of its own, 3 from main, 4 of another's 6 above its reserve of 2: 9 sold, the tenth not."""
    partner, sku = await shop.partner(), await shop.sku(codes=14)
    await put_up(shop, sku, "app", 2, sku=sku, borrow=True)
    await put_up(shop, sku, "web", 6, borrow=True, reserve=2)
    await put_up(shop, sku, "own", 3)
    assert await buy_many(partner, sku, 12) == {"created": 9, "sold-out": 3}
    shelves = await shelves_of(shop, sku)
    assert {name: (shelf["lent"], shelf["borrowed"]) for name, shelf in shelves.items()} == {
        "main": (3, 0),
        "app": (0, 7),
        "web": (4, 0),
        "own": (0, 0),
    }
    assert (shelves["app"]["delivered"], shelves["web"]["free"], shelves["own"]["free"]) == (
        9,
        2,
        3,
    )


async def test_codes_that_come_back_end_a_sold_out(shop: Shop) -> None:
    """What was sold out from memory sells again as soon as codes lie on the shelf."""
    partner, sku = await shop.partner(), await shop.sku(codes=5)
    await put_up(shop, sku, "app", 1, sku=sku)
    assert await buy_many(partner, sku, 3) == {"created": 1, "sold-out": 2}
    async with shop.desk() as (db, _):
        await shelve.move(db, sku, "main", "app", 2)
    async with asyncio.timeout(PATIENCE_S):
        while await buy(partner, sku) != "created":
            pass
    assert await buy_many(partner, sku, 3) == {"created": 1, "sold-out": 2}


async def test_a_campaign_s_shelf_comes_before_its_sku_s(shop: Shop) -> None:
    """An order that names the campaign sells from the campaign's shelf, others from the SKU's."""
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    campaign = await shop.campaign(sku, opens_in=timedelta(hours=-1), lasts=timedelta(hours=2))
    await put_up(shop, sku, "flash", 3, campaign=campaign)
    await put_up(shop, sku, "app", 2, sku=sku)
    assert await buy_many(partner, sku, 5, campaign=campaign) == {"created": 3, "sold-out": 2}
    assert await buy_many(partner, sku, 5) == {"created": 2, "sold-out": 3}
    assert (await shelves_of(shop, sku))["main"]["free"] == 5
