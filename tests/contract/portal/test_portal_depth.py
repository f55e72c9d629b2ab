"""What a partner's people do at the portal, page by page (partners.md, "Partner's own page")."""

import re
from typing import Any

from tests.conftest import Cli
from tests.contract.portal.conftest import as_person, make_side, with_key
from tests.webhook_receiver import receiving
from tests.world.no_script import Browser, Page
from tests.world.partner import eventually
from tests.world.shop import Shop


async def do(tab: Browser, path: str, **fields: str) -> Page:
    """Fill a form in and send it."""
    return await tab.submit((await tab.get(path)).act, **fields)


async def test_keys(tab: Browser, shop: Shop, command: Cli) -> None:
    """Made, narrowed, rotated, revoked; what is shown is shown once, and works."""
    side = await make_side(shop, command, "keys")
    await with_key(tab, side.partner)
    made = await do(tab, "/portal/keys/create", scope="orders:read", rate="7")
    assert made.status == 201, made.text
    ids = re.findall(r"qk_[0-9a-f]{20}", made.answer.text)
    (key_id,) = set(ids) - {side.partner.key.key_id}
    secret = re.findall(r"qs_[A-Za-z0-9_-]{43}", made.answer.text)[0]
    delivery = re.findall(r"qd_[A-Za-z0-9_-]{43}", made.answer.text)[0]
    issued = {"key_id": key_id, "secret": secret, "delivery_key": delivery}
    fresh = await shop.client(issued).until_known()
    assert (await fresh.get("/v1/orders")).status == 200
    assert (await fresh.get("/v1/account")).status == 403
    assert secret not in (await tab.get(f"/portal/keys/{key_id}")).answer.text
    narrowed = await do(tab, f"/portal/keys/{key_id}/networks", allow_ip="203.0.113.0/24")
    assert narrowed.status == 200, narrowed.text

    async def kept_out() -> bool:
        return (await fresh.get("/v1/orders")).status == 403

    await eventually(kept_out)
    rotated = await do(tab, f"/portal/keys/{key_id}/rotate", overlap="60")
    assert rotated.status == 200, rotated.text
    assert (await do(tab, f"/portal/keys/{key_id}/revoke")).status == 200
    rows = command("key", "list", side.name, "--json").json["keys"]
    states = {row["key_id"]: row["state"] for row in rows}
    assert states[key_id] == "revoked"
    log = command("change", "list", "--json").json["changes"]
    ours = [row for row in log if row["actor"] == side.partner.key.key_id]
    assert {"key.create", "key.rotate", "key.revoke"} <= {row["action"] for row in ours}
    assert secret not in str(log)


async def test_nobody_gives_himself_more(tab: Browser, shop: Shop, command: Cli) -> None:
    """A key that is slow, or bound to networks, makes none that is not."""
    name = await shop.name_of(await shop.partner())
    made = command(
        "key", "create", name, "--rate", "50", "--allow-ip", "127.0.0.0/8", "--json"
    ).json
    bound = await shop.client(made).until_known()
    await with_key(tab, bound)
    assert (await do(tab, "/portal/keys/create", allow_ip="")).status == 400
    assert (await do(tab, "/portal/keys/create", allow_ip="0.0.0.0/0")).status == 400
    assert (await do(tab, "/portal/keys/create", allow_ip="127.0.0.1/32", rate="51")).status == 400
    assert (await do(tab, "/portal/keys/create", allow_ip="127.0.0.1/32")).status == 201
    own = f"/portal/keys/{bound.key.key_id}/networks"
    assert (await do(tab, own, allow_ip="")).status == 400
    rows = command("key", "list", name, "--json").json["keys"]
    assert sorted(row["rate"] or 0 for row in rows if row["allow_ips"]) == [50, 50]


async def test_a_person_shows_his_code_again(tab: Browser, shop: Shop, command: Cli) -> None:
    """For what shows a secret; a wrong one opens nothing."""
    side = await make_side(shop, command, "again")
    await as_person(tab, side.person)
    page = await tab.get("/portal/webhooks/secret")
    assert (await tab.submit(page.act, one_time_code="000000")).status == 403
    shown = await tab.submit(page.act, one_time_code=side.person.code())
    assert shown.status == 200, shown.text
    assert "whsec_" in shown.text
    assert (await do(tab, "/portal/keys/create", scope="orders:read")).status == 201


