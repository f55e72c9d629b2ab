"""Amounts with a fraction, unknown products, part of the money back: from the connector's request
to the platform's ledger: what every platform makes of them.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors import registry
from connectors.contract import QueryRequest, SubmitRequest
from connectors.simulation.behaviour import SCRIPTED
from connectors.simulation.ledger import Order
from gateway.dispatch.commands import SCRIPT_HELP
from tests.world.connector_rig import PATIENCE_S, Rig, rig_for

# How an amount is written at each platform that takes one: in the product id, or as the face.
# Fulu and Kasushou sell products of a fixed price (Fulu's phone credit is in whole yuan).
IN_PRODUCT = {
    "dtone": "25@{}CNY",
    "reloadly": "25@{}",
    "reloadly gift card": "giftcard-910005@{}",
    "dingconnect": "25@{}",
}
AS_FACE = {"dayuanren": "25"}
WITHOUT_AMOUNT = {
    "fulu", "kasushou", "dujiao", "kakayun", "xingquanyi", "fengzhushou", "generic",
}  # fmt: skip
AMOUNTS = [("4.99", 499), ("12.5", 1250), ("10.0", 1000), ("7", 700)]
# What is kept of a purchase of ten yuan, and which platforms can say that it is not all or nothing.
KNOWS_PARTIAL_REFUND = {"dayuanren", "kasushou", "kakayun", "xingquanyi", "generic"}
# Whose queries tell no sum.
SAYS_NO_COST = {"fengzhushou"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """How a purchase ended: the connector's word for it and the cost it read."""

    kind: str
    cost_minor: int | None


async def buy(rig: Rig, request: SubmitRequest, until: set[str]) -> Bought:
    """Order and ask until the answer is one of `until`."""
    taken = await rig.upstream.submit(request)
    assert str(taken.kind) in {"accepted", "success"}, taken
    query = QueryRequest(
        attempt_no=request.attempt_no,
        product_id=request.product_id,
        account=request.account,
        face_minor=request.face_minor,
    )
    async with asyncio.timeout(PATIENCE_S):
        while True:
            state = await rig.upstream.query(query)
            if str(state.kind) in until:
                return Bought(kind=str(state.kind), cost_minor=state.cost_minor)
            await asyncio.sleep(0.01)


async def ended(order: Order) -> None:
    """Wait until the platform is done with an order."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if order.state.final:
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("written", "minor"), AMOUNTS)
@pytest.mark.parametrize("name", [*IN_PRODUCT, *AS_FACE])
async def test_an_amount_with_a_fraction_is_bought_as_written(
    name: str, written: str, minor: int
) -> None:
    """`SKU@4.99` of the README, and a face of 4.99: the ledger has that amount, to the cent."""
    async with rig_for(name.partition(" ")[0]) as rig:
        request = SubmitRequest(
            attempt_no="T1",
            product_id=IN_PRODUCT[name].format(written) if name in IN_PRODUCT else AS_FACE[name],
            account=None if "gift" in name else rig.account("000"),
            face_minor=None if name in IN_PRODUCT else minor,
        )
        bought = await buy(rig, request, {"success"})
        [order] = rig.executions()
        assert (order.face_minor, order.price_minor) == (minor, minor * 98 // 100)
        assert bought.cost_minor == order.price_minor


def test_every_platform_is_with_amounts_or_without() -> None:
    """A new connector says which of the two it is."""
    with_amounts = {name.partition(" ")[0] for name in IN_PRODUCT} | AS_FACE.keys()
    assert with_amounts | WITHOUT_AMOUNT == set(registry.names())


@pytest.mark.parametrize("name", registry.names())
async def test_an_unknown_product_buys_nothing(name: str) -> None:
    """Whatever its words: never taken, nothing executed, no order that a query would find."""
    async with rig_for(name) as rig:
        rig.play("unknown_product")
        refused = await rig.submit("000")
        # Reloadly's 404 has no code of its own: not believed, asked for.
        assert str(refused.kind) == ("unknown" if name == "reloadly" else "rejected")
        assert (await rig.query("000")).kind is rig.sample.absent
        assert rig.market.ledger.orders == []


@pytest.mark.parametrize("behaviour", ["partly_refunded", "success_partly_refunded"])
@pytest.mark.parametrize("name", registry.names())
async def test_a_part_of_the_money_comes_back(name: str, behaviour: str) -> None:
    """Where the platform can say it, half is kept and half is back on the balance, and a query says
    PARTIAL at half the cost; where it cannot, the purchase is a whole success.
    """
    async with rig_for(name) as rig:
        before = rig.market.balance_minor
        rig.play(behaviour)
        taken = await rig.submit("000")
        assert str(taken.kind) in {"accepted", "success"}
        [order] = rig.executions()
        await ended(order)
        kept = 490 if name in KNOWS_PARTIAL_REFUND else 980
        assert before - rig.market.balance_minor == kept == order.execution()["amount"]
        assert str(order.state) == ("partial" if name in KNOWS_PARTIAL_REFUND else "success")
        state = await rig.query("000")
        told = None if name in SAYS_NO_COST else kept
        assert (str(state.kind), state.cost_minor) == (str(order.state), told)


def test_every_behaviour_is_documented() -> None:
    """`upstream simulate --help` and connectors/README name all that a script may `do`, and nothing
    that it may not.
    """
    words = set(re.findall(r"[a-z_]+", SCRIPT_HELP.partition("name: ")[2]))
    assert words == {name for name in SCRIPTED if not name.isdigit()}
    readme = (Path(__file__).parents[3] / "connectors" / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| `do` |")[2].partition("\n\n")[0]
    cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert words <= set(re.findall(r"`([a-z_]+)`", cells + table.splitlines()[2]))
