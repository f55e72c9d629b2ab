"""Codes bought on demand when the platform is wrong: a code sold twice, too many, too few.

And that no code is anywhere in the open, whatever went wrong.
"""

import asyncio
from typing import Any

import pytest

from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import Market
from gateway.ground.desk.action import Change
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.orders.resolve import resolve
from tests.world.gateway_process import Gateway
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
from tests.world.shop import RICH
from tests.world.topup_fixtures import session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    TopUpShop,
    balance,
    holds_for,
    parked,
    read,
    until,
)

__all__ = ["gateway", "session", "topups"]

BY_TWO = Change(
    actor="ann", whence="a test", how={"via": "cli", "approved_by": "bob", "approved_from": "x"}
)


async def is_parked(topups: TopUpShop, placed: Any) -> bool:
    """Whether the order waits for a person."""
    return await parked(topups, placed) is not None


async def test_a_code_sold_twice_is_delivered_once(topups: TopUpShop) -> None:
    """The same code for two orders: the second waits for a person, until the platform mends it.

    Seen red with open_purchases finding no code known: the unique keys then refuse the second
    order for ever, and nobody is told.
    """
    async with topups.outlet("kasushou") as outlet:
        sells(outlet.market, [("SAME-1", "p")])
        partner = await topups.shop.partner()
        # Two SKUs, so two pools: a code is known whatever the pool.
        first_sku, second_sku = [await topups.code_sku((outlet.name, "910010")) for _ in range(2)]
        first = await until(partner, await buy(partner, first_sku))
        assert [code["code"] for code in partner.codes(first)] == ["SAME-1"]
        second = await buy(partner, second_sku)
        await eventually(lambda: is_parked(topups, second))
        note = await parked(topups, second) or ""
        assert "sold a code again that we know from attempt" in note
        assert "SAME-1" not in note
        waiting = await read(partner, second)
        assert (waiting["state"], waiting["codes"]) == ("uncertain", [])
        assert await stock(topups, second_sku) == {}
        assert await complaints(topups) == []
        outlet.market.ledger.orders[-1].codes = (("OTHER-1", "p"),)
        mended = await until(partner, second)
        assert [code["code"] for code in partner.codes(mended)] == ["OTHER-1"]
        assert await parked(topups, second) is None
        assert await complaints(topups) == []


async def test_a_person_refunds_what_was_sold_twice(topups: TopUpShop) -> None:
    """Nobody but the platform has the code, so nobody can call it delivered; it can be refunded."""
    async with topups.outlet("kasushou") as outlet:
        sells(outlet.market, [("AGAIN-1", "p")])
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        await until(partner, await buy(partner, sku))
        placed = await buy(partner, sku)
        await eventually(lambda: is_parked(topups, placed))
        number = placed["order_no"]
        with pytest.raises(DeskRefusedError) as caught:
            async with topups.shop.desk() as (db, _):
                await resolve(db, number, verdict="succeeded", reason="they say so", change=BY_TWO)
        assert "nobody has them but the upstream" in in_words(caught.value)
        async with topups.shop.desk() as (db, _):
            await resolve(db, number, verdict="failed", reason="sold twice", change=BY_TWO)
        assert (await read(partner, placed))["state"] == "failed"
        assert await balance(partner) == RICH - PRICE_MINOR
        assert await complaints(topups) == []


