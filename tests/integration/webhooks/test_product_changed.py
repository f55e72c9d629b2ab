"""The webhook `product.changed`: to whom it is news, at most once a second, the last state always
(commerce.md, "product-changed")."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.catalog import administer as catalog
from tests.conftest import Cli
from tests.integration.webhooks.test_webhooks import gateway, receiver, session, shop
from tests.webhook_receiver import Received, Receiver
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop
from tests.world.webhook_rows import told

__all__ = ["gateway", "receiver", "session", "shop"]  # fixtures, found by their names
Change = Callable[[], Awaitable[None]]


def of_products(receiver: Receiver) -> list[Received]:
    """The messages of this type that came."""
    return [m for m in receiver.received if m.json["type"] == "product.changed"]


async def until_prices(receiver: Receiver, *prices: int | None) -> list[Any]:
    """Wait until the last one says the last of these; the data of all."""

    async def came() -> bool:
        found = of_products(receiver)
        return bool(found) and found[-1].json["data"]["price"] == prices[-1]

    await eventually(came)
    return [m.json["data"] for m in of_products(receiver)]


async def known(connection: Any, partner: Partner, shop: Shop, sku: str) -> None:
    """Wait until what this partner sees of it is no news any more."""
    name = await shop.name_of(partner)

    async def seen() -> bool:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT FROM product_told t JOIN partner p ON p.id = t.partner_id"
                " JOIN sku s ON s.id = t.sku_id WHERE p.name = $1 AND s.sku = $2)",
                name,
                sku,
            )
        )

    await eventually(seen)


async def test_a_price_is_told_as_the_partner_sees_it(
    shop: Shop, receiver: Receiver, connection: Any
) -> None:
    """Signed, with the product as the API shows it, and since when; what was new was not told."""
    partner, secret, sku = await told(shop, receiver.url)
    await known(connection, partner, shop, sku)
    assert of_products(receiver) == []
    before = datetime.now(UTC)
    await shop.price(sku, 4321)
    (data,) = await until_prices(receiver, 4321)
    (message,) = of_products(receiver)
    body = message.verified(secret)
    assert (body["sequence"], body["data"]) == (0, data)
    shown = (await partner.get(f"/v1/products/{sku}")).json
    assert {k: v for k, v in data.items() if k != "effective_at"} == shown
    effective = datetime.fromisoformat(data["effective_at"])
    assert abs(effective - before) < timedelta(minutes=5)


async def test_only_who_sees_it_is_told(
    shop: Shop, receiver: Receiver, connection: Any, command: Cli
) -> None:
    """A price for one partner is no news to another."""
    partner, _, sku = await told(shop, receiver.url)
    other = await shop.partner()
    await shop.set_endpoint(await shop.name_of(other), receiver.url)
    for one in (partner, other):
        await known(connection, one, shop, sku)
    name = await shop.name_of(other)
    made = command("sku", "price", sku, "77", "--partner", name)
    assert made.returncode == 0, made.stderr
    await until_prices(receiver, 77)
    await shop.price(sku, 88)  # which the other one does not see
    await until_prices(receiver, 77, 88)
    assert [m.json["data"]["price"] for m in of_products(receiver)] == [77, 88]


async def test_the_last_state_is_told_and_one_at_a_time(
    shop: Shop, receiver: Receiver, connection: Any
) -> None:
    """Of many changes at once few are told, in order, and the last of them."""
    partner, _, sku = await told(shop, receiver.url)
    await known(connection, partner, shop, sku)
    for price in range(201, 221):
        await shop.price(sku, price)
    prices = [data["price"] for data in await until_prices(receiver, 220)]
    assert prices == sorted(set(prices))
    gaps = await connection.fetch(
        "SELECT created_at - lag(created_at) OVER (ORDER BY id) AS gap FROM webhook"
        " WHERE type = 'product.changed' AND partner_id = (SELECT partner_id FROM api_key"
        " WHERE key_id = $1)",
        partner.key.key_id,
    )
    assert all(row["gap"] is None or row["gap"] >= timedelta(seconds=1) for row in gaps)


async def test_off_sale_and_limits(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """Whether it is on sale, and how many may be bought."""
    partner, _, sku = await told(shop, receiver.url)
    await known(connection, partner, shop, sku)
    async with shop.desk() as (db, _):
        await catalog.set_on_sale(db, sku, on_sale=False)

    async def is_off() -> bool:
        found = of_products(receiver)
        return bool(found) and found[-1].json["data"]["available"] is False

    await eventually(is_off)


async def test_a_price_to_come_is_told_ahead(
    shop: Shop, receiver: Receiver, connection: Any, command: Cli
) -> None:
    """With the moment it takes effect; taken back, what is is told once more."""
    partner, _, sku = await told(shop, receiver.url)
    await known(connection, partner, shop, sku)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = command(
        "price", "create", "--sku", sku, "--amount", "55", "--from", tomorrow.isoformat(), "--json"
    )
    assert made.returncode == 0, made.stderr
    (data,) = await until_prices(receiver, 55)
    assert datetime.fromisoformat(data["effective_at"]) == tomorrow
    gone = command("price", "delete", str(made.json["price"]))
    assert gone.returncode == 0, gone.stderr
    told_again = await until_prices(receiver, 55, 100)
    assert datetime.fromisoformat(told_again[-1]["effective_at"]) < tomorrow


async def test_nobody_is_flooded(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """While a message is not taken the next waits, and tells what is true then."""
    partner, _, sku = await told(shop, receiver.url)
    await known(connection, partner, shop, sku)
    receiver.answer(503, retry_after="3600")
    await shop.price(sku, 301)
    await until_prices(receiver, 301)
    for price in (302, 303, 304):
        await shop.price(sku, price)
    elsewhere = await shop.sku(codes=1)  # told of after them, so that they were looked at
    await known(connection, partner, shop, elsewhere)
    assert [m.json["data"]["price"] for m in of_products(receiver)] == [301]
    receiver.answer(204)
    number = of_products(receiver)[0].id.removeprefix("msg_")
    assert (await partner.send("POST", f"/v1/webhooks/deliveries/{number}/replay")).status == 200
    prices = [data["price"] for data in await until_prices(receiver, 304)]
    assert prices == [301, 301, 304]
