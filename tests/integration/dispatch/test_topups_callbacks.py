"""Callbacks: forged, a thousand at once, early, late and contradictory (faults E)."""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp

from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import Market
from tests.world.partner import eventually
from tests.world.shop import RICH
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    TopUpShop,
    balance,
    holds_for,
    order,
    parked,
    read,
    until,
)

__all__ = ["gateway", "session", "topups"]


async def sent_order(market: Market) -> Order:
    """The platform's order, once it has it."""

    async def there() -> bool:
        return bool(market.ledger.orders)

    await eventually(there)
    return market.ledger.orders[-1]


async def call(
    session: aiohttp.ClientSession,
    market: Market,
    entry: Order,
    state: OrderState,
    *,
    forged: bool = False,
) -> tuple[int, bytes]:
    """Send one callback as the platform would; what it was answered.

    Where this process is too slow for the deadline of a head, the gateway hangs up without an
    answer; then a platform sends it again.
    """
    message = market.platform.callback(entry, state, forged=forged)
    assert message is not None
    while True:
        with contextlib.suppress(aiohttp.ServerDisconnectedError):
            async with session.request(
                message.method,
                message.url,
                data=message.body,
                headers={"Content-Type": message.content_type, **message.headers},
            ) as response:
                return response.status, await response.read()


async def events(topups: TopUpShop, placed: Any) -> list[str]:
    """The order's entries and attempts: everything that a callback could have moved."""
    rows = await topups.stored(
        "SELECT kind FROM entry WHERE order_id = $1 ORDER BY seq", int(placed["order_no"])
    )
    return [row["kind"] for row in rows]


async def test_forged_callbacks_have_no_effect(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """Wrong signatures get 401 and the same words, whatever they say; nothing moves."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        answers = {
            await call(session, outlet.market, entry, state, forged=True)
            for state in (OrderState.SUCCESS, OrderState.FAILED, OrderState.REVERSED)
        }
        assert len(answers) == 1
        assert answers.pop()[0] == 401

        async def still() -> bool:
            return (await read(partner, placed))["state"] == "processing"

        await holds_for(0.5, still)


async def test_a_thousand_equal_callbacks(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """The same word a thousand times in parallel: all acknowledged, one transition, one refund."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        answers = await asyncio.gather(
            *(call(session, outlet.market, entry, OrderState.CANCELLED) for _ in range(1000))
        )
        assert set(answers) == {(200, b"ok")}
        assert (await until(partner, placed))["state"] == "failed"
        assert await events(topups, placed) == ["charge", "refund"]
        assert await balance(partner) == RICH


