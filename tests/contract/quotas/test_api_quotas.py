"""Quotas over the partner API: who is counted, what is refused, and what is said."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.catalog import category as categories
from gateway.partners import administer as partners
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per, Window
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import Shop, unique


async def limited(shop: Shop, on: str, per: Per, most: int, **more: Any) -> str:
    """A new quota that the gateway knows: what was made later is known, too."""
    name = unique("quota")
    async with shop.desk() as (db, _):
        await quotas.create_quota(db, name, on=on, per=per, most=most, **more)
    await shop.sku()
    return name


async def buy(partner: Partner, sku: str, **members: Any) -> Reply:
    """One order."""
    return await partner.order(out_order_no=unique("Q"), sku=sku, **members)


BUYERS: dict[Per, tuple[dict[str, Any], dict[str, Any]]] = {
    Per.BUYER: ({"buyer": {"id": "ann"}}, {"buyer": {"id": "bob"}}),
    Per.DEVICE: ({"buyer": {"device": "d1"}}, {"buyer": {"device": "d2"}}),
    Per.IP: ({"buyer": {"ip": "2001:db8::1"}}, {"buyer": {"ip": "2001:db8::2"}}),
}


@pytest.mark.parametrize("per", BUYERS)
async def test_each_has_so_many_and_no_more(shop: Shop, per: Per) -> None:
    """The third is refused with the quota's name and what is left; others are not concerned."""
    partner = await shop.partner()
    sku = await shop.sku(codes=20)
    name = await limited(shop, f"sku:{sku}", per, 3)
    one, other = BUYERS[per]
    assert (await buy(partner, sku, quantity=2, **one)).status == 201
    reply = await buy(partner, sku, quantity=2, **one)
    assert reply.problem == (422, "purchase-limit")
    assert (reply.json["quota"], reply.json["retryable"]) == (name, False)
    assert reply.json["detail"] == f"1 may still be bought under the limit {name}."
    assert "resets_at" not in reply.json
    assert "Retry-After" not in reply.headers
    assert (await buy(partner, sku, **one)).status == 201
    assert (await buy(partner, sku, quantity=3, **other)).status == 201
    # Buyers are each partner's own; a device or an address is the same whoever's buyer it is.
    stranger = await shop.partner()
    status = (await buy(stranger, sku, **one)).status
    assert status == (201 if per is Per.BUYER else 422)


@pytest.mark.parametrize(
    ("per", "pointer"),
    [
        (Per.BUYER, "/buyer/id"),
        (Per.DEVICE, "/buyer/device"),
        (Per.IP, "/buyer/ip"),
        (Per.RECIPIENT, "/account"),
    ],
)
async def test_what_it_counts_by_is_required(shop: Shop, per: Per, pointer: str) -> None:
    """400 at the member that is missing, in a batch too; nothing is used."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    await limited(shop, f"sku:{sku}", per, 1)
    reply = await buy(partner, sku)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]
    line = {"out_order_no": unique("Q"), "sku": sku}
    batch = await partner.send("POST", "/v1/orders/batch", {"orders": [line]})
    problem = batch.json["results"][0]["problem"]
    assert problem["errors"][0]["pointer"] == f"/orders/0{pointer}"


async def test_an_address_is_counted_however_it_is_spelt(shop: Shop) -> None:
    """Seen red with the text as it comes."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    await limited(shop, f"sku:{sku}", Per.IP, 1)
    assert (await buy(partner, sku, buyer={"ip": "2001:DB8:0:0::1"})).status == 201
    assert (await buy(partner, sku, buyer={"ip": "2001:db8::1"})).status == 422
    assert (await buy(partner, sku, buyer={"ip": "203.0.113.7"})).status == 201
    assert (await buy(partner, sku, buyer={"ip": "::ffff:203.0.113.7"})).status == 422


async def test_a_partner_and_all_together(shop: Shop) -> None:
    """Per partner each has its own; of a total everybody has part."""
    one, other = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=20)
    each = await limited(shop, f"sku:{sku}", Per.PARTNER, 3)
    total = await limited(shop, f"sku:{sku}", Per.TOTAL, 4)
    assert (await buy(one, sku, quantity=3)).status == 201
    assert (await buy(one, sku)).json["quota"] == each
    assert (await buy(other, sku)).status == 201
    assert (await buy(other, sku)).json["quota"] == total


