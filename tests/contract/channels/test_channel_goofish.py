"""The goofish channel against upstreams.md §2.1 and §9, by a client written from them alone."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation.server import RunningSimulator, running
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.channels import administer as channels
from gateway.dispatch import administer as upstreams
from gateway.ground.config import Config
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.goofish_shop import SETTINGS, Channel, listening, sign
from tests.world.partner import eventually
from tests.world.shop import Shop, unique

RECHARGE, CARD, TICKET = 1, 2, 3
PROCESSING, SUCCESS, FAILED = 10, 20, 30


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may push results to this machine."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}) as gateway:
        yield gateway


@pytest.fixture
async def channel(shop: Shop) -> AsyncIterator[Channel]:
    """A channel that the running gateway knows, with a rich partner."""
    partner = await shop.partner(balance=100_000)
    name = unique("channel")
    async with shop.desk() as (db, secrecy):
        await channels.add_channel(
            db, secrecy, name, adapter="goofish", partner=await shop.name_of(partner),
            settings=SETTINGS, public_url="http://127.0.0.1:8080",
        )  # fmt: skip
    async with listening() as listener:
        made = Channel(
            name=name, url=shop.url, session=shop.session, partner=partner, listener=listener
        )

        async def known() -> bool:
            url = f"{shop.url}/channels/{name}/goofish/open/info"
            async with shop.session.post(url) as response:
                return response.status == 200

        await eventually(known)
        yield made


async def bought_sku(shop: Shop, simulator: RunningSimulator, kind: SkuKind = SkuKind.TOPUP) -> str:
    """A SKU over a simulator: a top-up, or codes on demand."""
    name = unique("BOUGHT")
    async with shop.desk() as (db, secrecy):
        upstream = unique("upstream")
        await upstreams.add_upstream(
            db, secrecy, upstream, connector="fulu", base_url=simulator.url,
            settings={"app_key": "demo_app_key", "secret": "0123456789abcdef0123456789abcdef"},
        )  # fmt: skip
        route = catalog.NewRoute(upstream=upstream, product_id="1", priority=0, cost_minor=None)
        new = catalog.NewSku(
            sku=name, name=name, kind=kind, price_minor=4990, routes=[route],
            account_rule="cn-mobile" if kind is SkuKind.TOPUP else None,
        )  # fmt: skip
        await catalog.create_sku(db, new)
    await shop.announced(name)
    return name


@pytest.fixture
async def simulator() -> AsyncIterator[RunningSimulator]:
    """A platform that sells top-ups."""
    async with running("fulu") as simulator:
        yield simulator


async def test_the_platform_and_the_money_are_told(channel: Channel) -> None:
    """open/info has our application's id as a number, user/info the balance in fen."""
    info = await channel.call("open/info")
    assert (info["code"], info["data"]["app_id"]) == (0, 1001)
    assert set(info["data"]["features"]) == {
        "is_support_order_refund", "is_support_goods_notify", "is_support_loss_purchase",
    }  # fmt: skip
    assert (await channel.call("user/info"))["data"] == {"balance": 100_000}


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("", "user/info"),
        ("", "user/info/"),  # a trailing slash
        ("/any/prefix", "user/info"),
        ("/any/prefix", "user/info/"),
    ],
)
async def test_any_prefix_will_do(channel: Channel, prefix: str, path: str) -> None:
    """The protocol's path counts from `goofish/`."""
    assert (await channel.call(path, prefix=prefix))["code"] == 0


async def test_who_does_not_sign_gets_nothing(channel: Channel) -> None:
    """A missing or old timestamp is 408, before a wrong signature, which is 401."""
    now = str(int(time.time()))
    old = str(int(time.time()) - 301)
    good = {"mch_id": SETTINGS["mch_id"], "timestamp": now, "sign": sign(b"", now)}
    rows = [
        ({}, 408),
        ({**good, "timestamp": old, "sign": sign(b"", old)}, 408),
        ({**good, "timestamp": old}, 408),
        ({**good, "sign": "0" * 32}, 401),
        ({**good, "mch_id": "2003"}, 401),
        ({**good, "sign": sign(b"{}", now)}, 401),  # the body as sent: nothing is not `{}`
        (good, 0),
    ]
    for query, code in rows:
        assert (await channel.send("user/info", b"", query))["code"] == code, query


