"""Waiting rooms: campaigns that take orders only with a pass, each used once."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.campaigns.administer import NewCampaign, create_campaign, end_campaign, serve_passes
from gateway.partners.administer import deposit
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import Shop, unique


def made(partner: Partner, campaign: str, **said: Any) -> str:
    """A pass as the partner's own front makes it."""
    document = {
        "campaign": campaign, "buyer": "u1", "number": 1, "exp": int(time.time()) + 299, **said,
    }  # fmt: skip
    payload = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    secret = base64.urlsafe_b64decode(partner.key.secret.removeprefix("qs_") + "==")
    signed = f"v1.{payload}"
    return f"{signed}.{hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest()}"


async def room(shop: Shop, sku: str) -> str:
    """A campaign that is open and demands passes."""
    name, now = unique("room"), datetime.now(UTC)
    async with shop.desk() as (db, _):
        new = NewCampaign(
            name=name, sku=sku, starts_at=now - timedelta(minutes=1),
            ends_at=now + timedelta(hours=1), wants_pass=True,
        )  # fmt: skip
        await create_campaign(db, new)
    probe = await shop.partner()

    async def known() -> bool:
        reply = await order(probe, sku, name, None)
        return reply.problem == (403, "pass-required")

    await eventually(known)
    return name


async def order(
    partner: Partner, sku: str, campaign: str, pass_: str | None, number: str | None = None
) -> Reply:
    """An order of u1 in the campaign."""
    body = {
        "out_order_no": number or unique("P"), "sku": sku, "campaign": campaign,
        "buyer": {"id": "u1"},
    }  # fmt: skip
    headers = {} if pass_ is None else {"X-Quangate-Pass": pass_}
    return await partner.send("POST", "/v1/orders", body, headers=headers)


async def test_who_has_a_pass_may_order_once(shop: Shop) -> None:
    """None: `pass-required`; a wrong one: `pass-invalid`; a used one: `pass-used`; and the number
    that was accepted is answered with the pass, without it, and with one that has run out.

    Seen red without the look at the passes that were used: two orders for one pass.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    campaign = await room(shop, sku)
    good = made(partner, campaign)
    assert (await order(partner, sku, campaign, None)).problem == (403, "pass-required")
    for wrong in (
        "v1", good[:-1], good[:-1] + "x", made(partner, "other"),
        made(partner, campaign, buyer="u2"),
        made(partner, campaign, exp=int(time.time()) - 1),
        made(partner, campaign, exp=int(time.time()) + 900), made(await shop.partner(), campaign),
    ):  # fmt: skip
        assert (await order(partner, sku, campaign, wrong)).problem == (403, "pass-invalid"), wrong
    number = unique("P")
    first = await order(partner, sku, campaign, good, number)
    assert first.status == 201
    assert (await order(partner, sku, campaign, good)).problem == (409, "pass-used")
    late = made(partner, campaign, exp=int(time.time()) - 5)
    for again in (good, None, late):
        replayed = await order(partner, sku, campaign, again, number)
        assert replayed.status == 200
        assert replayed.json["order_no"] == first.json["order_no"]
    assert (await order(partner, sku, campaign, made(partner, campaign, number=2))).status == 201


async def test_any_living_key_of_the_partner_may_have_signed_it(shop: Shop) -> None:
    """The front has a key of its own; another partner's number is another pass."""
    partner, other, sku = await shop.partner(), await shop.partner(), await shop.sku(codes=5)
    campaign = await room(shop, sku)
    front = await shop.another_key(await shop.name_of(partner))
    assert (await order(partner, sku, campaign, made(front, campaign))).status == 201
    assert (await order(other, sku, campaign, made(other, campaign))).status == 201


async def test_a_refused_order_leaves_its_pass_good(shop: Shop) -> None:
    """No money: 402; with money the same pass makes the order.

    Seen red with the pass used up before funds are judged.
    """
    partner, sku = await shop.partner(balance=99), await shop.sku(codes=5, price=100)
    campaign = await room(shop, sku)
    good, number = made(partner, campaign), unique("P")
    poor = await order(partner, sku, campaign, good, number)
    assert poor.problem == (402, "insufficient-balance")
    name = await shop.name_of(partner)
    async with shop.desk() as (db, _):
        await deposit(db, name, 1_000, unique("D"))

    async def taken() -> bool:
        return (await order(partner, sku, campaign, good, number)).status == 201

    await eventually(taken)


