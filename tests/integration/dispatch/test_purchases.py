"""Codes bought on demand, through the whole gateway, at every platform that sells codes.

A platform's codes go through the vault like imported ones: stored, allocated and delivered in
one transaction, and shown only to the key that asks.
"""

import asyncio
from collections.abc import Mapping

import pytest

from gateway.catalog.rules import SkuKind
from tests.webhook_receiver import receiving
from tests.world.partner import eventually
from tests.world.purchase_shop import (
    CODES,
    buy,
    complaints,
    gateway,
    script,
    sells,
    stock,
)
from tests.world.shop import RICH, unique
from tests.world.topup_fixtures import session, topups
from tests.world.topup_shop import PRICE_MINOR, TopUpShop, balance, read, until

__all__ = ["gateway", "session", "topups"]

# What a platform does → the order's final state, and how often the platform executed it.
ENDINGS: Mapping[str, tuple[str, int]] = {
    "rejected": ("failed", 0),
    "executed_dropped": ("delivered", 1),  # the answer was lost: the codes come by a query
    "error_executed": ("delivered", 1),  # a 500 is not a refusal
    "garbled": ("delivered", 1),
    "throttled": ("delivered", 1),  # sent again
    "callbacks_doubled": ("delivered", 1),
    "callback_first": ("delivered", 1),  # before the submit was answered
    "no_callback": ("delivered", 1),
    "forged_callback": ("delivered", 1),
    "failed": ("failed", 0),  # taken, then given up: refunded
}


@pytest.mark.parametrize("connector", CODES)
async def test_codes_are_bought_and_delivered(topups: TopUpShop, connector: str) -> None:
    """201 processing, then delivered: the platform's own codes, to the key that asks, for good."""
    product, quantity = CODES[connector]
    async with topups.outlet(connector) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, product))
        placed = await buy(partner, sku, quantity)
        ended = await until(partner, placed)
        assert (ended["state"], ended["delivered_quantity"]) == ("delivered", quantity)
        (order,) = outlet.market.ledger.executions()
        codes = partner.codes(ended)
        assert [code["code"] for code in codes] == [number for number, _ in order.codes]
        assert partner.codes(await read(partner, placed)) == codes
        again = await partner.order(out_order_no=placed["out_order_no"], sku=sku, quantity=quantity)
        assert (again.status, partner.codes(again.json)) == (200, codes)
        assert await stock(topups, sku) == {"imported": quantity, "delivered": quantity}
        assert await balance(partner) == RICH - PRICE_MINOR * quantity
        assert await complaints(topups) == []


@pytest.mark.parametrize("connector", CODES)
async def test_every_behaviour_ends_right(topups: TopUpShop, connector: str) -> None:
    """Whatever the platform does: bought once or refunded, and codes for what was bought."""
    product, quantity = CODES[connector]

    async def ends(behaviour: str) -> tuple[str, int]:
        async with topups.outlet(connector) as outlet:
            outlet.market.play(script(behaviour))
            partner = await topups.shop.partner()
            sku = await topups.code_sku((outlet.name, product))
            ended = await until(partner, await buy(partner, sku, quantity), ENDINGS[behaviour][0])
            delivered = quantity if ended["state"] == "delivered" else 0
            assert len(partner.codes(ended)) == ended["delivered_quantity"] == delivered
            assert await balance(partner) == RICH - PRICE_MINOR * delivered
            return ended["state"], len(outlet.market.ledger.executions())

    found = dict(zip(ENDINGS, await asyncio.gather(*map(ends, ENDINGS)), strict=True))
    assert found == ENDINGS
    assert await complaints(topups) == []


async def test_another_upstream_delivers(topups: TopUpShop) -> None:
    """A refusal at the first upstream: the second one's codes, in the SKU's one pool."""
    async with topups.outlet("kasushou") as first, topups.outlet("fulu") as second:
        first.market.play(script("rejected"))
        partner = await topups.shop.partner()
        sku = await topups.code_sku((first.name, "910010"), (second.name, "910010"))
        ended = await until(partner, await buy(partner, sku, 2))
        (order,) = second.market.ledger.executions()
        assert [code["code"] for code in partner.codes(ended)] == [c for c, _ in order.codes]
        assert await stock(topups, sku) == {"imported": 2, "delivered": 2}


