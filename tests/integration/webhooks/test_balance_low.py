"""The webhook `balance.low`: once, when nothing is available any more."""

from typing import Any

import pytest

from gateway.partners import administer as partners
from tests.integration.webhooks.test_webhooks import gateway, receiver, session, shop
from tests.webhook_receiver import Receiver
from tests.world.shop import Shop
from tests.world.webhook_rows import told

__all__ = ["gateway", "receiver", "session", "shop"]  # fixtures, found by their names
PRICE = 100


@pytest.fixture
def lows(receiver: Receiver) -> Any:
    """The messages `balance.low` that came."""

    def came() -> list[Any]:
        return [m for m in receiver.received if m.json["type"] == "balance.low"]

    return came


async def test_it_is_sent_once_when_the_last_money_goes(
    shop: Shop, receiver: Receiver, lows: Any
) -> None:
    """At 0, not before, not again by refused orders; again after money came and went."""
    partner, secret, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    async with shop.desk() as (db, _):
        left = (await partners.show_account(db, name, entries=0))["balance"] - 2 * PRICE
        await partners.adjust(db, name, -left, reference="a", reason="test", made_by="nobody")
    await partner.order(out_order_no="A1", sku=sku)
    await receiver.until(1)
    assert lows() == []
    await partner.order(out_order_no="A2", sku=sku)
    await receiver.until(3)
    (message,) = lows()
    message.verified(secret)
    assert message.json["data"] == {
        "partner": name, "balance": 0, "credit_limit": 0, "available": 0, "currency": "CNY",
    }  # fmt: skip
    assert (await partner.order(out_order_no="A3", sku=sku)).problem == (
        402, "insufficient-balance",
    )  # fmt: skip
    async with shop.desk() as (db, _):
        await partners.deposit(db, name, 5, "more")
        await partners.adjust(db, name, -5, reference="b", reason="test", made_by="nobody")
    await receiver.until(4)
    assert len(lows()) == 2


async def test_credit_counts(shop: Shop, receiver: Receiver, lows: Any) -> None:
    """Available is balance and credit together; taking the credit away tells, too."""
    partner, _, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    async with shop.desk() as (db, _):
        balance = (await partners.show_account(db, name, entries=0))["balance"]
        await partners.set_credit_limit(db, name, PRICE)
        await partners.adjust(db, name, -balance, reference="a", reason="test", made_by="nobody")
    assert lows() == []
    await partner.order(out_order_no="A1", sku=sku)
    await receiver.until(2)
    (message,) = lows()
    assert (message.json["data"]["balance"], message.json["data"]["available"]) == (-PRICE, 0)


async def test_it_is_sent_below_what_is_set(shop: Shop, receiver: Receiver, lows: Any) -> None:
    """Once for each time it falls below, and not at it; 0 sets it back to when nothing is left."""
    partner, _, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    async with shop.desk() as (db, _):
        left = (await partners.show_account(db, name, entries=0))["balance"] - 4 * PRICE
        await partners.adjust(db, name, -left, reference="a", reason="test", made_by="nobody")
        await partners.set_low(db, name, 3 * PRICE)
    await partner.order(out_order_no="A1", sku=sku)
    await receiver.until(1)
    assert lows() == []
    await partner.order(out_order_no="A2", sku=sku)
    await receiver.until(3)
    await partner.order(out_order_no="A3", sku=sku)
    await receiver.until(4)
    assert [message.json["data"]["available"] for message in lows()] == [2 * PRICE]
    async with shop.desk() as (db, _):
        await partners.deposit(db, name, 3 * PRICE, "more")
        await partners.adjust(db, name, -2 * PRICE, reference="b", reason="t", made_by="nobody")
        await partners.set_low(db, name, 0)
        await partners.adjust(db, name, -PRICE, reference="c", reason="t", made_by="nobody")
    await receiver.until(5)
    assert [message.json["data"]["available"] for message in lows()] == [2 * PRICE, 2 * PRICE]