async def test_one_pass_at_once_makes_one_order(shop: Shop) -> None:
    """Fifty orders with one pass at the same moment, also in one batch: one is made.

    Seen red without the look at the other lines of the commit: the whole batch was 500.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=60)
    campaign = await room(shop, sku)
    good = made(partner, campaign)
    replies = await asyncio.gather(*(order(partner, sku, campaign, good) for _ in range(30)))
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [201] + [409] * 29
    lines = [
        {
            "out_order_no": unique("B"), "sku": sku, "campaign": campaign, "buyer": {"id": "u1"},
            "pass": made(partner, campaign, number=2 + n // 10),
        }
        for n in range(20)
    ]  # fmt: skip
    lines.append({**lines[0], "out_order_no": unique("B"), "pass": "v1"})
    del (last := {**lines[0], "out_order_no": unique("B")})["pass"]
    answer = await partner.send("POST", "/v1/orders/batch", {"orders": [*lines, last]})
    found = [one["status"] for one in answer.json["results"]]
    assert sorted(found[:20]) == [201] * 2 + [409] * 18
    assert [one["problem"]["code"] for one in answer.json["results"][20:]] == [
        "pass-invalid", "pass-required",
    ]  # fmt: skip


async def test_a_front_without_a_room_asks_for_passes(shop: Shop) -> None:
    """Numbers come in order, a buyer's stays the same; a pass comes once its number is served, and
    makes an order.

    Seen red with a number for every request.
    """
    partner, other, sku = await shop.partner(), await shop.partner(), await shop.sku(codes=5)
    campaign = await room(shop, sku)
    target = f"/v1/campaigns/{campaign}/passes"
    waits = await partner.send("POST", target, {"buyer": "u1"})
    assert waits.status == 201
    assert waits.json == {
        "number": 1, "serving": 0, "pass": None, "expires_at": None, "retry_after_s": 5,
    }  # fmt: skip
    assert (await other.send("POST", target, {"buyer": "u1"})).json["number"] == 2
    again = await partner.send("POST", target, {"buyer": "u1"})
    assert (again.status, again.json["number"]) == (200, 1)
    async with shop.desk() as (db, _):
        served = await serve_passes(db, campaign, serving=1, rate=None)
    assert served == {"serving": 1, "rate": None, "issued": 2}
    let_in = (await partner.send("POST", target, {"buyer": "u1"})).json
    assert (let_in["serving"], let_in["retry_after_s"]) == (1, 0)
    assert let_in["expires_at"].endswith("Z")
    assert (await order(partner, sku, campaign, let_in["pass"])).status == 201
    assert (await other.send("POST", target, {"buyer": "u1"})).json["pass"] is None


async def test_what_is_asked_of_no_waiting_room(shop: Shop) -> None:
    """No such campaign, one without passes, a body that says no buyer."""
    partner, sku = await shop.partner(), await shop.sku(codes=1)
    campaign = await room(shop, sku)
    plain = await shop.campaign(sku, opens_in=timedelta(minutes=-1), lasts=timedelta(hours=1))
    for name in ("nowhere", plain):
        reply = await partner.send("POST", f"/v1/campaigns/{name}/passes", {"buyer": "u1"})
        assert reply.problem == (404, "not-found")
    for body in ({}, {"buyer": ""}, {"buyer": 1}, {"buyer": "u", "more": 1}):
        reply = await partner.send("POST", f"/v1/campaigns/{campaign}/passes", body)
        assert reply.problem == (400, "invalid-request")
    assert (await partner.get(f"/v1/campaigns/{campaign}/passes")).status == 405


async def test_nobody_is_sent_for_a_pass_to_a_closed_campaign(shop: Shop) -> None:
    """As soon as the room itself says that it is closed, so do orders and holds without a pass or
    with a wrong one, though their commit would still be asked for three seconds.

    Seen red with passes judged before the window: 403 pass-required.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=5)
    campaign = await room(shop, sku)
    async with shop.desk() as (db, _):
        await end_campaign(db, campaign)

    async def closed() -> bool:
        reply = await partner.send("POST", f"/v1/campaigns/{campaign}/passes", {"buyer": "u1"})
        return reply.status == 409

    await eventually(closed)
    for pass_ in (None, "nonsense", made(partner, campaign)):
        refused = await order(partner, sku, campaign, pass_)
        assert refused.problem == (409, "campaign-closed")
    held = {"out_hold_no": unique("H"), "sku": sku, "campaign": campaign, "buyer": {"id": "u1"}}
    assert (await partner.send("POST", "/v1/holds", held)).problem == (409, "campaign-closed")


async def test_where_none_is_demanded_a_pass_is_ignored(shop: Shop) -> None:
    """An ordinary order, and one in a campaign without a room; but it is no member of a body."""
    partner, sku = await shop.partner(), await shop.sku(codes=5)
    plain = {"out_order_no": unique("P"), "sku": sku}
    headers = {"X-Quangate-Pass": "nonsense"}
    assert (await partner.send("POST", "/v1/orders", plain, headers=headers)).status == 201
    campaign = await shop.campaign(sku, opens_in=timedelta(minutes=-1), lasts=timedelta(hours=1))

    async def taken() -> bool:
        return (await order(partner, sku, campaign, "nonsense")).status == 201

    await eventually(taken)
    refused = await partner.order(**plain, **{"pass": "x"})
    assert refused.problem == (400, "invalid-request")
    assert refused.json["errors"][0]["pointer"] == "/pass"