async def test_a_category_means_what_lies_below_it(shop: Shop) -> None:
    """Also what was moved below it; what was moved away is not counted any more."""
    partner = await shop.partner()
    top, low, away = unique("top"), unique("low"), unique("away")
    async with shop.desk() as (db, _):
        await categories.create_category(db, top, parent=None)
        await categories.create_category(db, low, parent=top)
        await categories.create_category(db, away, parent=None)
    one, two, far = [await shop.sku(codes=5, category=name) for name in (top, low, away)]
    await limited(shop, f"category:{top}", Per.TOTAL, 2)
    assert (await buy(partner, one)).status == 201
    assert (await buy(partner, two)).status == 201
    assert (await buy(partner, two)).status == 422
    assert (await buy(partner, far)).status == 201
    async with shop.desk() as (db, _):
        await categories.move_category(db, away, parent=low)
    await shop.sku()
    assert (await buy(partner, far)).status == 422


async def test_a_window_says_when_it_begins_anew(shop: Shop) -> None:
    """`resets_at` and Retry-After, retryable; in a batch the same members."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    name = await limited(shop, f"sku:{sku}", Per.BUYER, 1, window=Window.DAY)
    ann = {"buyer": {"id": "ann"}}
    assert (await buy(partner, sku, **ann)).status == 201
    reply = await buy(partner, sku, **ann)
    assert reply.problem == (422, "purchase-limit")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = today + timedelta(days=1)
    assert (reply.json["quota"], reply.json["retryable"]) == (name, True)
    assert datetime.fromisoformat(reply.json["resets_at"]) == midnight
    assert 0 < int(reply.headers["Retry-After"]) <= 86_400
    line = {"out_order_no": unique("Q"), "sku": sku, **ann}
    batch = await partner.send("POST", "/v1/orders/batch", {"orders": [line]})
    problem = batch.json["results"][0]["problem"]
    assert (problem["quota"], problem["retryable"]) == (name, True)


async def test_a_campaign_counts_its_own_orders_alone(shop: Shop) -> None:
    """Its own limit and one per campaign; the SKU's other orders are not concerned."""
    partner = await shop.partner()
    sku = await shop.sku(codes=20)
    day = {"opens_in": timedelta(hours=-1), "lasts": timedelta(days=1)}
    one = await shop.campaign(sku, **day, per_buyer=2)
    two = await shop.campaign(sku, **day)
    each = await limited(shop, f"sku:{sku}", Per.BUYER, 3, window=Window.CAMPAIGN)
    ann = {"buyer": {"id": "ann"}}
    assert (await buy(partner, sku, quantity=9)).status == 201  # in no campaign
    assert (await buy(partner, sku, campaign=one, quantity=2, **ann)).status == 201
    reply = await buy(partner, sku, campaign=one, **ann)
    assert (reply.problem, reply.json["quota"]) == ((422, "purchase-limit"), f"campaign:{one}")
    assert (await buy(partner, sku, campaign=two, quantity=3, **ann)).status == 201
    assert (await buy(partner, sku, campaign=two, **ann)).json["quota"] == each
    assert (await buy(partner, sku, campaign=one)).problem == (400, "invalid-request")


