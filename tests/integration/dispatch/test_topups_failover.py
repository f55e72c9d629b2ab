"""What happens when an upstream is down, dear, out of money, paused or slow."""

from connectors.simulation import running
from connectors.simulation.behaviour import Script, read_script
from tests.world.partner import eventually
from tests.world.shop import RICH, unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    TopUpShop,
    balance,
    holds_for,
    order,
    read,
    until,
)

__all__ = ["gateway", "session", "topups"]

NOBODY = "http://127.0.0.1:9"  # the discard port: connections are refused


async def routes_of(topups: TopUpShop, order_no: str) -> list[tuple[str, str]]:
    """Upstream and state of the order's attempts, in order."""
    rows = await topups.stored(
        "SELECT u.name, a.state FROM attempt a JOIN upstream u ON u.id = a.upstream_id"
        " WHERE a.order_id = $1 ORDER BY a.id",
        int(order_no),
    )
    return [(row["name"], row["state"]) for row in rows]


async def test_rejected_goes_to_the_next(topups: TopUpShop) -> None:
    """A definite refusal: the next upstream delivers, and only that one executed."""
    async with topups.outlet("kasushou") as first, topups.outlet("fulu") as second:
        partner = await topups.shop.partner()
        first.market.play(_script("rejected"))
        second.market.play(_script("success"))
        sku = await topups.sku([(first.name, None), (second.name, None)])
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        assert await routes_of(topups, placed["order_no"]) == [
            (first.name, "rejected"),
            (second.name, "succeeded"),
        ]
        assert (first.executions(placed), second.executions(placed)) == (0, 1)
        assert await balance(partner) == RICH - PRICE_MINOR


async def test_never_sent_goes_to_the_next(topups: TopUpShop) -> None:
    """Nobody listens at the first upstream: after a few tries the second one delivers."""
    async with topups.outlet("fulu") as second:
        down = unique("down")
        await topups.add_upstream(down, "kasushou", NOBODY)
        partner = await topups.shop.partner()
        sku = await topups.sku([(down, None), (second.name, None)])
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        assert second.executions(placed) == 1


async def test_alone_and_down_it_waits(topups: TopUpShop) -> None:
    """Nobody listens and there is no other: processing, cancellable, refunded then."""
    down = unique("down")
    await topups.add_upstream(down, "kasushou", NOBODY)
    partner = await topups.shop.partner()
    sku = await topups.sku([(down, None)])
    placed = await order(partner, sku, "13800138000")

    async def cancelled() -> bool:  # not while a try is under way
        reply = await partner.send("POST", f"/v1/orders/{placed['order_no']}/cancel")
        return reply.status == 200

    await eventually(cancelled)
    ended = await read(partner, placed)
    assert (ended["state"], ended["failure"]["code"]) == ("failed", "cancelled")
    assert await balance(partner) == RICH


async def test_never_to_one_that_sells_fewer(topups: TopUpShop) -> None:
    """An order of two goes nowhere where one is sold at a time: it waits for its own route."""
    async with topups.outlet("dtone") as single:
        down = unique("down")
        await topups.add_upstream(down, "kasushou", NOBODY)
        await topups.set_paused(single.name, paused=True)
        partner = await topups.shop.partner()
        sku = await topups.sku([(down, None), (single.name, None)])
        placed = await order(partner, sku, "13800138000", quantity=2)
        await topups.set_paused(single.name, paused=False)

        async def still() -> bool:
            return (await read(partner, placed))["state"] == "processing"

        await holds_for(3.0, still)
        assert [name for name, _ in await routes_of(topups, placed["order_no"])] == [down]


async def test_unknown_never_goes_to_the_next(topups: TopUpShop) -> None:
    """Dropped, and queries fail: uncertain, and the second upstream hears nothing (faults 47)."""
    async with topups.outlet("kasushou") as first, topups.outlet("fulu") as second:
        partner = await topups.shop.partner()
        first.market.play(_script("dropped"))
        sku = await topups.sku([(first.name, None), (second.name, None)])
        placed = await order(partner, sku, "13800138000")
        await until(partner, placed, "uncertain")

        async def still() -> bool:
            return (await read(partner, placed))["state"] == "uncertain"

        await holds_for(2.0, still)
        assert second.executions(placed) == 0
        assert len(await routes_of(topups, placed["order_no"])) == 1


async def test_an_upstream_without_money_pauses(topups: TopUpShop) -> None:
    """No balance at the only upstream: orders wait, none is burnt (faults 54)."""
    async with topups.outlet("kasushou", settings={"balance_minor": "0"}) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = [await order(partner, sku, f"1380013{n:04d}") for n in range(100, 105)]

        async def waiting() -> bool:
            return all([(await read(partner, each))["state"] == "processing" for each in placed])

        await holds_for(2.0, waiting)
        reasons = await topups.stored(
            "SELECT reason FROM lane_state l JOIN upstream u ON u.id = l.upstream_id"
            " WHERE u.name = $1",
            outlet.name,
        )
        assert [row["reason"] for row in reasons] == ["insufficient-balance"]