async def test_a_code_of_our_stock_is_not_sold_again(topups: TopUpShop) -> None:
    """A code that an import brought before: the platform's copy of it goes to nobody."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        stocked = await topups.shop.sku(codes=1)
        sold = await partner.order(out_order_no="stock", sku=stocked)
        (code,) = partner.codes(sold.json)
        sells(outlet.market, [(code["code"], "")])
        placed = await buy(partner, await topups.code_sku((outlet.name, "910010")))
        await eventually(lambda: is_parked(topups, placed))
        assert f"know from pool {stocked};" in (await parked(topups, placed) or "")
        assert (await read(partner, placed))["codes"] == []


async def test_the_same_code_twice_in_one_answer(topups: TopUpShop) -> None:
    """Two pieces, one code: that is one code too few, and a person is told."""
    async with topups.outlet("kasushou") as outlet:
        sells(outlet.market, [("TWIN-1", "a"), ("TWIN-1", "a")])
        partner = await topups.shop.partner()
        placed = await buy(partner, await topups.code_sku((outlet.name, "910010")), 2)
        await eventually(lambda: is_parked(topups, placed))
        assert (await read(partner, placed))["state"] == "uncertain"
        assert await complaints(topups) == []


async def test_the_same_code_for_two_at_once(topups: TopUpShop) -> None:
    """Two orders in parallel get the same code from two platforms: one is delivered."""
    async with topups.outlet("kasushou") as first, topups.outlet("kasushou") as second:
        partner = await topups.shop.partner()
        skus = []
        for outlet in (first, second):
            outlet.market.play(script("processing"))
            sells(outlet.market, [("BOTH-1", "p")])
            skus.append(await topups.code_sku((outlet.name, "910010")))
        orders = [await buy(partner, sku) for sku in skus]
        for outlet in (first, second):
            await eventually(lambda outlet=outlet: _holds(outlet.market))
        assert [outlet.market.release() for outlet in (first, second)] == [1, 1]

        async def settled() -> bool:
            states = sorted([(await read(partner, each))["state"] for each in orders])
            return states == ["delivered", "uncertain"]

        await eventually(settled)
        assert await complaints(topups) == []


async def _holds(market: Market) -> bool:
    return bool(market.ledger.orders)


async def test_surplus_is_void_and_visible(topups: TopUpShop) -> None:
    """Three codes for two paid: two are delivered, the third is void, and a person is told."""
    async with topups.outlet("kasushou") as outlet:
        sells(outlet.market, [("MORE-1", ""), ("MORE-2", ""), ("MORE-3", "")])
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        ended = await until(partner, await buy(partner, sku, 2))
        assert [code["code"] for code in partner.codes(ended)] == ["MORE-1", "MORE-2"]
        assert await stock(topups, sku) == {"imported": 3, "delivered": 2, "void": 1}
        note = await parked(topups, ended) or ""
        assert "1 more codes than ordered" in note
        assert "numbers 2" in note
        assert await complaints(topups) == []


async def test_fewer_codes_are_waited_for(topups: TopUpShop) -> None:
    """One code of two: not delivered, not refunded; complete once the other one is there."""
    async with topups.outlet("kasushou") as outlet:
        sells(outlet.market, [("HALF-1", "")])
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        placed = await buy(partner, sku, 2)

        async def still() -> bool:
            now = await read(partner, placed)
            return (now["state"], now["codes"]) == ("processing", [])

        await holds_for(1.5, still)
        assert await balance(partner) == RICH - 2 * PRICE_MINOR
        assert await stock(topups, sku) == {}
        outlet.market.ledger.orders[-1].codes = (("HALF-1", ""), ("HALF-2", ""))
        ended = await until(partner, placed)
        assert [code["code"] for code in partner.codes(ended)] == ["HALF-1", "HALF-2"]


async def test_a_success_without_codes_is_no_delivery(topups: TopUpShop) -> None:
    """ "Done" in a signed callback is only a reason to fetch the codes."""
    async with topups.outlet("kasushou") as outlet:
        outlet.market.play(script("processing"))
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        placed = await buy(partner, sku)
        await eventually(lambda: _holds(outlet.market))
        (order,) = outlet.market.ledger.orders
        outlet.market.sender.tell(order, OrderState.SUCCESS)  # before it is true

        async def told() -> bool:
            return bool(
                await topups.stored(
                    "SELECT FROM callback c JOIN attempt a ON a.id = c.attempt_id"
                    " WHERE a.order_id = $1 AND c.hint = 'success'",
                    int(placed["order_no"]),
                )
            )

        await eventually(told)
        assert (await read(partner, placed))["state"] == "processing"
        outlet.market.release()
        assert (await until(partner, placed))["state"] == "delivered"


async def test_a_reversal_refunds(topups: TopUpShop) -> None:
    """Taken back by the platform after success: refunded; the codes stay in the books."""
    async with topups.outlet("kasushou", settings={"reversal_delay_s": "600"}) as outlet:
        outlet.market.play(script("reversed"))
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "910010"))
        placed = await buy(partner, sku, 2)
        await until(partner, placed, "delivered")
        outlet.market.reverse(outlet.market.ledger.orders[-1])
        await until(partner, placed, "reversed")
        assert await balance(partner) == RICH
        assert await stock(topups, sku) == {"imported": 2, "delivered": 2}
        assert await complaints(topups) == []


async def test_no_code_is_in_the_open(topups: TopUpShop, gateway: Gateway) -> None:
    """Bought at every platform, with every fault: in no column, no callback, no log line.

    Seen red with the bodies of callbacks kept as they came.
    """

    async def bought(connector: str, behaviour: str) -> list[str]:
        product, quantity = CODES[connector]
        async with topups.outlet(connector) as outlet:
            outlet.market.play(script(behaviour))
            partner = await topups.shop.partner()
            placed = await buy(partner, await topups.code_sku((outlet.name, product)), quantity)
            await until(partner, placed)
            return [part for order in outlet.market.ledger.orders for part in _parts(order)]

    behaviours = ("callbacks_doubled", "executed_dropped", "garbled", "callback_first")
    sold = await asyncio.gather(
        *(bought(connector, behaviour) for connector in CODES for behaviour in behaviours)
    )
    codes = [code for each in sold for code in each]
    assert len(codes) > len(CODES) * len(behaviours)
    texts = [gateway.log.read_text(encoding="utf-8")]
    for table in ("attempt", "callback", "orders", "webhook", "code", "code_void", "reveal"):
        rows = await topups.stored(f"SELECT t.*::text AS text FROM {table} t")
        texts += [row["text"] for row in rows]
    bodies = await topups.stored(
        "SELECT encode(body, 'escape') AS text FROM callback"
        " UNION ALL SELECT encode(sealed, 'escape') FROM code"
        " UNION ALL SELECT encode(body, 'escape') FROM webhook WHERE body IS NOT NULL"
    )
    everything = "\n".join([*texts, *(row["text"] for row in bodies)])
    assert [code for code in codes if code in everything] == []


def _parts(order: Order) -> list[str]:
    """What of an order's codes must not be seen; a serial number redeems nothing."""
    return [number for number, _ in order.codes]