async def test_an_unknown_channel_or_operation_is_refused(channel: Channel) -> None:
    """The one is not there, the other a wrong parameter."""
    async with channel.session.post(f"{channel.url}/channels/nobody/goofish/user/info") as answer:
        assert answer.status == 404
    assert (await channel.call("order/steal"))["code"] == 1201


async def test_goods_are_listed_at_the_partners_price(
    shop: Shop, channel: Channel, simulator: RunningSimulator
) -> None:
    """Type, price, stock, status; by keyword and page; one by its number."""
    cards, sold_out = await shop.sku(codes=3, price=250), await shop.sku()
    top_up = await bought_sku(shop, simulator)
    for goods_no, kind, price, stock, status in (
        (cards, CARD, 250, 3, 1),
        (sold_out, CARD, 100, 0, 2),
        (top_up, RECHARGE, 4990, 9_999, 1),
    ):
        goods = (await channel.call("goods/detail", goods_no=goods_no, goods_type=kind))["data"]
        assert goods.pop("update_time") > 1_700_000_000
        assert goods == {
            "goods_no": goods_no, "goods_type": kind, "goods_name": goods_no, "price": price,
            "stock": stock, "status": status,
        }  # fmt: skip
        found = (await channel.call("goods/list", keyword=goods_no, page_no=1))["data"]
        assert goods_no in [each["goods_no"] for each in found["list"]]
    first = (await channel.call("goods/list", goods_type=CARD, page_no=1, page_size=1))["data"]
    second = (await channel.call("goods/list", goods_type=CARD, page_no=2, page_size=1))["data"]
    assert first["count"] == second["count"] >= 2
    assert first["list"] != second["list"]
    assert (await channel.call("goods/detail", goods_no="nothing"))["code"] == 1100


async def test_cards_bought_on_demand_are_told(
    shop: Shop, channel: Channel, simulator: RunningSimulator
) -> None:
    """First accepted without cards, then pushed with those that the platform sold."""
    goods_no = await bought_sku(shop, simulator, SkuKind.CODE)
    order = channel.order(goods_no, buy_quantity=2, max_amount=9980)
    created = (await channel.call("order/purchase/create", **order))["data"]
    assert created["order_status"] == PROCESSING
    assert not created.get("card_items")

    async def told() -> bool:
        return bool(channel.listener.of(order["order_no"]))

    await eventually(told)
    (sold,) = simulator.market.ledger.executions()
    cards = [{"card_no": number, "card_pwd": password} for number, password in sold.codes]
    (result,) = channel.listener.of(order["order_no"])
    assert (result["order_status"], result["card_items"]) == (SUCCESS, cards)


async def test_cards_are_delivered_and_told(shop: Shop, channel: Channel, connection: Any) -> None:
    """The answer has the cards, the same again the same cards, and the detail; a result is pushed
    and signed; every view is in the audit log.
    """
    goods_no = await shop.sku(codes=5, price=250)
    order = channel.order(goods_no, buy_quantity=2, max_amount=500)
    made = await channel.call("order/purchase/create", **order)
    data = made["data"]
    assert made["code"] == 0
    assert (data["order_type"], data["order_status"], data["order_amount"]) == (CARD, SUCCESS, 500)
    assert (data["order_no"], data["goods_no"]) == (order["order_no"], goods_no)
    passwords = [card["card_pwd"] for card in data["card_items"]]
    assert len(set(passwords)) == 2
    assert all(len(password) == 12 for password in passwords)
    assert (await channel.call("user/info"))["data"]["balance"] == 100_000 - 500

    assert (await channel.call("order/purchase/create", **order))["data"] == data
    by_theirs = {"order_type": CARD, "order_no": order["order_no"]}
    by_ours = {"order_type": CARD, "out_order_no": data["out_order_no"]}
    for number in (by_theirs, by_ours, {**by_theirs, "out_order_no": "1"}):  # order_no wins
        assert (await channel.call("order/detail", **number))["data"] == data

    partner_sees = await channel.partner.get(f"/v1/orders/by-out-no/{order['order_no']}")
    assert [c["code"] for c in channel.partner.codes(partner_sees.json)] == passwords

    async def told() -> bool:
        return bool(channel.listener.of(order["order_no"]))

    await eventually(told)
    (result,) = channel.listener.of(order["order_no"])
    assert (result["order_status"], result["out_order_no"]) == (SUCCESS, data["out_order_no"])
    assert [card["card_pwd"] for card in result["card_items"]] == passwords
    assert channel.listener.forged == 0
    views = await connection.fetch(
        "SELECT item ->> 'via' AS via FROM reveal, jsonb_array_elements(items) AS item"
        " WHERE item ->> 'order' = $1",
        data["out_order_no"],
    )
    assert [view["via"] for view in views].count("channel") >= 5  # four answers and the push


