"""Who comes in at the portal, and how long he stays (partners.md, "portal-session")."""

from typing import Any

from tests.conftest import Cli
from tests.contract.portal.conftest import SESSION, as_person, make_side, person_of, with_key
from tests.world.no_script import Browser, make_person
from tests.world.partner import eventually, signed_headers
from tests.world.shop import Shop


async def test_by_key(tab: Browser, shop: Shop) -> None:
    """204 and a cookie that no script reads; its pages are the partner's."""
    partner = await shop.partner(balance=4711)
    told = await with_key(tab, partner)
    assert (told.status_code, told.content) == (204, b"")
    cookie = told.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    first = await tab.get("/portal")
    assert first.status == 200
    assert await shop.name_of(partner) in first.text
    assert "47.11" in first.text
    csp = first.answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in csp
    assert "unsafe-inline" not in csp


async def test_a_captured_sign_in_opens_nothing(tab: Browser, shop: Shop) -> None:
    """The nonce is used up; the signature of another body or route is none."""
    partner = await shop.partner()
    headers = signed_headers(partner.key, "POST", SESSION, b"{}")
    sent = {**headers, "Content-Type": "application/json"}
    first = await tab.client.post(SESSION, content=b"{}", headers=sent)
    again = await tab.client.post(SESSION, content=b"{}", headers=sent)
    assert (first.status_code, again.status_code) == (204, 401)
    assert again.json()["code"] == "replayed-nonce"
    assert "Set-Cookie" not in again.headers
    other = signed_headers(partner.key, "POST", "/v1/webhooks/test", b"{}")
    wrong = await tab.client.post(SESSION, content=b"{}", headers={**sent, **other})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")
    more = signed_headers(partner.key, "POST", SESSION, b'{"a":1}')
    refused = await tab.client.post(SESSION, content=b'{"a":1}', headers={**sent, **more})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")


async def test_a_key_of_the_sandbox_opens_nothing(tab: Browser, shop: Shop, command: Cli) -> None:
    """What tries things out sees no real order."""
    partner = await shop.partner()
    made = command("key", "create", await shop.name_of(partner), "--sandbox", "--json").json
    sandbox = await shop.client(made).until_known()
    told = await with_key(tab, sandbox)
    assert told.status_code == 404
    assert "Set-Cookie" not in told.headers


async def test_it_ends_with_the_key(tab: Browser, shop: Shop, command: Cli) -> None:
    """At once, on every page. Seen red without `k.revoked_at IS NULL` in `live_session`."""
    partner = await shop.partner()
    await with_key(tab, partner)
    assert (await tab.get("/portal/orders")).path == "/portal/orders"
    assert command("key", "revoke", partner.key.key_id).returncode == 0
    assert (await tab.get("/portal/orders")).path.startswith("/portal/sign-in")


async def test_a_keys_networks_hold_for_its_sessions(
    tab: Browser, shop: Shop, command: Cli
) -> None:
    """A key that may be used from elsewhere only signs nobody in from here."""
    partner = await shop.partner()
    made = command(
        "key", "create", await shop.name_of(partner), "--allow-ip", "203.0.113.0/24", "--json"
    ).json
    far = shop.client(made)

    async def known() -> bool:
        return (await with_key(tab, far)).status_code != 401

    await eventually(known)
    assert (await with_key(tab, far)).status_code == 403


async def test_a_partners_person(tab: Browser, another_tab: Any, shop: Shop, command: Cli) -> None:
    """Comes in at the portal and nowhere else; an operator does not come in there."""
    partner = await shop.partner()
    name = await shop.name_of(partner)
    pat = person_of(command, "pat", name)
    assert (await as_person(tab, pat)).path == "/portal"
    assert name in (await tab.get("/portal")).text
    assert (await tab.get("/console")).path.startswith("/console/sign-in")
    async with another_tab() as other:
        assert (await other.sign_in(pat)).status == 403
        chief = make_person(command, "chief", "admin")
        assert (await other.sign_in(chief, "/portal")).status == 403
        assert (await other.sign_in(chief)).path == "/console"
        assert (await other.get("/portal")).path.startswith("/portal/sign-in")
    left = await tab.submit((await tab.get("/portal")).form("/sign-out"))
    assert left.path == "/portal/sign-in"
    assert (await tab.get("/portal/orders")).path.startswith("/portal/sign-in")


async def test_a_partners_person_has_nothing_else(shop: Shop, command: Cli) -> None:
    """No role and no token, however it is tried."""
    name = await shop.name_of(await shop.partner())
    person_of(command, "pit", name)
    for words in (
        "operator roles pit --add admin",
        "operator token create pit --label x",
        f"operator create pot --partner {name} --role viewer",
        "operator create pot --partner nobody-there",
    ):
        assert command(*words.split()).returncode in {1, 2}, words
    shown = command("operator", "show", "pit", "--json").json
    assert (shown["partner"], shown["roles"], shown["permissions"]) == (name, [], [])


async def test_disabled_he_is_out(tab: Browser, shop: Shop, command: Cli) -> None:
    """At the next page."""
    name = await shop.name_of(await shop.partner())
    ron = person_of(command, "ron", name)
    assert (await as_person(tab, ron)).path == "/portal"
    assert command("operator", "disable", "ron").returncode == 0
    assert (await tab.get("/portal")).path.startswith("/portal/sign-in")


async def test_a_page_of_another_site_is_refused(tab: Browser, shop: Shop, command: Cli) -> None:
    """By its origin, and without the session's own word in the form."""
    side = await make_side(shop, command, "csrf")
    await with_key(tab, side.partner)
    path = f"/portal/orders/{side.order_no}/cancel"
    form = (await tab.get(path)).form("/cancel")
    assert (await tab.post(path, form.fields, origin="https://evil.example")).status == 403
    assert (await tab.post(path, {**form.fields, "form_token": "0" * 64})).status == 403
