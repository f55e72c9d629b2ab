"""Lists: filters, limits, cursors that stay right, and no codes (api.md)."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from tests.world.shop import Shop

LISTS = ["/v1/orders", "/v1/products", "/v1/account/entries", "/v1/webhooks/deliveries"]


@pytest.mark.parametrize("target", LISTS)
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("limit=1e1", "/limit"),
        ("limit=%D9%A3", "/limit"),
        ("cursor=", "/cursor"),
        ("cursor=x", "/cursor"),
        ("cursor=AAAAAAAAAAAA", "/cursor"),
        ("cursor=%00", "/cursor"),
        ("cursor=b%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F", "/cursor"),
        ("page=2", "/page"),
        ("Limit=2", "/Limit"),
    ],
)
async def test_wrong_parameters(shop: Shop, target: str, query: str, pointer: str) -> None:
    """A wrong, doubled or unknown parameter is 400 and named."""
    partner = await shop.partner()
    reply = await partner.get(f"{target}?{query}")
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=gone", "/state"),
        ("state=", "/state"),
        ("state=Delivered", "/state"),
        ("created_from=yesterday", "/created_from"),
        ("created_from=2026-01-01", "/created_from"),
        ("created_from=2026-01-01T00:00:00", "/created_from"),
        ("created_to=2026-02-30T00:00:00Z", "/created_to"),
        ("created_to=1767225600", "/created_to"),
        ("created_to=2026-01-01T25:00:00Z", "/created_to"),
        ("created_from=0001-01-01T00:00:00%2B23:59", "/created_from"),
        ("created_to=9999-12-31T23:59:59-23:59", "/created_to"),
    ],
)
async def test_wrong_filters_of_orders(shop: Shop, query: str, pointer: str) -> None:
    """States and times are checked, not ignored."""
    partner = await shop.partner()
    reply = await partner.get(f"/v1/orders?{query}")
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]


async def test_a_cursor_of_another_list(shop: Shop) -> None:
    """A cursor is good for the list that made it."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    for number in ("A1", "A2"):
        await partner.order(out_order_no=number, sku=sku)
    cursor = (await partner.get("/v1/orders?limit=1")).json["next_cursor"]
    assert (await partner.get(f"/v1/orders?cursor={cursor}")).status == 200
    for target in LISTS[1:]:
        reply = await partner.get(f"{target}?cursor={cursor}")
        assert reply.problem == (400, "invalid-request")


async def test_orders_come_newest_first_and_without_codes(shop: Shop) -> None:
    """A list shows what a read shows, but never codes."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    created = [(await partner.order(out_order_no=f"A{n}", sku=sku)).json for n in range(5)]
    listed = (await partner.get("/v1/orders")).json
    assert listed["next_cursor"] is None
    expected = [{k: v for k, v in order.items() if k != "codes"} for order in created]
    assert listed["data"] == expected[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
async def test_pages_fit_together(shop: Shop, limit: int) -> None:
    """Whatever the page size, every order comes once; the last page says so."""
    partner = await shop.partner()
    sku = await shop.sku(codes=7)
    for n in range(7):
        await partner.order(out_order_no=f"A{n}", sku=sku)
    rows = await partner.everything(f"/v1/orders?limit={limit}")
    assert [row["out_order_no"] for row in rows] == [f"A{n}" for n in reversed(range(7))]


async def test_a_cursor_stays_right_under_inserts(shop: Shop) -> None:
    """Orders that come in while somebody pages neither repeat nor hide any."""
    partner = await shop.partner()
    sku = await shop.sku(codes=60)
    old = {f"old{n}" for n in range(20)}
    await asyncio.gather(*(partner.order(out_order_no=number, sku=sku) for number in old))
    seen: list[str] = []
    cursor, inserted = "", 0
    while len(seen) <= len(old):
        page = (await partner.get(f"/v1/orders?limit=3{cursor}")).json
        seen += [row["out_order_no"] for row in page["data"]]
        for _ in range(3):
            inserted += 1
            await partner.order(out_order_no=f"new{inserted}", sku=sku)
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen))
    assert set(seen) == old


async def test_filters_of_orders(shop: Shop) -> None:
    """state, sku, created_from (inclusive) and created_to (exclusive), alone and together."""
    partner = await shop.partner()
    one, two = await shop.sku(codes=2), await shop.sku(codes=2)
    orders = {
        number: (await partner.order(out_order_no=number, sku=sku)).json
        for number, sku in (("A1", one), ("A2", two), ("A3", one))
    }

    async def numbers(query: str) -> list[str]:
        reply = await partner.get(f"/v1/orders?{query}")
        assert reply.status == 200, reply
        return [row["out_order_no"] for row in reply.json["data"]]

    second = orders["A2"]["created_at"]
    elsewhere = datetime.fromisoformat(second).astimezone().isoformat()
    assert await numbers("state=delivered") == ["A3", "A2", "A1"]
    assert await numbers("state=failed") == []
    assert await numbers(f"sku={one}") == ["A3", "A1"]
    assert await numbers("sku=NOPE") == []
    assert await numbers(f"created_from={second}") == ["A3", "A2"]
    assert await numbers(f"created_to={second}") == ["A1"]
    assert await numbers(f"created_from={quote(elsewhere)}") == ["A3", "A2"]
    assert await numbers(f"created_from={second}&sku={one}&state=delivered") == ["A3"]
    past = quote((datetime.fromisoformat(second) - timedelta(days=1)).isoformat())
    assert await numbers(f"created_to={past}") == []
