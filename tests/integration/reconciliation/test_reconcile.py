"""`quangate reconcile` over a real gateway and a real simulator: found, settled, reported."""

import asyncio
import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation.ledger import Order, OrderState
from gateway.ground.config import Config
from tests.conftest import Cli, Finished
from tests.world.partner import Partner, eventually
from tests.world.purchase_shop import buy, script
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import Outlet, TopUpShop, until

__all__ = ["gateway", "session", "topups"]

FROZEN = "UPDATE attempt SET next_check_at = 'infinity' WHERE upstream_no IS NOT NULL"


@pytest.fixture
async def world(topups: TopUpShop, connection: Any) -> AsyncIterator["World"]:
    """A DT One account and a partner that buys there; callbacks go nowhere."""
    async with topups.outlet("dtone", callback_url="http://127.0.0.1:9/") as outlet:
        sku = await topups.sku([(outlet.name, None)])
        partner = await topups.shop.partner()
        yield World(outlet, sku, partner, connection)


class World:
    """What the tests of this file do."""

    def __init__(self, outlet: Outlet, sku: str, partner: Partner, connection: Any) -> None:
        self.outlet = outlet
        self.sku = sku
        self.partner = partner
        self.connection = connection
        self.orders = outlet.market.ledger.orders

    async def buy(self, head: str, tail: str, state: str) -> tuple[dict[str, Any], Order]:
        """Buy and wait until the attempt is in a state; our order and theirs."""
        account = f"+86138{head}{tail}"
        reply = await self.partner.order(
            out_order_no=f"{self.sku}-{head}", sku=self.sku, account=account
        )
        assert reply.status == 201, reply

        async def arrived() -> bool:
            row = await self.connection.fetchrow(
                "SELECT state FROM attempt WHERE order_id = $1", int(reply.json["order_no"])
            )
            return row is not None and row["state"] == state

        await eventually(arrived)
        (theirs,) = [order for order in self.orders if order.account == account]
        return reply.json, theirs

    async def state(self, order: dict[str, Any]) -> str:
        """The order's state, as the partner sees it."""
        return str((await self.partner.get(f"/v1/orders/{order['order_no']}")).json["state"])


async def reconcile(cli: Cli, outlet: Outlet, *options: str) -> Finished:
    """The command as its user runs it; the simulator answers meanwhile."""
    day = datetime.now(UTC).date().isoformat()
    return await asyncio.to_thread(cli, "reconcile", outlet.name, day, *options, "--json")


def reported(report: Path) -> dict[str, tuple[str, str]]:
    """Class and resolution by order, from the report file."""
    lines = csv.DictReader(report.read_text("utf-8").splitlines())
    return {line["order_no"]: (line["class"], line["resolution"]) for line in lines}


async def test_a_day_that_agrees_matches(world: World, cli: Cli) -> None:
    """Every attempt is matched; nothing to do, exit code 0, and again the same."""
    for number in range(3):
        await world.buy(f"1000{number}", "888", "succeeded")
    for _ in range(2):
        done = await reconcile(cli, world.outlet)
        assert done.returncode == 0, done
        assert (done.json["matched"], done.json["differences"], done.json["applied"]) == (3, [], 0)


async def test_late_truths_are_settled(world: World, cli: Cli, config: Config) -> None:
    """A success nobody told us of, a reversal, and an attempt they never executed: states and
    money follow, through the same settling as every answer; the report says what was done.
    """
    found, their_found = await world.buy("20001", "002", "accepted")
    reversed_, their_reversed = await world.buy("20002", "888", "succeeded")
    never, their_never = await world.buy("20003", "002", "accepted")
    balance = (await world.partner.get("/v1/account")).json["balance"]
    # Nobody asks after them any more, and the platform's own news get lost.
    await world.connection.execute(FROZEN)
    their_found.state = OrderState.SUCCESS
    their_reversed.state = OrderState.REVERSED
    world.orders.remove(their_never)
    await world.connection.execute(
        "UPDATE attempt SET sent_at = sent_at - interval '2 hours' WHERE order_id = $1",
        int(never["order_no"]),
    )

    trial = await reconcile(cli, world.outlet, "--dry-run")
    assert [d["resolution"] for d in trial.json["differences"]].count("applied") == 0
    assert await world.state(found) == "processing"

    done = await reconcile(cli, world.outlet)
    assert done.returncode == 0, done
    classes = {d["order_no"]: (d["class"], d["resolution"]) for d in done.json["differences"]}
    assert classes == {
        found["order_no"]: ("state", "applied"),
        reversed_["order_no"]: ("state", "applied"),
        never["order_no"]: ("short", "applied"),
    }
    assert done.json["applied"] == 3
    states = [await world.state(order) for order in (found, reversed_, never)]
    assert states == ["delivered", "reversed", "failed"]
    refunded = reversed_["amount"] + never["amount"]
    assert (await world.partner.get("/v1/account")).json["balance"] == balance + refunded
    assert Path(done.json["report"]).is_relative_to(config.data / "reports")
    assert reported(Path(done.json["report"])) == classes

    again = await reconcile(cli, world.outlet)
    assert (again.returncode, again.json["differences"], again.json["matched"]) == (0, [], 3)