async def test_success_after_the_refund_is_parked(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """A contradiction changes no order: it waits for a person."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        await call(session, outlet.market, entry, OrderState.CANCELLED)
        await until(partner, placed, "failed")
        status, _ = await call(session, outlet.market, entry, OrderState.SUCCESS)
        assert status == 200

        await eventually(lambda: parked(topups, placed))
        assert (await read(partner, placed))["state"] == "failed"
        assert await balance(partner) == RICH


async def test_an_unknown_attempt_is_acknowledged(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """A number that is not ours gets the same words as one of ours."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        entry.our_no = "1"
        answer = await call(session, outlet.market, entry, OrderState.SUCCESS)
        assert answer == (200, b"ok")


async def test_another_upstreams_callback_says_nothing(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """Rightly signed by platform B, about an attempt at platform A: no effect."""
    async with topups.outlet("kasushou") as first, topups.outlet("kasushou") as second:
        partner = await topups.shop.partner()
        sku = await topups.sku([(first.name, None)])
        placed = await order(partner, sku, first.account("002"))
        entry = await sent_order(first.market)
        entry.notify_url = f"{topups.shop.url}/callbacks/{second.name}"
        # The same words as for one of its own: whose attempt it is, nobody is told.
        assert await call(session, first.market, entry, OrderState.SUCCESS) == (200, b"ok")
        (kept,) = await topups.stored(
            "SELECT c.verdict, c.attempt_id FROM callback c JOIN upstream u ON u.id = c.upstream_id"
            " WHERE u.name = $1",
            second.name,
        )
        assert dict(kept) == {"verdict": "unknown-attempt", "attempt_id": None}

        async def still() -> bool:
            return (await read(partner, placed))["state"] == "processing"

        await holds_for(0.5, still)


async def test_the_named_address(topups: TopUpShop, session: aiohttp.ClientSession) -> None:
    """A platform that signs nothing is told a secret address; any other token is refused, and
    what comes to the plain one is only a reason to ask."""
    async with topups.outlet("dtone") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        address, _, token = (entry.notify_url or "").rpartition("/")
        assert address == f"{topups.shop.url}/callbacks/{outlet.name}"
        assert len(token) >= 32
        entry.notify_url = f"{address}/{'x' * len(token)}"
        assert (await call(session, outlet.market, entry, OrderState.SUCCESS))[0] == 401
        entry.notify_url = address
        assert (await call(session, outlet.market, entry, OrderState.SUCCESS))[0] == 204

        async def still() -> bool:  # the platform, asked, says that it is working on it
            return (await read(partner, placed))["state"] == "processing"

        await holds_for(0.5, still)
        outlet.market.release()
        ended = await until(partner, placed)
        assert ended["state"] == "delivered"
        assert json.dumps(ended).count(token) == 0
        assert await balance(partner) == RICH - PRICE_MINOR


async def test_a_flood_leaves_little(topups: TopUpShop, session: aiohttp.ClientSession) -> None:
    """Hundreds of unsigned callbacks to the plain address, large, different, for a known attempt
    and for none: a few small rows; the same body again is counted; over 64 KiB it is refused.
    """
    async with topups.outlet("dtone") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        await order(partner, sku, outlet.account("002"))
        entry = await sent_order(outlet.market)
        url = f"{topups.shop.url}/callbacks/{outlet.name}"

        async def say(number: str, more: str) -> int:
            message = market_message(outlet.market, entry, number, more)
            async with session.post(url, data=message) as answer:
                return answer.status

        different = [say(entry.our_no, f"{n} " + "x" * 20_000) for n in range(200)]
        unknown = [say(str(n + 1), f"{n} " + "x" * 20_000) for n in range(100)]
        assert set(await asyncio.gather(*different, *unknown)) == {204}
        same = [say(entry.our_no, "again") for _ in range(50)]
        assert set(await asyncio.gather(*same)) == {204}
        assert await say(entry.our_no, "x" * 65_536) == 413

        rows = await topups.stored(
            "SELECT length(body) AS bytes, size, times, attempt_id FROM callback c"
            " JOIN upstream u ON u.id = c.upstream_id WHERE u.name = $1",
            outlet.name,
        )
        ours = [row for row in rows if row["attempt_id"] is not None]
        assert len(ours) <= 8
        assert max(row["bytes"] for row in rows) <= 1024
        assert max(row["size"] for row in rows) > 20_000


def market_message(market: Market, entry: Order, number: str, more: str) -> bytes:
    """The platform's own callback, about another number, with more in it."""
    message = market.platform.callback(entry, OrderState.SUCCESS, forged=False)
    assert message is not None
    document = json.loads(message.body)
    document["external_id"] = number
    document["more"] = more
    return json.dumps(document).encode()


async def test_an_attempts_address_is_its_own(
    topups: TopUpShop, session: aiohttp.ClientSession
) -> None:
    """The secret address of one attempt opens nothing for another one."""
    async with topups.outlet("dtone") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        await order(partner, sku, outlet.account("002"))
        await order(partner, sku, outlet.account("002"))

        async def both() -> bool:
            return len(outlet.market.ledger.orders) == 2

        await eventually(both)
        first, second = outlet.market.ledger.orders
        assert first.notify_url != second.notify_url
        first.notify_url = second.notify_url
        assert (await call(session, outlet.market, first, OrderState.SUCCESS))[0] == 401
        assert (await call(session, outlet.market, second, OrderState.SUCCESS))[0] == 204
