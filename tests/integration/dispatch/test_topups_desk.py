"""What operators do about top-ups: decide by two people, cancel, ask a platform, look at lanes."""

import asyncio
from typing import Any

from connectors.simulation import running
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from tests.conftest import Cli, Finished
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.partner import eventually
from tests.world.shop import RICH, unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    TopUpShop,
    balance,
    order,
    read,
    settings_of,
    until,
)

__all__ = ["gateway", "session", "topups"]


async def run(cli: Cli, *arguments: str) -> Finished:
    """A command in a process of its own, while the simulators go on."""
    return await asyncio.to_thread(cli, *arguments, "--json")


async def test_two_people_decide(topups: TopUpShop, cli: Cli) -> None:
    """Asked for by one, approved by another: settled and refunded; never by one alone, or twice."""
    async with topups.outlet("kasushou") as outlet, client_of(topups.shop.url) as client:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("004"))
        await until(partner, placed, "uncertain")
        number = placed["order_no"]
        ann = Operator(client, await asyncio.to_thread(make_operator, cli, "ann", "support"))
        await in_force(ann)

        decided = ("order", "resolve", number, "--as", "failed", "--reason", "mail")
        asked = (await run(cli, *decided)).json["approval"]
        assert (await read(partner, placed))["state"] == "uncertain"  # nothing happens yet
        alone = await run(cli, "approval", "approve", asked["id"], "--reason", "mine")
        assert (alone.returncode, alone.json["error"]["code"]) == (1, "not-permitted")

        done = await ann.post(f"approvals/{asked['id']}/approve", {"reason": "seen it"})
        assert (done.status, done.json["result"]["state"]) == (200, "failed")
        ended = await read(partner, placed)
        assert (ended["state"], ended["failure"]["code"]) == ("failed", "other")
        assert await balance(partner) == RICH
        again = await ann.post(f"approvals/{asked['id']}/approve", {"reason": "seen it"})
        assert (again.status, again.code) == (409, "refused")
        (shown,) = (await run(cli, "order", "show", number)).json["resolutions"]
        assert (shown["requested_by"], shown["approved_by"]) == (asked["requested_by"], "ann")
        await run(cli, "operator", "disable", "ann")


async def test_what_cannot_be_decided(topups: TopUpShop, cli: Cli) -> None:
    """A delivered order can only be reversed; a failed one not at all; nobody says who he is."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("000"))
        await until(partner, placed, "delivered")
        number = placed["order_no"]
        why = ("--reason", "mail")
        wrong = await run(cli, "order", "resolve", number, "--as", "failed", *why)
        assert (wrong.returncode, wrong.json["error"]["code"]) == (1, "not-resolvable")
        by = await run(cli, "order", "resolve", number, "--as", "reversed", *why, "--by", "ann")
        assert by.returncode == 2
        assert await balance(partner) == RICH - PRICE_MINOR
        done = await run(cli, "order", "resolve", number, "--as", "reversed", *why)
        assert (done.json["state"], done.json["approved_by"]) == ("reversed", None)
        assert (await read(partner, placed))["state"] == "reversed"
        assert await balance(partner) == RICH
        twice = await run(cli, "order", "resolve", number, "--as", "reversed", *why)
        assert twice.json["error"]["code"] == "not-resolvable"


async def test_an_order_is_cancelled(topups: TopUpShop, cli: Cli) -> None:
    """Only while nothing was sent: then it is refunded."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        sent = await order(partner, sku, outlet.account("000"))
        await until(partner, sent, "delivered")
        late = await run(cli, "order", "cancel", sent["order_no"])
        assert (late.returncode, late.json["error"]["code"]) == (1, "not-cancellable")

        down = unique("down")
        await topups.add_upstream(down, "kasushou", "http://127.0.0.1:9")
        alone = await topups.sku([(down, None)])
        placed = await order(partner, alone, "13800138000")

        async def cancelled() -> bool:  # not while a try is under way
            return (await run(cli, "order", "cancel", placed["order_no"])).returncode == 0

        await eventually(cancelled)
        assert (await read(partner, placed))["state"] == "failed"
        before = await balance(partner)
        again = await partner.send("POST", f"/v1/orders/{placed['order_no']}/cancel")
        assert (again.status, again.json["state"]) == (200, "failed")
        assert again.json["failure"]["code"] == "cancelled"
        assert (await run(cli, "order", "cancel", placed["order_no"])).returncode == 0
        assert await balance(partner) == before


async def test_stock_is_not_resolved(topups: TopUpShop, cli: Cli) -> None:
    """A code that was shown cannot be taken back: what is refused anyway waits for nobody."""
    partner = await topups.shop.partner()
    sku = await topups.shop.sku(codes=1)
    placed = (await partner.order(out_order_no=unique("S"), sku=sku)).json
    why = ("--reason", "mail")
    for verdict in ("reversed", "failed", "unchanged"):
        refused = await run(cli, "order", "resolve", placed["order_no"], "--as", verdict, *why)
        assert (refused.returncode, refused.json["error"]["code"]) == (1, "not-resolvable")
        assert "account adjust" in refused.json["error"]["detail"]