async def test_a_bill_delivers_no_codes(topups: TopUpShop, cli: Cli, connection: Any) -> None:
    """A success we had not heard of, of an order for codes: asked for, not called delivered.

    Seen red with such news settled like a top-up's: `orders_quantity` refuses it, the run fails.
    """
    async with topups.outlet("dtone", callback_url="http://127.0.0.1:9/") as outlet:
        outlet.market.play(script("processing"))
        partner = await topups.shop.partner()
        placed = await buy(partner, await topups.code_sku((outlet.name, "910010")))

        async def accepted() -> bool:
            row = await connection.fetchrow(
                "SELECT state FROM attempt WHERE order_id = $1", int(placed["order_no"])
            )
            return bool(row["state"] == "accepted")

        await eventually(accepted)
        await connection.execute(FROZEN)
        (order,) = outlet.market.ledger.orders
        order.state = OrderState.SUCCESS
        outlet.market.platform.settled(order)
        done = await reconcile(cli, outlet)
        (found,) = done.json["differences"]
        assert (found["class"], found["resolution"], done.json["applied"]) == (
            "state",
            "waiting",
            0,
        )
        ended = await until(partner, placed)
        assert [code["code"] for code in partner.codes(ended)] == [order.codes[0][0]]
        assert (await reconcile(cli, outlet)).json["differences"] == []


async def test_what_needs_a_person_is_listed_and_changes_nothing(world: World, cli: Cli) -> None:
    """长款, 短款, an amount, and a failure of what we know as a success: exit code 1, and only
    the contradiction is parked.
    """
    _, dearer = await world.buy("30001", "888", "succeeded")
    missing, their_missing = await world.buy("30002", "888", "succeeded")
    failed, their_failed = await world.buy("30003", "888", "succeeded")
    dearer.price_minor += 1
    world.orders.remove(their_missing)
    their_failed.state = OrderState.FAILED
    world.orders.append(replace(dearer, our_no="424242", upstream_no="9", state=OrderState.SUCCESS))

    done = await reconcile(cli, world.outlet)
    assert done.returncode == 1
    assert sorted((d["class"], d["our_no"], d["resolution"]) for d in done.json["differences"]) == [
        ("amount", dearer.our_no, "open"),
        ("long", "424242", "open"),
        ("short", their_missing.our_no, "open"),
        ("state", their_failed.our_no, "parked"),
    ]
    assert [await world.state(order) for order in (missing, failed)] == ["delivered"] * 2
    parked = await asyncio.to_thread(cli, "order", "list", "--parked", "--json")
    assert failed["order_no"] in [order["order_no"] for order in parked.json["orders"]]


async def test_a_bill_is_imported_where_the_platform_lists_nothing(
    topups: TopUpShop,
    cli: Cli,
    connection: Any,
    tmp_path: Path,
) -> None:
    """A platform without a list asks for its file; the file is compared alike."""
    async with topups.outlet("fulu") as outlet:
        sku = await topups.sku([(outlet.name, None)])
        world = World(outlet, sku, await topups.shop.partner(), connection)
        account = outlet.account("888", "13840001")
        reply = await world.partner.order(out_order_no=sku, sku=sku, account=account)

        async def delivered() -> bool:
            return await world.state(reply.json) == "delivered"

        await eventually(delivered)
        asked = await reconcile(cli, outlet)
        assert (asked.returncode, asked.json["error"]["code"]) == (1, "no-statement")
        (attempt,) = await connection.fetch(
            "SELECT id, cost FROM attempt WHERE order_id = $1", int(reply.json["order_no"])
        )
        bill = tmp_path / "bill.csv"
        bill.write_text(f"our_no,amount,state\n{attempt['id']},{attempt['cost']},成功\n", "gb18030")
        done = await reconcile(cli, outlet, "--file", str(bill))
        assert (done.returncode, done.json["matched"], done.json["differences"]) == (0, 1, []), done


def test_wrong_usage_is_told(command: Cli) -> None:
    """A day that is none, and an upstream nobody knows."""
    assert command("reconcile", "nobody", "yesterday", "--json").returncode == 2
    done = command("reconcile", "nobody", "2026-01-01", "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, "not-found")