async def test_equal_orders_at_once_are_one(shop: Shop, channel: Channel) -> None:
    """Twenty at the same moment get the same cards and pay once."""
    goods_no = await shop.sku(codes=30, price=100)
    order = channel.order(goods_no)
    made = await asyncio.gather(
        *(channel.call("order/purchase/create", **order) for _ in range(20))
    )
    assert len({json.dumps(each["data"], sort_keys=True) for each in made}) == 1
    assert (await channel.call("user/info"))["data"]["balance"] == 100_000 - 100


async def test_refusals_have_the_channels_codes(shop: Shop, channel: Channel) -> None:
    """Nothing is charged for any of them, and a refused number may be used again."""
    goods_no, dear, sold_out = [
        await shop.sku(codes=3), await shop.sku(codes=3, price=200_000), await shop.sku(),
    ]  # fmt: skip
    order = channel.order(goods_no)
    rows = [
        ({"goods_no": "nothing"}, 1100),
        ({"goods_no": sold_out}, 1102),
        ({"max_amount": 99}, 1202),
        ({"goods_no": dear}, 1101),  # more than the partner's money
        ({"buy_quantity": 501}, 1201),
        ({"buy_quantity": "1"}, 1201),  # strict types
        ({"order_no": "with blank"}, 1201),
        ({"notify_url": "ftp://x"}, 1201),
        ({}, 0),
        ({"buy_quantity": 2}, 1203),  # the same number, other content
    ]
    for changed, code in rows:
        answer = await channel.call("order/purchase/create", **{**order, **changed})
        assert answer["code"] == code, (changed, answer)
    recharge = {**channel.order(goods_no), "biz_content": {"account": "13800138888"}}
    assert (await channel.call("order/recharge/create", **recharge))["code"] == 1100
    missing = {"order_type": CARD, "order_no": "nobody"}
    assert (await channel.call("order/detail", **missing))["code"] == 1200
    other_type = {"order_type": RECHARGE, "order_no": order["order_no"]}
    assert (await channel.call("order/detail", **other_type))["code"] == 1200
    assert (await channel.call("user/info"))["data"]["balance"] == 100_000 - 100


@pytest.mark.parametrize(
    ("tail", "ending"),
    [("888", (SUCCESS, 4990)), ("001", (FAILED, 0))],
    ids=["delivered", "refused upstream"],
)
async def test_a_recharge_ends_by_push_and_detail(
    shop: Shop, channel: Channel, simulator: RunningSimulator, tail: str, ending: tuple[int, int]
) -> None:
    """Accepted first, then told once it has ended, again and again until the channel takes it."""
    status, cost = ending
    channel.listener.refusals = 1
    goods_no = await bought_sku(shop, simulator)
    order = channel.order(goods_no, biz_content={"account": f"13800138{tail}", "game_name": "g"})
    made = await channel.call("order/recharge/create", **order)
    assert made["code"] == 0
    assert made["data"]["order_type"] == RECHARGE
    assert made["data"]["order_status"] in {PROCESSING, status}

    async def told() -> bool:
        return bool(channel.listener.of(order["order_no"]))

    await eventually(told)
    (result,) = channel.listener.of(order["order_no"])
    assert (result["order_status"], channel.listener.refused) == (status, 1)
    assert result["end_time"] > 1_700_000_000
    detail = await channel.call("order/detail", order_type=RECHARGE, order_no=order["order_no"])
    assert detail["data"]["order_status"] == status
    assert "card_items" not in detail["data"]
    assert (await channel.call("user/info"))["data"]["balance"] == 100_000 - cost
