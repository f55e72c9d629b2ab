"""A 卡速售 shop that sells our top-ups (upstreams.md §14), by a shop written from that alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.simulation.server import RunningSimulator, running
from gateway.channels import administer as channels
from gateway.ground.errors import RefusedError
from tests.contract.channels.test_channel_goofish import bought_sku
from tests.contract.channels.test_channel_goofish import gateway as gateway  # noqa: PLC0414
from tests.world.houses import open_channel
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop
from tests.world.supplied_shop import SETTINGS, SuppliedShop, running_shop

WAITING, RUNNING, DONE, REFUNDED = 1, 2, 3, 5


@dataclass(slots=True, kw_only=True)
class Desk:
    """The channel; goods 77 stand for a top-up of 49.90."""

    shop: Shop
    name: str
    partner: Partner
    seller: SuppliedShop
    simulator: RunningSimulator

    async def stands(self, number: str, status: int) -> None:
        """Wait until the order stands so at the shop."""

        async def so() -> bool:
            return bool(self.seller.orders[number]["status"] == status)

        await eventually(so)

    async def waits(self, number: str, state: str) -> str:
        """Wait until the order waits for a person in this state; why."""
        found: list[str] = []

        async def known() -> bool:
            async with self.shop.desk() as (db, secrecy):
                rows = (await channels.show_channel(db, secrecy, self.name))["waiting"]
            found[:] = [
                row["why"] for row in rows if (row["number"], row["state"]) == (number, state)
            ]
            return bool(found)

        await eventually(known)
        return found[0]


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    """A channel that polls the shop."""
    async with running_shop() as seller, running("fulu") as simulator:
        name, partner = await open_channel(shop, "kasushou-supply", SETTINGS, base_url=seller.url)
        sku = await bought_sku(shop, simulator)
        async with shop.desk() as (db, _):
            await channels.map_product(db, name, external_product="77", sku=sku)
        yield Desk(shop=shop, name=name, partner=partner, seller=seller, simulator=simulator)
        async with shop.desk() as (db, _):
            await channels.set_paused(db, name, paused=True)
        assert seller.wrong == []


@pytest.mark.parametrize(("tail", "end"), [("888", DONE), ("001", REFUNDED)])
async def test_an_order_is_taken_over_and_ended(desk: Desk, tail: str, end: int) -> None:
    """Told that it is ours before anything is done, and how it ended; the partner's key sees it
    under the shop's number. A call whose answer is lost is made again, and does no harm.

    Seen red with the order placed before it is taken over.
    """
    number = desk.seller.sell(77, f"13800138{tail}", "49.90")
    await desk.stands(number, end)
    assert desk.seller.told(number) == [RUNNING, end]
    sees = (await desk.partner.get(f"/v1/orders/by-out-no/{number}")).json
    assert (sees["amount"], sees["state"]) == (4990, "delivered" if end == DONE else "failed")
    assert len(desk.simulator.market.ledger.executions()) == (1 if end == DONE else 0)


async def test_answers_that_are_lost_do_no_harm(desk: Desk) -> None:
    """500 after the order was moved: it is looked at again, and is where it was to be."""
    desk.seller.failures = 1
    number = desk.seller.sell(77, "13800138888", "49.90")
    await desk.stands(number, DONE)
    assert desk.seller.told(number)[-1] == DONE
    assert len(desk.simulator.market.ledger.executions()) == 1


async def test_what_is_not_ours_is_left_alone(desk: Desk) -> None:
    """Not mapped: nothing is said of it, and a person is told. Taken by others: nothing at all."""
    unmapped = desk.seller.sell(78, "13800138888", "49.90")
    others = desk.seller.sell(77, "13800138888", "49.90", status=RUNNING)
    assert "78" in await desk.waits(unmapped, "unmapped")
    ours = desk.seller.sell(77, "13900138888", "49.90")
    await desk.stands(ours, DONE)
    assert desk.seller.told(unmapped) == desk.seller.told(others) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"goods_type": 1}, "no top-up"), ({"quantity": 501}, "more than one order")],
)
async def test_what_cannot_be_done_waits_for_a_person(
    desk: Desk, changed: dict[str, Any], why: str
) -> None:
    """Cards cannot be handed over this way."""
    number = desk.seller.sell(77, "13800138888", "49.90", **changed)
    assert why in await desk.waits(number, "held")


async def test_nothing_is_topped_up_at_a_loss(desk: Desk) -> None:
    """Below our price it is held; an account that cannot be one goes back to the buyer."""
    cheap = desk.seller.sell(77, "13800138888", "49.89")
    assert "price-changed" in await desk.waits(cheap, "held")
    wrong = desk.seller.sell(77, "no-phone", "49.90")
    await desk.stands(wrong, REFUNDED)
    assert (await desk.partner.get(f"/v1/orders/by-out-no/{wrong}")).status == 404


async def test_only_top_ups_are_mapped(desk: Desk) -> None:
    """The protocol has no way to hand a code over."""
    sku = await desk.shop.sku(codes=1)
    async with desk.shop.desk() as (db, _):
        with pytest.raises(RefusedError):
            await channels.map_product(db, desk.name, external_product="79", sku=sku)
