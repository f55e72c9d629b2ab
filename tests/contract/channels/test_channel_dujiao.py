"""The dujiao face against the document, by a client written from its facts alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation.server import RunningSimulator, running
from gateway.catalog import category
from gateway.channels import administer as channels
from gateway.ground.config import Config
from tests.contract.channels.test_channel_goofish import bought_sku
from tests.world import dujiao_site
from tests.world.dujiao_site import ROOT, SETTINGS, Site, expect_sample, sign, signed
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.houses import LOOPBACK, Ear, listening, open_channel, until_known
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may push results to this machine."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}) as gateway:
        yield gateway


async def opened(shop: Shop, plaintext: str, balance: int = 100_000) -> Site:
    """A site that the running gateway knows."""
    settings = {**SETTINGS, "plaintext_codes": plaintext}
    name, partner = await open_channel(shop, "dujiao", settings, balance=balance)
    site = Site(name=name, url=shop.url, session=shop.session, partner=partner)

    async def ask() -> int:
        return (await site.call("POST", "/ping"))[0]

    await until_known(ask)
    return site


@pytest.fixture
async def site(shop: Shop) -> Site:
    """One that may have codes, with 1,000.00."""
    return await opened(shop, "yes")


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """Where the site is told."""
    async with listening(Ear(yes=dujiao_site.TAKEN, no=dujiao_site.NOT_TAKEN)) as ear:
        yield ear


@pytest.fixture
async def simulator() -> AsyncIterator[RunningSimulator]:
    """A platform that sells top-ups."""
    async with running("fulu") as simulator:
        yield simulator


async def test_who_we_are_and_what_there_is(shop: Shop, site: Site) -> None:
    """Ping has the balance, products price, stock and form, categories two levels."""
    ping = await site.ok("POST", "/ping")
    expect_sample("ping", ping)
    assert (ping["balance"], ping["currency"]) == ("1000.00", "CNY")
    async with shop.desk() as (db, _):
        top, inner, deep = unique("top"), unique("inner"), unique("deep")
        await category.create_category(db, top, parent=None)
        await category.create_category(db, inner, parent=top)
        await category.create_category(db, deep, parent=inner)
    cards = await shop.sku(codes=3, price=1990, category=deep)
    product = await site.product(cards)
    assert (product["price_amount"], product["fulfillment_type"]) == ("19.90", "auto")
    [sku] = product["skus"]
    assert (sku["stock_status"], sku["stock_quantity"]) == ("low_stock", 3)
    found = await site.ok("GET", "/categories")
    expect_sample("categories", found)
    rows = {row["name"]["zh-CN"]: row for row in found["categories"]}
    assert (rows[top]["parent_id"], rows[inner]["parent_id"]) == (0, rows[top]["id"])
    assert deep not in rows
    assert product["category_id"] == rows[inner]["id"]
    one = await site.ok("GET", f"/products/{product['id']}")
    assert one["product"] == product
    assert (await site.call("GET", "/products/999999"))[1]["error_code"] == "product_not_found"


async def test_products_come_by_pages_and_by_change(shop: Shop, site: Site) -> None:
    """Each once; those changed after a moment, whose `+` comes unescaped."""
    for _ in range(3):
        await shop.sku(codes=1)
    seen: list[int] = []
    for page in range(1, 200):
        got = await site.ok("GET", "/products", query=f"?page={page}&page_size=2")
        seen += [item["id"] for item in got["items"]]
        if page * 2 >= got["total"]:
            break
    assert len(seen) == len(set(seen)) == got["total"]
    later = await site.ok("GET", "/products", query="?updated_after=2099-01-01T00:00:00+08:00")
    assert later["total"] == 0
    status, answer = await site.call("GET", "/products", query="?updated_after=yesterday")
    assert (status, answer["error_code"]) == (400, "bad_request")


async def test_codes_are_delivered_and_told(
    shop: Shop, site: Site, ear: Ear, connection: Any
) -> None:
    """Paid at once; the order has the codes, one on each line; the result is pushed, signed over
    the callback's own path; the partner's key sees the order under the site's number; each view of
    the codes is a row.

    Seen red with the push signed over its own path.
    """
    product = await site.product(await shop.sku(codes=5, price=250))
    order = site.order(product["skus"][0]["id"], quantity=2, callback_url=f"{ear.url}/cb")
    ear.refusals = 1
    made = await site.ok("POST", "/orders", order)
    expect_sample("created", made)
    assert (made["status"], made["amount"]) == ("paid", "5.00")
    shown = await site.ok("GET", f"/orders/{made['order_id']}")
    expect_sample("order", shown)
    codes = shown["fulfillment"]["payload"].split("\n")
    assert (shown["status"], len(set(codes))) == ("completed", 2)
    assert await site.balance() == "995.00"
    sees = await site.partner.get(f"/v1/orders/by-out-no/{order['downstream_order_no']}")
    assert [one["code"] for one in site.partner.codes(sees.json)] == codes

    async def told() -> bool:
        return bool(ear.heard)

    await eventually(told)
    [push] = ear.heard
    body = json.loads(push.body)
    expect_sample("callback", body)
    assert push.path == "/cb"
    timestamp = push.headers["Dujiao-Next-Timestamp"]
    assert push.headers["Dujiao-Next-Signature"] == sign(
        "POST", f"{ROOT}/callback", timestamp, push.body
    )
    assert push.headers["Dujiao-Next-Api-Key"] == SETTINGS["api_key"]
    assert (body["downstream_order_no"], body["status"]) == (
        order["downstream_order_no"],
        "completed",
    )
    assert body["fulfillment"]["payload"].split("\n") == codes
    assert ear.refused == 1
    views = await connection.fetchval(
        "SELECT count(*) FROM reveal, jsonb_array_elements(items) AS item"
        " WHERE item ->> 'order' = $1 AND item ->> 'via' = 'channel'",
        str(made["order_id"]),
    )
    assert views == 3  # the order, and two pushes; the answer to the order has no codes


async def test_a_number_is_one_order(shop: Shop, site: Site) -> None:
    """Twenty at once are one; the same again is the stored answer, whatever its trace; other
    content is 409 and charges nothing."""
    product = await site.product(await shop.sku(codes=30, price=100))
    order = site.order(product["skus"][0]["id"])
    made = await asyncio.gather(*(site.ok("POST", "/orders", order) for _ in range(20)))
    assert len({json.dumps(each) for each in made}) == 1
    assert await site.ok("POST", "/orders", {**order, "trace_id": "another"}) == made[0]
    status, answer = await site.call("POST", "/orders", {**order, "quantity": 2})
    assert (status, answer["ok"], answer["error_code"]) == (409, False, "bad_request")
    assert await site.balance() == "999.00"


async def test_a_replayed_request_without_a_number_changes_nothing(shop: Shop, site: Site) -> None:
    """The very same bytes are the same order; another request without a number is another order.

    Seen red with a number made by chance.
    """
    product = await site.product(await shop.sku(codes=9, price=100))
    body = json.dumps({"sku_id": product["id"], "quantity": 1}).encode()
    path = f"{ROOT}/orders"
    headers = signed("POST", path, body)
    first = await site.send("POST", path, body, headers)
    again = await site.send("POST", path, body, headers)
    assert first == again
    other = json.dumps({"quantity": 1, "sku_id": product["id"]}).encode()
    another = await site.send("POST", path, other, signed("POST", path, other))
    assert another[1]["order_id"] != first[1]["order_id"]
    assert await site.balance() == "998.00"


async def test_without_money_nothing_is_bought(shop: Shop) -> None:
    """HTTP 200 and not ok, canceled: where their sites look for it."""
    site = await opened(shop, "yes", balance=50)
    product = await site.product(await shop.sku(codes=2, price=100))
    status, answer = await site.call("POST", "/orders", site.order(product["id"]))
    assert (status, answer["ok"]) == (200, False)
    assert (answer["status"], answer["error_code"]) == ("canceled", "payment_failed")


async def test_without_consent_there_are_top_ups_only(
    shop: Shop, simulator: RunningSimulator
) -> None:
    """No code, link or QR SKU is listed, shown or sold; consent given later opens them.

    Seen red without the look at consent in Counter.
    """
    site = await opened(shop, "no")
    codes, top_up = await shop.sku(codes=2), await bought_sku(shop, simulator)
    page = await site.ok("GET", "/products", query="?page_size=100&include_inactive=true")
    slugs = {item["slug"] for item in page["items"]}
    assert top_up in slugs
    assert codes not in slugs
    async with shop.desk() as (db, _):
        [row] = await db.fetch("SELECT id FROM sku WHERE sku = $1", codes)
    assert (await site.call("GET", f"/products/{row['id']}"))[0] == 404
    refused = await site.call("POST", "/orders", site.order(row["id"]))
    assert (refused[0], refused[1]["error_code"]) == (400, "sku_unavailable")
    async with shop.desk() as (db, secrecy):
        await channels.update_channel(
            db, secrecy, site.name, settings={"plaintext_codes": "yes"}, base_url=None,
            public_url=LOOPBACK,
        )  # fmt: skip

    async def sold() -> bool:
        return (await site.call("POST", "/orders", site.order(row["id"])))[0] == 200

    await eventually(sold)


@pytest.mark.parametrize(
    ("tail", "ending"), [("888", ("completed", "950.10")), ("001", ("canceled", "1000.00"))]
)
async def test_a_top_up_takes_its_form(
    shop: Shop, site: Site, ear: Ear, tail: str, ending: tuple[str, str]
) -> None:
    """The form's field is the account; it ends, and the end is told and charged."""
    status, balance = ending
    async with running("fulu") as simulator:
        product = await site.product(await bought_sku(shop, simulator))
        [field] = product["manual_form_schema"]["fields"]
        order = site.order(
            product["skus"][0]["id"],
            manual_form_data={field["key"]: f"13800138{tail}"},
            callback_url=f"{ear.url}/cb",
        )
        made = await site.ok("POST", "/orders", order)

        async def told() -> bool:
            return bool(ear.heard)

        await eventually(told)
    assert json.loads(ear.heard[0].body)["status"] == status
    shown = await site.ok("GET", f"/orders/{made['order_id']}")
    expect_sample("order", shown)
    assert (shown["status"], await site.balance()) == (status, balance)
    missing = await site.call("POST", "/orders", site.order(product["id"]))
    assert (missing[0], missing[1]["error_code"]) == (400, "bad_request")


async def test_cancelling_is_for_what_was_not_sent(shop: Shop, site: Site) -> None:
    """Codes that were delivered are kept; a top-up whose upstream is not there comes back."""
    codes = await site.product(await shop.sku(codes=2))
    made = await site.ok("POST", "/orders", site.order(codes["id"]))
    status, answer = await site.call("POST", f"/orders/{made['order_id']}/cancel")
    assert (status, answer["error_code"]) == (409, "cancel_not_allowed")
    assert (await site.call("POST", "/orders/12345/cancel"))[0] == 404
    assert (await site.call("GET", "/orders/12345"))[1]["error_code"] == "order_not_found"


async def test_another_channels_orders_are_not_there(shop: Shop, site: Site) -> None:
    """Nor is one of the partner's own by the API."""
    product = await site.product(await shop.sku(codes=3))
    made = await site.ok("POST", "/orders", site.order(product["id"]))
    other = await opened(shop, "yes")
    assert (await other.call("GET", f"/orders/{made['order_id']}"))[0] == 404
    own = await site.partner.order(out_order_no=unique("API"), sku=product["slug"])
    assert (await site.call("GET", f"/orders/{own.json['order_no']}"))[0] == 404