async def test_a_platform_is_asked(topups: TopUpShop, cli: Cli) -> None:
    """Balance and catalogue come by the real signature; a platform that is away is said so."""
    async with topups.outlet("dayuanren", settings={"balance_minor": "12345"}) as outlet:
        tested = (await run(cli, "upstream", "test", outlet.name)).json
        assert (tested["ok"], tested["balance"], tested["currency"]) == (True, 12345, "CNY")
        assert (await run(cli, "upstream", "balance", outlet.name)).json["balance"] == 12345
        products = (await run(cli, "upstream", "catalog", outlet.name, "--limit", "2")).json
        assert len(products["products"]) == 2
        assert {"product_id", "name", "face_value", "cost"} <= set(products["products"][0])
        async with client_of(topups.shop.url) as client:
            eye = Operator(client, await asyncio.to_thread(make_operator, cli, "eye", "viewer"))
            await in_force(eye)
            for ask in (eye.get, eye.post):
                assert (await ask(f"upstreams/{outlet.name}/test")).json["balance"] == 12345
            assert (await eye.get(f"upstreams/{outlet.name}/balance")).json["balance"] == 12345
            listed = await eye.get(f"upstreams/{outlet.name}/catalog", limit="2")
            assert listed.json == products
            assert (await eye.get("upstreams/nobody/test")).status == 404
            assert (await eye.post(f"upstreams/{outlet.name}/test", {"x": 1})).status == 400
            known = (await eye.get("upstreams/connectors")).json["connectors"]
            assert "fulu" in {each["connector"] for each in known}
    away = await run(cli, "upstream", "test", outlet.name)
    assert (away.returncode, away.json["error"]["code"]) == (1, "upstream-unreachable")


async def test_lanes_are_shown(topups: TopUpShop, cli: Cli) -> None:
    """`upstream list` tells how each lane is doing."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        await until(partner, await order(partner, sku, outlet.account("000")))

        async def told() -> bool:
            listed: list[Any] = (await run(cli, "upstream", "list")).json["upstreams"]
            (mine,) = [each for each in listed if each["upstream"] == outlet.name]
            return [(lane["breaker"], lane["calls"]) for lane in mine["lanes"]] == [("closed", 1)]

        await eventually(told)


async def test_an_upstream_is_changed(topups: TopUpShop, cli: Cli) -> None:
    """A new secret and a limit hold in the running gateway at once; what was not named stays."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        await run(cli, "upstream", "update", outlet.name, "--set", "apikey=stale")
        wrong = await run(cli, "upstream", "test", outlet.name)
        assert (wrong.returncode, wrong.json["error"]["code"]) == (1, "upstream-refused")
        right = f"apikey={settings_of('kasushou')['apikey']}"
        changed = await run(
            cli, "upstream", "update", outlet.name, "--set", right, "--calls-per-second", "0.001"
        )
        assert changed.json == {"upstream": outlet.name, "connector": "kasushou"}
        shown = (await run(cli, "upstream", "show", outlet.name)).json
        assert (shown["calls_per_s"], shown["settings"]) == (0.001, ["apikey", "userid"])
        await topups.shop.announced(sku)

        orders = [
            await order(partner, sku, outlet.account(f"{i:03d}", "13800")) for i in range(20, 26)
        ]

        async def one_of_six() -> bool:
            listed: list[Any] = (await run(cli, "upstream", "list")).json["upstreams"]
            (mine,) = [each for each in listed if each["upstream"] == outlet.name]
            return [(lane["calls"], lane["waiting"]) for lane in mine["lanes"]] == [(1, 5)]

        await eventually(one_of_six)  # the second may start in a quarter of an hour
        assert len(outlet.market.ledger.orders) == 1
        await run(cli, "upstream", "update", outlet.name, "--calls-per-second", "1000")
        for placed in orders:  # nobody waits for a slot of the old pace
            await until(partner, placed)


async def test_changes_that_are_refused(topups: TopUpShop, cli: Cli) -> None:
    """An unknown upstream or setting, or nothing to change: told, and nothing is changed."""
    async with topups.outlet("fulu") as outlet:
        unknown = await run(cli, "upstream", "update", "nobody", "--calls-per-second", "1")
        assert (unknown.returncode, unknown.json["error"]["code"]) == (1, "not-found")
        typo = await run(cli, "upstream", "update", outlet.name, "--set", "secrte=x")
        assert (typo.returncode, typo.json["error"]["code"]) == (2, "invalid-argument")
        assert (await run(cli, "upstream", "update", outlet.name)).returncode == 2
        assert (await run(cli, "upstream", "test", outlet.name)).json["ok"]


async def test_a_new_upstream_sells_at_once(topups: TopUpShop) -> None:
    """The first order that finds the SKU finds its upstream, too: nothing is sold out at first."""
    partner = await topups.shop.partner()
    async with running("kasushou") as simulator:
        for _ in range(8):
            name, sku = unique("kasushou"), unique("NEW")
            async with topups.shop.desk() as (db, secrecy):
                await upstreams.add_upstream(
                    db, secrecy, name, connector="kasushou", base_url=simulator.url,
                    settings=settings_of("kasushou"),
                )  # fmt: skip
                new = catalog.NewSku(
                    sku=sku, name=sku, kind=SkuKind.TOPUP, price_minor=PRICE_MINOR,
                    account_rule="any",
                    routes=[
                        catalog.NewRoute(upstream=name, product_id="1", priority=0, cost_minor=None)
                    ],
                )  # fmt: skip
                await catalog.create_sku(db, new)

            async def sold(wanted: str = sku) -> bool:
                reply = await partner.order(out_order_no=unique("T"), sku=wanted, account="13800")
                assert reply.status in {201, 404}, reply
                return reply.status == 201

            await eventually(sold)
