"""What every channel keeps to, as goofish's does: pauses, numbers, its own orders."""

from gateway.channels import administer as channels
from tests.contract.channels.test_channel_goofish import CARD
from tests.contract.channels.test_channel_goofish import channel as channel  # noqa: PLC0414
from tests.contract.channels.test_channel_goofish import gateway as gateway  # noqa: PLC0414
from tests.world.goofish_shop import Channel
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


async def announced(channel: Channel, goods_no: str, status: int) -> None:
    """Wait until the running gateway shows goods with this status."""

    async def known() -> bool:
        shown = await channel.call("goods/detail", goods_no=goods_no)
        return shown["code"] == 0 and shown["data"]["status"] == status

    await eventually(known)


async def test_a_paused_channel_takes_nothing_new(shop: Shop, channel: Channel) -> None:
    """What was ordered before is answered as it was; a new number is told to ask again, goods are
    off sale, and nothing is charged. Resumed, it sells.

    Seen red with the pause left out of Counter.place.
    """
    goods_no = await shop.sku(codes=3)
    order, later = channel.order(goods_no), channel.order(goods_no)
    made = await channel.call("order/purchase/create", **order)
    async with shop.desk() as (db, _):
        await channels.set_paused(db, channel.name, paused=True)
    await announced(channel, goods_no, 2)
    assert (await channel.call("order/purchase/create", **order))["data"] == made["data"]
    assert (await channel.call("order/purchase/create", **later))["code"] == 1209
    assert (await channel.call("user/info"))["data"]["balance"] == 100_000 - 100
    async with shop.desk() as (db, _):
        await channels.set_paused(db, channel.name, paused=False)
    await announced(channel, goods_no, 1)
    assert (await channel.call("order/purchase/create", **later))["code"] == 0


async def test_a_mapped_number_is_the_sku(shop: Shop, channel: Channel) -> None:
    """The channel orders and sees it by the number it is mapped to, and not by ours any more."""
    goods_no, number = await shop.sku(codes=3), unique("EXT")
    async with shop.desk() as (db, _):
        await channels.map_product(db, channel.name, external_product=number, sku=goods_no)
    await announced(channel, number, 1)
    assert (await channel.call("goods/detail", goods_no=goods_no))["code"] == 1100
    listed = (await channel.call("goods/list", keyword=goods_no, page_no=1))["data"]["list"]
    assert [each["goods_no"] for each in listed] == [number]
    made = await channel.call("order/purchase/create", **channel.order(number))
    assert (made["code"], made["data"]["goods_no"]) == (0, number)
    assert (await channel.call("order/purchase/create", **channel.order(goods_no)))["code"] == 1100


async def test_a_channel_sees_its_own_orders_alone(shop: Shop, channel: Channel) -> None:
    """Not what its partner ordered by the API, under either number.

    Seen red without the look at the channel in ChannelOrders.by_id.
    """
    sku = await shop.sku(codes=3)
    made = await channel.partner.order(out_order_no=unique("API"), sku=sku)
    for number in (
        {"order_no": made.json["out_order_no"]},
        {"out_order_no": made.json["order_no"]},
    ):
        assert (await channel.call("order/detail", order_type=CARD, **number))["code"] == 1200
