"""A flash sale as partners meet it: its shelf, its price, who may take part, its end."""

from datetime import timedelta

from gateway.campaigns import administer as campaigns
from tests.world.holds import hold
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop, unique

HOUR = timedelta(hours=1)


async def sells(partner: Partner, sku: str, campaign: str) -> None:
    """Wait until an order that names the campaign is taken."""

    async def taken() -> bool:
        reply = await partner.order(out_order_no=unique("W"), sku=sku, campaign=campaign)
        return reply.status == 201

    await eventually(taken)


async def test_it_sells_its_own_shelf_at_its_own_price(shop: Shop) -> None:
    """Exactly its codes, then sold-out, whatever else lies in the pool; the rest is sold on."""
    partner = await shop.partner()
    sku = await shop.sku(codes=10, price=1000)
    name = await shop.campaign(sku, opens_in=-HOUR, lasts=2 * HOUR, codes=3, price_minor=400)
    await sells(partner, sku, name)
    for number in ("A", "B"):
        reply = await partner.order(out_order_no=number, sku=sku, campaign=name)
        assert (reply.status, reply.json["amount"]) == (201, 400)
    reply = await partner.order(out_order_no="C", sku=sku, campaign=name)
    assert reply.problem == (409, "sold-out")
    assert (await partner.order(out_order_no="D", sku=sku)).json["amount"] == 1000
    async with shop.desk() as (db, _):
        shown = await campaigns.show_campaign(db, name)
    assert (shown["orders"], shown["units"], shown["amount"]) == (3, 3, 1200)
    assert [(row["codes"], row["delivered"]) for row in shown["shelves"]] == [(3, 3)]


async def test_it_is_for_its_partners(shop: Shop) -> None:
    """Others are told so before anything is counted, and buy outside of it."""
    mine, theirs = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=5)
    name = await shop.campaign(
        sku, opens_in=-HOUR, lasts=2 * HOUR, partners=[await shop.name_of(mine)]
    )
    await sells(mine, sku, name)
    reply = await theirs.order(out_order_no="A", sku=sku, campaign=name)
    assert reply.problem == (403, "forbidden")
    assert (await theirs.order(out_order_no="A", sku=sku)).status == 201


async def test_it_is_made_ready_before_the_doors_open(shop: Shop) -> None:
    """Within its warm-up a worker holds some of its codes, and nobody can buy or see any of it: an
    order is answered that the campaign is closed, and what is not its own is sold as before.

    Seen red without the watch: nothing is leased.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    name = await shop.campaign(sku, opens_in=HOUR, lasts=HOUR, codes=3, warm_up_s=7200)

    async def ready() -> bool:
        async with shop.desk() as (db, _):
            (shelf,) = (await campaigns.show_campaign(db, name))["shelves"]
        return shelf["leased"] > 0 and shelf["delivered"] == 0

    await eventually(ready)
    reply = await partner.order(out_order_no="A", sku=sku, campaign=name)
    assert reply.problem == (409, "campaign-closed")
    assert (await partner.order(out_order_no="B", sku=sku, quantity=2)).status == 201
    assert (await partner.order(out_order_no="C", sku=sku)).problem == (409, "sold-out")
    async with shop.desk() as (db, _):
        assert (await campaigns.end_campaign(db, name))["state"] == "over"

    async def back() -> bool:
        return (await partner.order(out_order_no="C", sku=sku, quantity=3)).status in {200, 201}

    await eventually(back)


async def test_its_end_closes_it_and_gives_the_shelf_back(shop: Shop) -> None:
    """What was leased comes back too and is sold by the SKU; an accepted number is answered."""
    partner = await shop.partner()
    sku = await shop.sku(codes=4)
    name = await shop.campaign(sku, opens_in=-HOUR, lasts=2 * HOUR, codes=4)
    await sells(partner, sku, name)
    assert (await partner.order(out_order_no="A", sku=sku, campaign=name)).status == 201
    async with shop.desk() as (db, _):
        await campaigns.end_campaign(db, name)

    async def closed() -> bool:
        reply = await partner.order(out_order_no=unique("C"), sku=sku, campaign=name, quantity=4)
        return reply.problem == (409, "campaign-closed")

    await eventually(closed)
    assert (await partner.order(out_order_no="A", sku=sku, campaign=name)).status == 200

    async def sold() -> bool:
        return (await partner.order(out_order_no="B", sku=sku, quantity=2)).status in {200, 201}

    await eventually(sold)


async def test_who_was_refused_is_counted_by_reason(shop: Shop) -> None:
    """Orders, lines of batches, holds and confirms, by the code of their problem; not what was
    sold, nor what names another campaign. It is read by `campaign show`.

    """
    partner = await shop.partner()
    sku = await shop.sku(codes=30)
    name = await shop.campaign(sku, opens_in=-HOUR, lasts=2 * HOUR, codes=2, per_buyer=1)
    buyer = {"id": "one"}

    async def taken() -> bool:
        reply = await partner.order(out_order_no=unique("W"), sku=sku, campaign=name, buyer=buyer)
        return reply.status == 201

    await eventually(taken)
    limited = await partner.order(out_order_no="L", sku=sku, campaign=name, buyer=buyer)
    assert limited.problem == (422, "purchase-limit")
    held = await hold(partner, sku, campaign=name, buyer=buyer)
    assert held.problem == (422, "purchase-limit")
    last = await partner.order(out_order_no="M", sku=sku, campaign=name, buyer={"id": "two"})
    assert last.status == 201
    line = {"out_order_no": "N", "sku": sku, "campaign": name, "buyer": {"id": "three"}}
    batch = await partner.send("POST", "/v1/orders/batch", {"orders": [line]})
    assert batch.json["results"][0]["problem"]["code"] == "sold-out"
    elsewhere = await partner.order(out_order_no="O", sku=sku, campaign="made-up")
    assert elsewhere.problem == (409, "campaign-closed")

    async def told() -> bool:
        async with shop.desk() as (db, _):
            refused = (await campaigns.show_campaign(db, name))["refusals"]
        refused.pop("campaign-closed", None)  # before this worker knew it
        return bool(refused == {"purchase-limit": 2, "sold-out": 1})

    await eventually(told)