async def test_an_upstream_without_money_has_a_second(topups: TopUpShop) -> None:
    """No balance at the first upstream: the second one delivers."""
    async with (
        topups.outlet("kasushou", settings={"balance_minor": "0"}) as first,
        topups.outlet("fulu") as second,
    ):
        partner = await topups.shop.partner()
        sku = await topups.sku([(first.name, None), (second.name, None)])
        placed = [await order(partner, sku, f"1380013{n:04d}") for n in range(100, 105)]
        for each in placed:
            assert (await until(partner, each))["state"] == "delivered"
            assert second.executions(each) == 1


async def test_an_upstream_known_to_be_empty_comes_last(topups: TopUpShop) -> None:
    """Its balance was asked for before: no order has to be refused there to find out."""
    async with (
        topups.outlet("kasushou", settings={"balance_minor": "900"}) as empty,
        topups.outlet("fulu") as full,
    ):
        partner = await topups.shop.partner()
        sku = await topups.sku([(empty.name, 980), (full.name, 980)])

        async def known() -> bool:
            async with topups.shop.session.get(f"{topups.shop.url}/metrics") as metrics:
                text = await metrics.text()
            return all(
                f'quangate_upstream_balance_minor{{upstream="{outlet.name}"' in text
                for outlet in (empty, full)
            )

        await eventually(known)
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        assert await routes_of(topups, placed["order_no"]) == [(full.name, "succeeded")]


async def test_nothing_is_bought_at_a_loss(topups: TopUpShop) -> None:
    """A route that costs more than the price is no route; the cheaper one is taken."""
    async with topups.outlet("kasushou") as dear, topups.outlet("fulu") as cheap:
        partner = await topups.shop.partner()
        sku = await topups.sku([(dear.name, PRICE_MINOR + 1), (cheap.name, PRICE_MINOR)])
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        assert (dear.executions(placed), cheap.executions(placed)) == (0, 1)
        alone = await topups.sku([(dear.name, PRICE_MINOR + 1)])
        reply = await partner.order(out_order_no=unique("T"), sku=alone, account="13800138000")
        assert reply.problem == (503, "maintenance")


async def test_a_paused_upstream_is_left_out(topups: TopUpShop) -> None:
    """Paused by an operator: new orders go elsewhere; resumed, they come back."""
    async with topups.outlet("kasushou") as first, topups.outlet("fulu") as second:
        partner = await topups.shop.partner()
        sku = await topups.sku([(first.name, None), (second.name, None)])
        await topups.set_paused(first.name, paused=True)

        async def goes_to_second() -> bool:
            placed = await order(partner, sku, "13800138000")
            await until(partner, placed)
            return (await routes_of(topups, placed["order_no"]))[-1][0] == second.name

        await eventually(goes_to_second)
        await topups.set_paused(first.name, paused=False)

        async def goes_to_first() -> bool:
            return not await goes_to_second()

        await eventually(goes_to_first)


async def test_the_breaker_opens_and_closes(topups: TopUpShop) -> None:
    """503s open the lane's breaker, so the platform gets rest; once well, it delivers again."""
    async with topups.outlet("kasushou") as first, topups.outlet("fulu") as second:
        partner = await topups.shop.partner()
        first.market.play(_script("storm"))
        sku = await topups.sku([(first.name, None), (second.name, None)])

        async def breaker_is_open() -> bool:
            await order(partner, sku, "13800138000")
            rows = await topups.stored(
                "SELECT breaker FROM lane_state l JOIN upstream u ON u.id = l.upstream_id"
                " WHERE u.name = $1 AND breaker <> 'closed'",
                first.name,
            )
            return bool(rows)

        await eventually(breaker_is_open)
        placed = await order(partner, sku, "13800138000")
        assert (await until(partner, placed))["state"] == "delivered"
        first.market.play(_script("success"))

        async def first_delivers() -> bool:
            again = await order(partner, sku, "13800138000")
            await until(partner, again)
            return (await routes_of(topups, again["order_no"]))[-1] == (first.name, "succeeded")

        await eventually(first_delivers)


async def test_a_dead_upstream_does_not_hold_up_another(topups: TopUpShop) -> None:
    """Orders for an upstream that hangs wait; those for a healthy one do not."""
    async with running("kasushou", script={"latency_ms": [60_000, 60_000]}) as hung:
        name = unique("hung")
        await topups.add_upstream(name, "kasushou", hung.url)
        async with topups.outlet("fulu") as healthy:
            partner = await topups.shop.partner()
            stuck = await topups.sku([(name, None)])
            well = await topups.sku([(healthy.name, None)])
            for number in range(200):
                await order(partner, stuck, f"1380013{number + 1000}")
            placed = await order(partner, well, "13800138000")
            assert (await until(partner, placed))["state"] == "delivered"


async def test_one_number_at_a_time(topups: TopUpShop) -> None:
    """Reloadly's two minutes per number: the second order of a number waits, others do not, and
    a refusal that executed nothing starts no waiting."""
    async with topups.outlet("reloadly") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        first = await order(partner, sku, "+8613800138010")  # throttled twice, then delivered
        assert (await until(partner, first))["state"] == "delivered"
        second = await order(partner, sku, "+8613800138010")
        other = await order(partner, sku, "+8613800138000")
        assert (await until(partner, other))["state"] == "delivered"
        assert (await read(partner, second))["state"] == "processing"
        assert outlet.executions(first) == 1


def _script(behaviour: str) -> Script:
    return read_script({"rules": [{"account": "", "do": behaviour}]})