async def test_of_orders_at_once_just_as_many_are_made(shop: Shop) -> None:
    """A batch of one buyer over its limit, and a replay that is over it: that is answered."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100, per_buyer=3)
    lines = [{"out_order_no": unique("Q"), "sku": sku, "buyer": {"id": "ann"}} for _ in range(40)]
    sent = [partner.send("POST", "/v1/orders/batch", {"orders": lines[n::4]}) for n in range(4)]
    replies = await asyncio.gather(*sent)
    results = [result for reply in replies for result in reply.json["results"]]
    assert sorted(result["status"] for result in results) == [201] * 3 + [422] * 37
    numbers = [r["order"]["out_order_no"] for r in results if r["status"] == 201]
    again = await partner.order(out_order_no=numbers[0], sku=sku, buyer={"id": "ann"})
    assert again.status == 200


async def test_a_failed_order_gives_its_units_back(shop: Shop) -> None:
    """Cancelled, or failed because nobody delivers it: the recipient may be sent it again."""
    partner = await shop.partner()
    sku = await shop.top_up_sku()
    name = await limited(shop, f"sku:{sku}", Per.RECIPIENT, 1)
    first = await buy(partner, sku, account="13800138000")
    assert first.status == 201
    again = await buy(partner, sku, account="13800138000")
    assert (again.problem, again.json["quota"]) == ((422, "purchase-limit"), name)
    assert (await buy(partner, sku, account="13800138001")).status == 201

    async def may_buy() -> bool:
        await partner.send("POST", f"/v1/orders/{first.json['order_no']}/cancel")
        return (await buy(partner, sku, account="13800138000")).status == 201

    await eventually(may_buy)


async def test_a_product_tells_what_a_buyer_may_still_have(shop: Shop) -> None:
    """The least of all that can be told, and each limit; without `buyer` neither."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100, per_buyer=3)
    day = await limited(shop, f"sku:{sku}", Per.TOTAL, 10, window=Window.DAY)
    await buy(partner, sku, quantity=2, buyer={"id": "a b"})

    async def limits(query: str) -> Any:
        return (await partner.get(f"/v1/products/{sku}{query}")).json["limits"]

    told = await limits("?buyer=a%20b")
    assert (told["per_buyer"], told["left"]) == (3, 1)
    by_name = {each["quota"]: each for each in told["quotas"]}
    assert by_name[f"sku:{sku}"] == {
        "quota": f"sku:{sku}", "max": 3, "left": 1, "resets_at": None,
    }  # fmt: skip
    assert (by_name[day]["left"], by_name[day]["resets_at"] is None) == (8, False)
    assert (await limits("?buyer=bob"))["left"] == 3
    assert set(await limits("")) == {"per_buyer", "quantity_max"}
    assert (await partner.get(f"/v1/products/{sku}?buyer=")).problem == (400, "invalid-request")
    free = await shop.sku(codes=1)
    unlimited = (await partner.get(f"/v1/products/{free}?buyer=ann")).json["limits"]
    assert (unlimited["left"], unlimited["quotas"]) == (None, [])


async def test_limits_change_while_orders_flow(shop: Shop) -> None:
    """Raised, lowered above use, lifted and set again: a SKU's counts stay."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100, per_buyer=1)
    ann = {"buyer": {"id": "ann"}}
    assert (await buy(partner, sku, **ann)).status == 201
    assert (await buy(partner, sku, **ann)).status == 422
    async with shop.desk() as (db, _):
        await quotas.change_quota(db, f"sku:{sku}", most=2)

    async def may_buy() -> bool:
        return (await buy(partner, sku, **ann)).status == 201

    await eventually(may_buy)
    assert (await buy(partner, sku, **ann)).status == 422
    async with shop.desk() as (db, _):
        await quotas.delete_quota(db, f"sku:{sku}")
    await shop.sku()
    assert (await buy(partner, sku)).status == 201  # nobody counts: no buyer is needed
    async with shop.desk() as (db, _):
        await quotas.change_quota(db, f"sku:{sku}", most=3)
    await shop.sku()
    assert (await buy(partner, sku, **ann)).status == 201
    assert (await buy(partner, sku, **ann)).status == 422


async def test_a_day_is_the_partner_s(shop: Shop) -> None:
    """`resets_at` is the next midnight of the ordering partner's zone; of a device's limit, UTC's.

    Where it is told, too: refused orders, refused holds, and what is left of a product.
    """
    partner = await shop.partner()
    name = await shop.name_of(partner)
    sku, other = await shop.sku(codes=20), await shop.sku(codes=20)
    async with shop.desk() as (db, _):
        for each, per in ((sku, Per.BUYER), (other, Per.DEVICE)):
            await quotas.create_quota(
                db, unique("daily"), on=f"sku:{each}", per=per, most=1, window=Window.DAY
            )
        await partners.change_partner(db, name, zone="Asia/Kolkata")
    await shop.sku()
    ann = {"buyer": {"id": "ann", "device": "d"}}
    for each, midnight in ((sku, "18:30:00"), (other, "00:00:00")):
        assert (await buy(partner, each, **ann)).status == 201
        refused = await buy(partner, each, **ann)
        assert refused.problem == (422, "purchase-limit")
        assert midnight in refused.json["resets_at"]
        body = {"out_hold_no": unique("H"), "sku": each, **ann}
        held = await partner.send("POST", "/v1/holds", body)
        assert (held.problem, held.json["resets_at"]) == (
            refused.problem,
            refused.json["resets_at"],
        )
    told = (await partner.get(f"/v1/products/{sku}?buyer=ann")).json["limits"]["quotas"]
    assert [(row["left"], "18:30:00" in row["resets_at"]) for row in told] == [(0, True)]
