"""What an answer is about, and what it says of the money: the same check at every door."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from connectors.simulation.behaviour import read_script
from connectors.simulation.ledger import Order, OrderState
from gateway.orders.failure import FailureCode
from tests.integration.dispatch.test_topups_callbacks import call, sent_order
from tests.world.partner import Partner, eventually
from tests.world.shop import RICH
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    Outlet,
    TopUpShop,
    balance,
    holds_for,
    order,
    parked,
    read,
    until,
)

__all__ = ["gateway", "session", "topups"]

OTHERS: Mapping[str, str] = {"dayuanren": "13900139002", "reloadly": "+8613900139002"}


async def placed_at(topups: TopUpShop, outlet: Outlet, tail: str) -> tuple[Partner, dict[str, Any]]:
    """An order for an account of that tail, with the one upstream."""
    partner = await topups.shop.partner()
    sku = await topups.sku([(outlet.name, None)])
    return partner, await order(partner, sku, outlet.account(tail))


def about(entry: Order, **changes: Any) -> Order:
    """The platform's order as it would tell it in full, but for the changes."""
    return replace(entry, delivered_face_minor=entry.face_minor, **changes)


@pytest.mark.parametrize("behaviour", ["partly_refunded", "success_partly_refunded"])
async def test_a_part_of_the_money_back_makes_a_partial_order(
    topups: TopUpShop, behaviour: str
) -> None:
    """found.md §2: status 5 or 3 with half of the money back. The share that the shop kept is paid,
    the rest is refunded, and what it cost is what was kept.

    Seen red without `has_back_money`: all refunded (5), or all charged (3).
    """
    async with topups.outlet("kasushou") as outlet:
        outlet.market.play(read_script({"rules": [{"account": "", "do": behaviour}]}))
        partner, placed = await placed_at(topups, outlet, "000")
        ended = await until(partner, placed)
        assert (ended["state"], ended["delivered_quantity"]) == ("partial", 0)
        assert ended["failure"]["code"] == FailureCode.PARTLY_DELIVERED
        [execution] = outlet.market.ledger.executions()
        kept = PRICE_MINOR * execution.price_minor // execution.asked_minor
        assert execution.price_minor * 2 == execution.asked_minor
        assert await balance(partner) == RICH - kept
        (attempt,) = await topups.stored(
            "SELECT cost, state FROM attempt WHERE order_id = $1", int(placed["order_no"])
        )
        assert (attempt["cost"], attempt["state"]) == (execution.price_minor, "partial")


@pytest.mark.parametrize(
    ("connector", "strange"),
    [
        ("dayuanren", {"account": OTHERS["dayuanren"]}),
        ("reloadly", {"account": OTHERS["reloadly"]}),
        ("reloadly", {"product": "4321"}),
        ("reloadly", {"face_minor": 100}),
    ],
)
async def test_a_signed_word_about_something_else_delivers_nothing(
    topups: TopUpShop, session: aiohttp.ClientSession, connector: str, strange: dict[str, Any]
) -> None:
    """Our number, the right key, another account (product, amount): acknowledged, held, and a
    person sees it; the same word about our own order then delivers.

    Seen red with a callback's word taken without its echo, as it was.
    """
    async with topups.outlet(connector) as outlet:
        partner, placed = await placed_at(topups, outlet, "002")
        entry = await sent_order(outlet.market)
        status, _ = await call(session, outlet.market, about(entry, **strange), OrderState.SUCCESS)
        assert status == 200
        await eventually(lambda: parked(topups, placed))
        assert "speaks of another" in (await parked(topups, placed) or "")

        async def undelivered() -> bool:
            return (await read(partner, placed))["state"] in {"processing", "uncertain"}

        await holds_for(0.5, undelivered)
        await call(session, outlet.market, about(entry), OrderState.SUCCESS)
        assert (await until(partner, placed))["state"] == "delivered"
        assert await parked(topups, placed) is None


async def test_a_query_about_something_else_delivers_nothing(topups: TopUpShop) -> None:
    """The other door: the platform's list has our number with another account."""
    async with topups.outlet("dayuanren", callback_url="http://127.0.0.1:9/") as outlet:
        partner, placed = await placed_at(topups, outlet, "002")
        entry = await sent_order(outlet.market)
        entry.account, entry.notify_url = OTHERS["dayuanren"], None
        outlet.market.release()
        await eventually(lambda: parked(topups, placed))
        assert "speaks of another account" in (await parked(topups, placed) or "")
        assert (await read(partner, placed))["state"] == "uncertain"
        assert await balance(partner) == RICH - PRICE_MINOR


@pytest.mark.parametrize("ended", [False, True])
async def test_failed_and_the_money_kept_is_for_a_person(
    topups: TopUpShop, session: aiohttp.ClientSession, *, ended: bool
) -> None:
    """Status 4 with nothing back is neither a failure nor a success: nothing is refunded, before
    the order has ended and after; a person sees it.
    """
    async with topups.outlet("kasushou") as outlet:
        partner, placed = await placed_at(topups, outlet, "000" if ended else "002")
        entry = await sent_order(outlet.market)
        if ended:
            await until(partner, placed, "delivered")
        kept = about(entry, state=OrderState.CANCELLED, price_minor=entry.asked_minor)
        assert await call(session, outlet.market, kept, OrderState.CANCELLED) == (200, b"ok")
        await eventually(lambda: parked(topups, placed))
        assert "kept all of the money" in (await parked(topups, placed) or "")
        states = {"delivered"} if ended else {"processing", "uncertain"}
        assert (await read(partner, placed))["state"] in states
        assert await balance(partner) == RICH - PRICE_MINOR


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("insufficient-balance", "other"),
        ("credentials", "other"),
        ("resolved", "other"),
        ("failed", "rejected"),
        ("invalid-request", "rejected"),
        ("3001", "rejected"),
        ("connection", "not-sent"),
        ("price-changed", "price-changed"),
    ],
)
async def test_what_older_versions_kept_is_told_in_listed_codes(
    topups: TopUpShop, code: str, told: str
) -> None:
    """A row of any age: its code is one of the nine, and the upstream's words about our wallet and
    our key stay inside, in the order, in lists and by its own number.
    """
    async with topups.outlet("fulu") as outlet:
        partner, placed = await placed_at(topups, outlet, "001")
        failed = await until(partner, placed, "failed")
        assert failed["failure"]["code"] == "product-unavailable"
        words = "商户余额不足 app_key=demo_app_key"
        await topups.stored(
            "UPDATE orders SET failure = json_build_object('code', $2::text, 'detail', $3::text)"
            " WHERE id = $1 RETURNING id",
            int(placed["order_no"]), code, words,
        )  # fmt: skip
        paths = (
            f"/v1/orders/{placed['order_no']}",
            f"/v1/orders/by-out-no/{placed['out_order_no']}",
            "/v1/orders?limit=1",
        )
        for path in paths:
            reply = (await partner.get(path)).json
            shown = reply["data"][0] if "data" in reply else reply
            assert shown["failure"]["code"] == told
            assert "余额" not in shown["failure"]["detail"]
            assert "key" not in shown["failure"]["detail"]
