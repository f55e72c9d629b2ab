"""What a channel orders comes from its shelf."""

from gateway.codes import shelve
from tests.contract.channels.test_channel_goofish import channel as channel  # noqa: PLC0414
from tests.contract.channels.test_channel_goofish import gateway as gateway  # noqa: PLC0414
from tests.world.goofish_shop import Channel
from tests.world.shop import Shop

OUT_OF_STOCK = 1102


async def test_an_order_through_a_channel_sells_its_shelf(shop: Shop, channel: Channel) -> None:
    """From the channel's, not from the SKU's and not from main; empty, it is out of stock there,
    whatever lies elsewhere.

    Seen red with the channel left out of outlet_for.
    """
    sku = await shop.sku(codes=10)
    async with shop.desk() as (db, _):
        for name, codes, seller in (
            ("theirs", 2, {"channel": channel.name}),
            ("ours", 3, {"sku": sku}),
        ):
            await shelve.put_up(db, shelve.NewShelf(pool=sku, shelf=name, codes=codes, **seller))
    await shop.sku()  # announced after the shelves: whoever knows of it knows of them
    answers = [await channel.call("order/purchase/create", **channel.order(sku)) for _ in range(3)]
    assert [answer["code"] for answer in answers] == [0, 0, OUT_OF_STOCK]
    assert (await channel.partner.order(out_order_no="A", sku=sku)).status == 201
    async with shop.desk() as (db, _):
        shelves = await shelve.list_shelves(db, sku)
    delivered = {shelf["shelf"]: shelf["delivered"] for shelf in shelves}
    assert delivered == {"main": 0, "theirs": 2, "ours": 1}