async def test_messages(tab: Browser, shop: Shop, command: Cli) -> None:
    """The endpoint is set, tested, and what nobody took is sent again under its old id."""
    side = await make_side(shop, command, "messages")
    await with_key(tab, side.partner)
    async with receiving() as receiver:
        told = await do(tab, "/portal/webhooks/set", url=receiver.url)
        secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", told.answer.text)[0]
        one = await tab.get(f"/portal/webhooks/{side.ids['id']}")
        assert one.status == 200
        again = await do(tab, f"/portal/webhooks/{side.ids['id']}/replay")
        assert again.status == 200, again.text
        assert (await do(tab, "/portal/webhooks/test")).status == 200
        came = await receiver.until(2)
        assert {f"msg_{side.ids['id']}"} < {one.id for one in came}
        assert {one.verified(secret)["type"] for one in came} == {"order.delivered", "test"}
    assert (await do(tab, "/portal/webhooks/replay-dead")).status == 200


async def test_what_nobody_would_hear(
    tab: Browser, shop: Shop, command: Cli, connection: Any
) -> None:
    """One and all are refused while the endpoint is disabled. Seen red: they were dead at once."""
    side = await make_side(shop, command, "unheard")
    await with_key(tab, side.partner)
    await do(tab, "/portal/webhooks/set", url="https://hook.invalid/in")
    await connection.execute("UPDATE webhook SET state = 'dead'")
    await connection.execute("UPDATE webhook_endpoint SET disabled_at = now()")
    for path in (f"/portal/webhooks/{side.ids['id']}/replay", "/portal/webhooks/replay-dead"):
        told = await do(tab, path)
        assert (told.status, "hook.invalid" in told.text) == (409, True)


async def test_money(tab: Browser, shop: Shop, command: Cli) -> None:
    """Entries add up; a day's statement and its file are the API's; the low mark is set."""
    side = await make_side(shop, command, "money")
    await with_key(tab, side.partner)
    entries = await tab.get("/portal/entries")
    assert side.order_no in entries.text
    only = await tab.get("/portal/entries?kind=deposit")
    assert side.order_no not in only.text
    days = await tab.get("/portal/statements")
    day = next(link for link in days.links.values() if link.startswith("/portal/statements/"))
    shown = await tab.get(day)
    api = (await side.partner.get(f"/v1/statements/{day.rsplit('/', 1)[1]}")).json
    assert api["sha256"] in shown.text
    file = await tab.client.get(shown.links["As a CSV file"])
    assert (file.status_code, side.out_order_no in file.text) == (200, True)
    assert (await tab.get("/portal/statements/1999-01-01")).status == 404
    assert (await tab.get("/portal/statements?date=nonsense")).status == 404
    assert (await do(tab, "/portal/accounts/credit", low="12345")).status == 200
    assert command("account", "show", side.name, "--json").json["low"] == 12345


async def test_orders_and_cases(tab: Browser, shop: Shop, command: Cli) -> None:
    """Found by number; a case is opened, seen, withdrawn; a delivered order is not cancelled."""
    side = await make_side(shop, command, "cases")
    await with_key(tab, side.partner)
    found = await tab.get(f"/portal/orders?out_order_no={side.out_order_no}")
    assert side.order_no in found.links
    order = await tab.get(found.links[side.order_no])
    assert side.out_order_no in order.text
    assert (await do(tab, f"/portal/orders/{side.order_no}/cancel")).status in {400, 409}
    old = f"/portal/cases/{side.ids['case_no']}"
    assert (await do(tab, f"{old}/withdraw")).status == 200
    made = await do(
        tab, "/portal/cases/create", order_no=side.order_no, kind="question", reason="what now?"
    )
    assert made.status == 201, made.text
    listed = (await side.partner.get("/v1/cases")).json["data"]
    assert [one["state"] for one in listed] == ["opened", "withdrawn"]


async def test_usage(tab: Browser, shop: Shop, command: Cli) -> None:
    """What was ordered, by day and SKU."""
    side = await make_side(shop, command, "usage")
    await with_key(tab, side.partner)
    page = await tab.get("/portal/usage")
    assert page.status == 200
    assert side.sku in page.text


async def test_in_chinese(tab: Browser, shop: Shop, command: Cli) -> None:
    """Chosen by the browser or by hand; the choice is kept for the portal alone."""
    side = await make_side(shop, command, "chinese")
    await with_key(tab, side.partner)
    page = await tab.get("/portal/keys?lang=zh")
    assert "接口密钥" in page.text
    assert "Path=/portal" in page.answer.headers["Set-Cookie"]
    assert "总览" in (await tab.get("/portal")).text