async def test_a_crowd_buys_at_once(topups: TopUpShop) -> None:
    """Forty orders of two SKUs in parallel: each its own codes, and the pools add up."""
    async with topups.outlet("kasushou") as first, topups.outlet("dingconnect") as second:
        partner = await topups.shop.partner()
        skus = [await topups.code_sku((outlet.name, "910010")) for outlet in (first, second)]
        orders = await asyncio.gather(*(buy(partner, skus[n % 2]) for n in range(40)))
        ended = await asyncio.gather(*(until(partner, placed) for placed in orders))
        codes = [code["code"] for each in ended for code in partner.codes(each)]
        assert len(set(codes)) == len(codes) == 40
        for sku in skus:
            assert await stock(topups, sku) == {"imported": 20, "delivered": 20}
        assert await complaints(topups) == []


async def test_only_keys_that_may_see_codes_see_them(topups: TopUpShop) -> None:
    """Without `codes:read` the order has no codes; another key gets them sealed to itself."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        name = await topups.shop.name_of(partner)
        blind = await topups.shop.another_key(name, scopes=["orders:read", "orders:write"])
        other = await topups.shop.another_key(name)
        sku = await topups.code_sku((outlet.name, "910010"))
        ended = await until(partner, await buy(partner, sku))
        assert "codes" not in await read(blind, ended)
        assert other.codes(await read(other, ended)) == partner.codes(ended)


async def test_the_webhook_has_no_codes(topups: TopUpShop) -> None:
    """`order.delivered` tells that codes are there; they are fetched with a key."""
    async with topups.outlet("kasushou") as outlet, receiving() as receiver:
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        placed = await buy(partner, sku, 2, notify_url=receiver.url)
        (message,) = await receiver.until(1)
        assert message.json["type"] == "order.delivered"
        assert message.json["data"]["delivered_quantity"] == 2
        assert "codes" not in message.json["data"]
        assert len(partner.codes(await read(partner, placed))) == 2


async def test_a_link_is_a_link(topups: TopUpShop) -> None:
    """What a link SKU buys has a `url`, and `code` only where there is one beside it."""
    async with topups.outlet("kasushou") as outlet:
        sells(
            outlet.market, [("https://redeem.example/a1", "")], [("https://redeem.example/b2", "9")]
        )
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"), kind=SkuKind.LINK)
        bare = await until(partner, await buy(partner, sku))
        assert partner.codes(bare) == [{"url": "https://redeem.example/a1"}]
        with_pin = await until(partner, await buy(partner, sku))
        assert partner.codes(with_pin) == [{"pin": "9", "url": "https://redeem.example/b2"}]


async def test_an_account_plays_no_part(topups: TopUpShop) -> None:
    """A code goes to no account: one that is given is not passed on, and not shown."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        ended = await until(partner, await buy(partner, sku, account="13800138000"))
        assert (ended["account"], ended["state"]) == (None, "delivered")
        (order,) = outlet.market.ledger.executions()
        assert order.account == ""


async def test_cancelled_before_anything_was_sent(topups: TopUpShop) -> None:
    """While nothing was sent the order can be cancelled and is refunded; afterwards not."""
    down = unique("down")
    await topups.add_upstream(down, "kasushou", "http://127.0.0.1:9")
    partner = await topups.shop.partner()
    placed = await buy(partner, await topups.code_sku((down, "910010")))

    async def cancelled() -> bool:  # not while a try is under way
        reply = await partner.send("POST", f"/v1/orders/{placed['order_no']}/cancel")
        return reply.status == 200

    await eventually(cancelled)
    assert (await read(partner, placed))["state"] == "failed"
    assert await balance(partner) == RICH
    async with topups.outlet("kasushou") as outlet:
        sku = await topups.code_sku((outlet.name, "910010"))
        ended = await until(partner, await buy(partner, sku))
        late = await partner.send("POST", f"/v1/orders/{ended['order_no']}/cancel")
        assert late.problem == (409, "not-cancellable")
