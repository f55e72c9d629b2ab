"""Codes bought on demand, through the whole gateway, at every platform that sells codes.

A platform's codes go through the vault like imported ones: stored, allocated and delivered in
one transaction, shown only to the key that asks, and never to two buyers.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.simulation.market import Market
from gateway.flows.audit import audit
from gateway.store.audit import audit_snapshot
from gateway.store.code_import import staging
from tests.contract.partner import Partner
from tests.contract.shop import RICH, unique
from tests.integration.topup_fixtures import gateway, session, topups
from tests.integration.topup_shop import PRICE_MINOR, TopUpShop, balance, read, until

__all__ = ["gateway", "session", "topups"]

# A product of kind code at each platform, and how many of it an order may have.
CODES: Mapping[str, tuple[str, int]] = {
    "fulu": ("910010", 3),
    "kasushou": ("910010", 3),
    "dtone": ("910010", 1),
    "reloadly": ("giftcard-910010", 3),
    "dingconnect": ("910010", 1),
}


async def buy(partner: Partner, sku: str, quantity: int = 1, **members: Any) -> dict[str, Any]:
    """An accepted order for codes: paid, and nothing delivered yet."""
    reply = await partner.order(out_order_no=unique("C"), sku=sku, quantity=quantity, **members)
    assert reply.status == 201, reply
    assert (reply.json["state"], reply.json["codes"]) == ("processing", [])
    return dict(reply.json)


def sold(market: Market, placed: Mapping[str, Any]) -> list[str]:
    """Every part of every code the platform sold for the order's attempts."""
    return [part for order in market.ledger.orders for code in order.codes for part in code]


async def complaints(topups: TopUpShop) -> list[str]:
    """What the audit finds wrong with this module's database."""
    async with topups.shop.database() as database, audit_snapshot(database) as snapshot:
        return [finding.detail for finding in await audit(snapshot) if not finding.ok]


async def stock(topups: TopUpShop, pool: str) -> dict[str, int]:
    """What became of the codes of a pool."""
    async with topups.shop.database() as database, staging(database) as rows:
        return dict(await rows.stats(pool))


@pytest.mark.parametrize("connector", CODES)
async def test_codes_are_bought_and_delivered(topups: TopUpShop, connector: str) -> None:
    """201 processing, then delivered: the platform's own codes, to the key that asks, for good."""
    product, quantity = CODES[connector]
    async with topups.outlet(connector) as outlet:
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, product))
        placed = await buy(partner, sku, quantity)
        ended = await until(partner, placed)
        assert (ended["state"], ended["delivered_quantity"]) == ("delivered", quantity)
        assert ended["account"] is None
        (order,) = outlet.market.ledger.executions()
        codes = partner.codes(ended)
        assert [code["code"] for code in codes] == [number for number, _ in order.codes]
        assert partner.codes(await read(partner, placed)) == codes
        assert await stock(topups, sku) == {
            "imported": quantity, "delivered": quantity, "free": 0, "leased": 0,
            "in_doubt": 0, "void": 0,
        }  # fmt: skip
        assert await balance(partner) == RICH - PRICE_MINOR * quantity
        assert await complaints(topups) == []
