"""Every behaviour of api.md's table, through the whole gateway, at every platform.

What is checked: the order's final state, the partner's money, and that the platform executed
it once, or never. One test per platform: its orders run at the same time, as they do in life.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from connectors import registry
from connectors.simulation.behaviour import read_script
from tests.world.partner import eventually
from tests.world.shop import RICH
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import (
    PRICE_MINOR,
    TopUpShop,
    balance,
    order,
    parked,
    read,
    until,
)

__all__ = ["gateway", "session", "topups"]

HALF_REFUND_MINOR = 501  # the larger half of 1,001: a cent that cannot be split is given back

# behaviour → final state, executions; what a platform does otherwise stands below.
ENDINGS: Mapping[str, tuple[str, int]] = {
    "000": ("delivered", 1),
    "001": ("failed", 0),  # refused: refunded
    "003": ("delivered", 1),  # the answer was lost: found out by a query
    "004": ("uncertain", 0),  # never arrived: "not found" proves nothing so early
    "005": ("delivered", 1),  # a platform that knows no partial success
    "007": ("delivered", 1),  # callbacks doubled and out of order
    "008": ("delivered", 1),  # the callback came before the answer
    "009": ("delivered", 1),  # a 500 is not a refusal
    "010": ("delivered", 1),  # throttled twice: sent again
    "011": ("delivered", 1),  # an answer that cannot be read
    "012": ("delivered", 1),  # no callback: found by a query
    "013": ("delivered", 1),  # the forged callback changed nothing
}
KNOWS_PARTIAL = {"dayuanren", "generic"}
KNOWS_REVERSAL = {"dtone", "reloadly", "kasushou", "generic"}
TELLS_LATER = set(registry.names()) - {"dingconnect"}  # Ding has no callbacks


def ending(connector: str, tail: str) -> tuple[str, int]:
    """What becomes of an order with this behaviour."""
    if tail == "005" and connector in KNOWS_PARTIAL:
        return "partial", 1
    return ENDINGS[tail]


@pytest.mark.parametrize("connector", registry.names())
async def test_every_behaviour_ends_right(topups: TopUpShop, connector: str) -> None:
    """Each behaviour: the right final state, the right money, executed as often as said."""
    async with topups.outlet(connector) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = {tail: await order(partner, sku, outlet.account(tail)) for tail in ENDINGS}

        async def ends(tail: str) -> tuple[str, int]:
            ended = await until(partner, placed[tail], ending(connector, tail)[0])
            return ended["state"], outlet.executions(ended)

        found = dict(zip(placed, await asyncio.gather(*map(ends, placed)), strict=True))
        assert found == {tail: ending(connector, tail) for tail in ENDINGS}
        spent = PRICE_MINOR * (len(ENDINGS) - 1)  # 001 was refunded
        if connector in KNOWS_PARTIAL:
            spent -= HALF_REFUND_MINOR
        assert await balance(partner) == RICH - spent


SAID_OF_A_SUCCESS = [
    (connector, behaviour)
    for connector in registry.names()
    for behaviour in ("callbacks_stormed", "contradicted", "mismatched")
    # Its word for a failure is "refunded": after a success that is no contradiction but news.
    if (connector, behaviour) != ("kasushou", "contradicted")
]


@pytest.mark.parametrize(("connector", "behaviour"), SAID_OF_A_SUCCESS)
async def test_whatever_is_said_of_a_success(
    topups: TopUpShop, connector: str, behaviour: str
) -> None:
    """Told thirty times at once, taken back by a callback, or answered for another account: the
    platform executed it once, so it is delivered and paid once."""
    async with topups.outlet(connector) as outlet:
        outlet.market.play(read_script({"rules": [{"do": behaviour}]}))
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("456"))
        assert (await until(partner, placed))["state"] == "delivered"
        if (connector, behaviour) == ("dayuanren", "contradicted"):  # signed, so it is news
            await eventually(lambda: parked(topups, placed))
        assert (await read(partner, placed))["state"] == "delivered"
        assert await balance(partner) == RICH - PRICE_MINOR
        assert outlet.executions(placed) == 1


@pytest.mark.parametrize("connector", registry.names())
async def test_processing_until_released(topups: TopUpShop, connector: str) -> None:
    """002: an order the platform works on stays processing, and is delivered when it ends."""
    async with topups.outlet(connector) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("002"))
        await eventually(lambda: _accepted(topups, placed))
        assert (await read(partner, placed))["state"] == "processing"
        assert outlet.market.release() == 1
        assert (await until(partner, placed))["state"] == "delivered"
        assert outlet.executions(placed) == 1


@pytest.mark.parametrize("connector", sorted(TELLS_LATER))
async def test_reversed_after_success(topups: TopUpShop, connector: str) -> None:
    """006: taken back after success: refunded where the platform can say so, else parked."""
    async with topups.outlet(connector, settings={"reversal_delay_s": "600"}) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("006"))
        await until(partner, placed, "delivered")
        # Not before we heard of the success: else it would be a failure like any other.
        outlet.market.reverse(outlet.market.ledger.orders[-1])
        if connector in KNOWS_REVERSAL:
            await until(partner, placed, "reversed")
            assert await balance(partner) == RICH
        else:
            await eventually(lambda: parked(topups, placed))
            assert (await read(partner, placed))["state"] == "delivered"
            assert await balance(partner) == RICH - PRICE_MINOR


async def _accepted(topups: TopUpShop, placed: Mapping[str, Any]) -> bool:
    return "accepted" in await _attempt_states(topups, placed)


async def _attempt_states(topups: TopUpShop, placed: Mapping[str, Any]) -> list[str]:
    rows = await topups.stored(
        "SELECT state FROM attempt WHERE order_id = $1", int(placed["order_no"])
    )
    return [row["state"] for row in rows]
