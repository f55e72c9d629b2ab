"""The sandbox, as a partner's program sees it (partners.md "Sandbox")."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.webhook_receiver import receiving
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call servers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


async def both(shop: Shop, **key: Any) -> tuple[Partner, Partner]:
    """A partner's real key, and one of the sandbox."""
    real = await shop.partner()
    return real, await shop.another_key(await shop.name_of(real), sandbox=True, **key)


async def until(partner: Partner, order_no: str, state: str) -> dict[str, Any]:
    """The order, once it stands so."""
    found: dict[str, Any] = {}

    async def stands() -> bool:
        found.update((await partner.get(f"/v1/orders/{order_no}")).json)
        return bool(found["state"] == state)

    await eventually(stands)
    return found


async def test_codes_come_sealed_to_the_key_and_say_what_they_are(shop: Shop) -> None:
    """201 with the kind's members, replays with the same code, other content refused."""
    _, test = await both(shop)
    assert test.key.key_id.startswith("qk_test_")
    for sku, members in (("code", {"code"}), ("link", {"code", "url"}), ("qr", {"code", "url"})):
        asked = {"out_order_no": f"S-{sku}", "sku": f"sandbox:{sku}", "quantity": 2}
        first = await test.order(**asked)
        assert first.status == 201, first.body
        order = first.json
        assert (order["state"], order["sandbox"], order["delivered_quantity"]) == (
            "delivered", True, 2,
        )  # fmt: skip
        codes = test.codes(order)
        assert all(each.keys() == members for each in codes)
        assert all(each["code"].startswith("SANDBOX-") for each in codes)
        again = await test.order(**asked)
        assert (again.status, again.headers["Quangate-Replayed"]) == (200, "true")
        assert test.codes(again.json) == codes
        assert {**again.json, "codes": 0} == {**order, "codes": 0}
        other = await test.order(**{**asked, "quantity": 3})
        assert other.problem == (409, "order-conflict")
        read = (await test.get(f"/v1/orders/by-out-no/S-{sku}")).json
        assert read["order_no"] == order["order_no"]


async def test_neither_world_sees_the_other(shop: Shop) -> None:
    """Orders, numbers, SKUs, money and messages of one are none of the other's."""
    real, test = await both(shop)
    sku = await shop.sku(codes=2)
    sold = (await real.order(out_order_no="N1", sku=sku)).json
    assert "sandbox" not in sold
    tried = (await test.order(out_order_no="N1", sku="sandbox:code")).json
    assert tried["order_no"] != sold["order_no"]
    assert (await test.order(out_order_no="N2", sku=sku)).problem == (404, "unknown-sku")
    refused = await real.order(out_order_no="N2", sku="sandbox:code")
    assert refused.problem == (404, "unknown-sku")
    for one, other in ((real, tried), (test, sold)):
        found = await one.get(f"/v1/orders/{other['order_no']}")
        assert found.problem == (404, "not-found")
        listed = (await one.get("/v1/orders")).json["data"]
        assert [each["order_no"] for each in listed] != [other["order_no"]]
        assert len(listed) == 1
    account = (await test.get("/v1/account")).json
    entries = (await test.get("/v1/account/entries")).json["data"]
    assert account["available"] == sum(each["amount"] for each in entries) > 10**9
    assert all(each["created_at"] < datetime.now(UTC).isoformat() for each in entries)
    charged = [e for e in (await real.get("/v1/account/entries")).json["data"] if e["order_no"]]
    assert [each["order_no"] for each in charged] == [sold["order_no"]]
    products = {each["sku"] for each in (await test.get("/v1/products")).json["data"]}
    assert products == {"sandbox:code", "sandbox:link", "sandbox:qr", "sandbox:topup"}
    for product in products:
        assert (await test.get(f"/v1/products/{product}")).json["stock_level"] == "ok"
    assert (await test.get(f"/v1/products/{sku}")).problem == (404, "unknown-sku")
    for nowhere in ("/v1/statements/2026-01-01", "/v1/holds"):
        assert (await test.get(nowhere)).problem == (404, "not-found")


