"""What a house hears of an order that stays delivered: other codes, money back."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.contract.channels.test_channel_kasushou import opened
from tests.world import kasushou_shop
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.houses import Ear, listening
from tests.world.kasushou_shop import callback_sign
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may push results to this machine."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}) as gateway:
        yield gateway


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """Where the shop is told."""
    async with listening(Ear(yes=kasushou_shop.TAKEN)) as ear:
        yield ear


async def test_other_codes_and_money_back_are_told(shop: Shop, ear: Ear, command: Cli) -> None:
    """A reissue, a part of the money, the rest with the codes left: a push each, and what the order
    shows then. Seen red without the refunds and reissues in the trigger: told once.
    """
    house = await opened(shop)
    goods_id = await house.goods_id(await shop.sku(codes=3, price=500))
    order = house.order(goods_id, url=f"{ear.url}/cb")
    made = await house.ok("order/buy", **order)
    pushes: list[Any] = []
    cards: list[Any] = []

    async def hear() -> None:
        async def told() -> bool:
            return len(ear.heard) > len(pushes)

        await eventually(told)
        body = json.loads(ear.heard[-1].body)
        assert (len(ear.heard), body["sign"]) == (len(pushes) + 1, callback_sign(body))
        pushes.append((body["status"], body["has_back_money"]))
        [card] = (await house.info(order["external_orderno"]))["card_list"]
        assert body["card_list"][0]["card_password"] == card["card_password"]
        cards.append(card["card_password"])

    async def decide(kind: str, *how: str, **more: Any) -> None:
        body = {"kind": kind, "reason": "it does not work", "out_case_no": unique("K"), **more}
        answer = await house.partner.send("POST", f"/v1/orders/{made['ordersn']}/cases", body)
        assert answer.status == 201, answer
        done = command("case", "approve", answer.json["case_no"], "--reason", "looked at it", *how)
        assert done.returncode == 0, done

    await hear()
    await decide("reissue")
    await hear()
    await decide("refund", amount=199)
    await hear()
    await decide("refund", "--keep-codes", "a gift to a good customer")
    await hear()
    assert pushes == [("3", "0.00"), ("3", "0.00"), ("3", "1.99"), ("5", "5.00")]
    assert cards[0] != cards[1] == cards[2] == cards[3]
    assert await house.balance() == "1000.00"
