"""A platform keeps part of the money, or has no such product: what the partner gets and pays."""

import pytest

from connectors import registry
from connectors.simulation.behaviour import read_script
from tests.world.shop import RICH
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import PRICE_MINOR, TopUpShop, balance, order, until

__all__ = ["gateway", "session", "topups"]

HALF_REFUND_MINOR = 501  # the larger half of 1,001: a cent that cannot be split is given back
GIVES_BACK_A_PART = {"kasushou", "dayuanren", "kakayun", "xingquanyi", "generic"}


@pytest.mark.parametrize("behaviour", ["partly_refunded", "success_partly_refunded"])
@pytest.mark.parametrize("connector", registry.names())
async def test_half_of_the_money_is_neither_failure_nor_success(
    topups: TopUpShop, connector: str, behaviour: str
) -> None:
    """Half kept, half back: a partial order, half refunded; who cannot say it delivers."""
    async with topups.outlet(connector) as outlet:
        outlet.market.play(read_script({"rules": [{"do": behaviour}]}))
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("456"))
        in_part = connector in GIVES_BACK_A_PART
        await until(partner, placed, "partial" if in_part else "delivered")
        refund = HALF_REFUND_MINOR if in_part else 0
        assert await balance(partner) == RICH - PRICE_MINOR + refund


# Reloadly says it without a code of its own: that is asked after, not believed.
@pytest.mark.parametrize("connector", sorted(set(registry.names()) - {"reloadly"}))
async def test_an_unknown_product_fails_and_is_refunded(topups: TopUpShop, connector: str) -> None:
    """Refused in the platform's own words: failed, executed never, all the money back."""
    async with topups.outlet(connector) as outlet:
        outlet.market.play(read_script({"rules": [{"do": "unknown_product"}]}))
        partner = await topups.shop.partner()
        sku = await topups.sku([(outlet.name, None)])
        placed = await order(partner, sku, outlet.account("456"))
        await until(partner, placed, "failed")
        assert outlet.executions(placed) == 0
        assert await balance(partner) == RICH