async def test_no_route_takes_a_key_of_the_sandbox_for_a_real_one(
    shop: Shop, session: aiohttp.ClientSession
) -> None:
    """Whatever is in the document: answered by a twin, or not at all."""
    _, test = await both(shop)
    async with session.get(test.url + "/openapi.json") as response:
        document = await response.json()
    signed = [
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["security"] and path.startswith("/v1/")
    ]
    assert len(signed) > 15
    for method, path in signed:
        target = path.replace("{date}", "2026-01-01")
        for name in ("order_no", "out_order_no", "sku", "id", "hold_no", "campaign"):
            target = target.replace(f"{{{name}}}", "7")
        reply = await test.send(method, target, b"{}" if method == "POST" else b"")
        if reply.status == 200:
            assert b"SKU-" not in reply.body
        else:
            assert reply.status in {400, 404}, (method, path, reply.body)


async def test_digits_refuse_delay_and_drop(shop: Shop) -> None:
    """020 to 027: refusals leave nothing, first tries fail once, a dropped answer is an order."""
    _, test = await both(shop)

    async def order(number: str, **more: Any) -> Any:
        return await test.order(out_order_no=number, sku="sandbox:code", **more)

    assert (await order("D020")).problem == (503, "busy")
    assert (await order("D021")).problem == (409, "sold-out")
    assert (await order("D022")).problem == (402, "insufficient-balance")
    assert (await order("D026")).problem == (409, "price-changed")
    assert (await test.get("/v1/orders/by-out-no/D021")).problem == (404, "not-found")
    overloaded = await order("D024")
    assert overloaded.problem == (503, "overloaded")
    assert overloaded.headers["Retry-After"] == "1"
    assert (await test.get("/v1/orders/by-out-no/D024")).problem == (404, "not-found")
    assert (await order("D024")).status == 201
    assert (await order("D025")).problem == (429, "rate-limited")
    assert (await order("D025")).status == 201
    with pytest.raises(aiohttp.ClientError):
        await order("D027")
    assert (await order("D027")).status == 200
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await order("D023")).status == 201
    assert loop.time() - began > 9.5
    topup = await test.order(out_order_no="D1", sku="sandbox:topup", account="13800138021")
    assert topup.problem == (409, "sold-out")


async def test_a_dropped_answer_is_no_error(
    config: Config, tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    """Of one order, and of a batch: it is what the digits ask for, so nobody is alarmed."""
    with running_gateway(config, tmp_path / "log") as gateway:
        _, test = await both(Shop(config=config, url=gateway.url, session=session))
        one = {"out_order_no": "E027", "sku": "sandbox:code"}
        with pytest.raises(aiohttp.ClientError):
            await test.order(**one)
        with pytest.raises(aiohttp.ClientError):
            await test.send(
                "POST", "/v1/orders/batch", {"orders": [{**one, "out_order_no": "F027"}]}
            )
        assert (await test.order(**one)).status == 200
    said = (tmp_path / "log").read_text("utf-8")  # whole: it ended
    assert "error" not in said.lower(), said
    assert "Traceback" not in said


async def test_top_ups_move_and_the_partner_is_told(shop: Shop) -> None:
    """Messages are really sent, signed with the partner's secret, with data.sandbox."""
    real, test = await both(shop)
    name = await shop.name_of(real)
    async with receiving() as receiver:
        secret = await shop.set_endpoint(name, receiver.url)
        ends = {"000": ["delivered"], "001": ["failed"], "005": ["partial"],
                "006": ["delivered", "reversed"], "003": ["uncertain", "delivered"]}  # fmt: skip
        orders = {}
        for digits in ends:
            reply = await test.order(
                out_order_no=f"T{digits}x", sku="sandbox:topup", account=f"13800138{digits}",
                quantity=2,
            )  # fmt: skip
            assert (reply.status, reply.json["state"]) == (201, "processing")
            orders[digits] = reply.json["order_no"]
        for digits, states in ends.items():
            order = await until(test, orders[digits], states[-1])
            failure = {"001": "rejected", "005": "partly-delivered", "006": "reversed"}.get(digits)
            assert (order["failure"] or {}).get("code") == failure

        def told(order_no: str) -> list[tuple[int, str]]:
            found = {
                (m["sequence"], m["type"].removeprefix("order."))
                for m in (each.verified(secret) for each in receiver.received)
                if m["data"]["order_no"] == order_no and m["data"]["sandbox"] is True
            }
            return sorted(found)

        async def all_told() -> bool:
            return all(len(told(orders[d])) == len(states) for d, states in ends.items())

        await eventually(all_told)
        for digits, states in ends.items():
            assert [state for _, state in told(orders[digits])] == states
    listed = (await test.get("/v1/webhooks/deliveries")).json["data"]
    assert {each["order_no"] for each in listed} == set(orders.values())
    assert (await real.get("/v1/webhooks/deliveries")).json["data"] == []
    mine = listed[0]["id"]
    assert (await real.send("POST", f"/v1/webhooks/deliveries/{mine}/replay")).status == 404
    assert (await test.send("POST", f"/v1/webhooks/deliveries/{mine}/replay")).status == 200


async def test_only_what_was_not_sent_is_cancelled(shop: Shop) -> None:
    """028 waits for a minute: cancelled once, and again without effect; a code is delivered."""
    _, test = await both(shop)
    held = await test.order(out_order_no="C1", sku="sandbox:topup", account="13800138028")
    path = f"/v1/orders/{held.json['order_no']}/cancel"
    first, again = await test.send("POST", path), await test.send("POST", path)
    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert (first.json["state"], first.json["failure"]["code"]) == ("failed", "cancelled")
    for number, account in (("C2", "13800138002"), ("C3", None)):
        sku = "sandbox:code" if account is None else "sandbox:topup"
        order = (await test.order(out_order_no=number, sku=sku, account=account)).json
        refused = await test.send("POST", f"/v1/orders/{order['order_no']}/cancel")
        assert refused.problem == (409, "not-cancellable")


async def test_a_batch_has_a_result_per_line(shop: Shop) -> None:
    """Each on its own: made, made twice, conflicting, malformed, refused."""
    _, test = await both(shop)
    lines: list[dict[str, Any]] = [
        {"out_order_no": "B1", "sku": "sandbox:code"},
        {"out_order_no": "B1", "sku": "sandbox:code"},
        {"out_order_no": "B1", "sku": "sandbox:link"},
        {"out_order_no": "B2", "sku": "sandbox:code", "quantity": 0},
        {"out_order_no": "B3", "sku": "sandbox:topup"},
        {"out_order_no": "B021", "sku": "sandbox:code"},
    ]
    reply = await test.send("POST", "/v1/orders/batch", {"orders": lines})
    results = reply.json["results"]
    assert [each["status"] for each in results] == [201, 200, 409, 400, 400, 409]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/orders/3/quantity"
    assert results[4]["problem"]["errors"][0]["pointer"] == "/orders/4/account"
    assert test.codes(results[0]["order"]) == test.codes(results[1]["order"])


async def test_of_equal_orders_at_once_one_is_made(shop: Shop) -> None:
    """The others get it again."""
    _, test = await both(shop)
    many = [test.order(out_order_no="R1", sku="sandbox:code") for _ in range(12)]
    replies = await asyncio.gather(*many)
    assert sorted(each.status for each in replies) == [200] * 11 + [201]
    assert len({each.json["order_no"] for each in replies}) == 1


async def test_lists_page_and_narrow_as_real_ones(shop: Shop) -> None:
    """By state, SKU, cursor; without codes."""
    _, test = await both(shop)
    for n in range(7):
        await test.order(out_order_no=f"L{n}x", sku="sandbox:code")
    await test.order(out_order_no="L001", sku="sandbox:link")
    pages = await test.everything("/v1/orders?limit=3")
    assert [each["out_order_no"] for each in pages] == [
        "L001",
        *(f"L{n}x" for n in range(6, -1, -1)),
    ]
    assert all("codes" not in each and each["sandbox"] for each in pages)
    failed = await test.everything("/v1/orders?state=failed&limit=1")
    assert [each["out_order_no"] for each in failed] == ["L001"]
    assert len(await test.everything("/v1/orders?sku=sandbox:code&limit=2")) == 7
    assert (await test.get("/v1/orders?state=lost")).problem == (400, "invalid-request")
    assert (await test.get("/v1/orders?created_from=2099-01-01T00:00:00Z")).json["data"] == []
