"""Signing in as people do (admin.md, "People, roles, signing in", "Sessions")."""

import asyncio

import pyotp
import pytest

from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import STEP_S, Browser, Page, Person, browser, make_person

HEAD_LINES = {
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def is_in(page: Page) -> bool:
    """Whether it is a page of somebody who is signed in."""
    return any(form.action == "/console/sign-out" for form in page.forms)


async def test_in_and_out(tab: Browser, ann: Person) -> None:
    """A page leads to signing in and back to itself; signed out it does so again."""
    page = await tab.get("/console/partners")
    assert page.path.startswith("/console/sign-in?next=")
    fields = page.form("/sign-in").kinds
    assert [f.get("autocomplete") for f in fields.values() if f.get("autocomplete")] == [
        "username", "current-password", "one-time-code",
    ]  # fmt: skip
    page = await tab.sign_in(ann, "/console/partners")
    assert (page.status, page.path) == (200, "/console/partners")
    assert HEAD_LINES.items() <= dict(page.answer.headers).items()
    policy = page.answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    out = await tab.submit(page.form("/sign-out"))
    assert out.path == "/console/sign-in"
    assert (await tab.get("/console")).path.startswith("/console/sign-in")
    posted = await tab.post("/console/partners/create", {"partner": "x"})
    assert (posted.status, posted.path) == (403, "/console/partners/create")


async def test_the_cookie(tab: Browser, ann: Person) -> None:
    """Plain HTTP on the own machine has the one without prefix; it is of the session alone."""
    page = await tab.get("/console")
    form = page.form("/sign-in")
    typed = {**form.fields, "operator": ann.name, "password": ann.password, "code": ann.code()}
    answer = (await tab.post(form.action, typed, follow=False)).answer
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("quangate=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")


async def test_a_code_is_good_once(tab: Browser, ann: Person, gateway: Gateway) -> None:
    """And all before it are spent with it. Seen red without `totp_step < $2`."""
    code = ann.code()
    assert is_in(await tab.sign_in(ann, code=code))
    async with browser(gateway.url) as other:
        again = await other.sign_in(ann, code=code)
        assert (again.status, is_in(again)) == (403, False)
        older = pyotp.TOTP(ann.totp_secret).at((ann.used - 1) * STEP_S)
        assert (await other.sign_in(ann, code=older)).status == 403


async def test_a_code_is_spent_by_a_try_that_fails(tab: Browser, command: Cli) -> None:
    """Seen red with the code looked at only where the password is right."""
    eve = make_person(command, "eve", "viewer")
    code = eve.code()
    wrong = await tab.sign_in(eve, code=code, password="wrong")
    assert wrong.status == 403
    assert (await tab.sign_in(eve, code=code)).status == 403
    recovery = eve.recovery_codes[0]
    assert (await tab.sign_in(eve, code=recovery, password="wrong")).status == 403
    assert (await tab.sign_in(eve, code=recovery)).status == 403
    assert is_in(await tab.sign_in(eve, code=eve.recovery_codes[1].upper()))


async def test_of_many_at_once_one_gets_in(gateway: Gateway, command: Cli) -> None:
    """One code in two browsers at once: one session."""
    max_ = make_person(command, "max", "viewer")
    code = max_.code()

    async def one() -> bool:
        async with browser(gateway.url) as tab:
            return is_in(await tab.sign_in(max_, code=code))

    assert sorted(await asyncio.gather(one(), one())) == [False, True]


async def test_what_was_wrong_is_not_told(tab: Browser, ann: Person) -> None:
    """Of a name that nobody has, too; the page is the same to the letter but for the name."""
    code = "000000" if ann.code() != "000000" else "000001"
    nobody = Person(name="abc", password="x", totp_secret=ann.totp_secret, recovery_codes=[])
    pages = [
        await tab.sign_in(nobody, code=code),
        await tab.sign_in(ann, code=code),
        await tab.sign_in(ann, password="x", code=ann.code()),
    ]
    assert {page.status for page in pages} == {403}
    assert len({page.answer.text.replace('"abc"', '"ann"') for page in pages}) == 1


async def test_five_failures_lock(gateway: Gateway, command: Cli, tab: Browser) -> None:
    """The right ones are refused then, but for a recovery code; after that all is forgotten.

    Seen red with the lock not looked at.
    """
    lea = make_person(command, "lea", "viewer")
    for _ in range(5):
        assert (await tab.sign_in(lea, code="12345")).status == 403
    assert (await tab.sign_in(lea)).status == 403
    assert is_in(await tab.sign_in(lea, code=lea.recovery_codes[0]))
    async with browser(gateway.url) as other:
        assert is_in(await other.sign_in(lea))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
async def test_forms_of_others_are_refused(
    tab: Browser, command: Cli, gateway: Gateway, headers: dict[str, str]
) -> None:
    """Signing in, acting and signing out; nothing is done. Seen red without `is_ours`."""
    assert gateway.url
    name = f"u{abs(hash(str(headers)))}"
    person = make_person(command, name, "ops")
    form = (await tab.get("/console")).form("/sign-in")
    typed = {**form.fields, "operator": name, "password": person.password, "code": person.code()}
    refused = await tab.post(form.action, typed, **headers)
    assert (refused.status, is_in(refused)) == (403, False)
    page = await tab.sign_in(person, "/console/partners/create")
    filled = {**page.act.fields, "partner": name}
    assert (await tab.post("/console/partners/create", filled, **headers)).status == 403
    assert (await tab.get(f"/console/partners/{name}")).status == 404
    out = await tab.post("/console/sign-out", page.form("/sign-out").fields, **headers)
    assert out.status == 403
    assert is_in(await tab.get("/console"))


async def test_a_form_is_of_its_session(tab: Browser, ann: Person) -> None:
    """Without its token, or with another one, nothing is done. Seen red without the comparison."""
    page = await tab.sign_in(ann, "/console/partners/create")
    for token in ("", "0" * 64):
        filled = {**page.act.fields, "partner": "of-another", "form_token": token}
        assert (await tab.post("/console/partners/create", filled)).status == 403
    assert (await tab.get("/console/partners/of-another")).status == 404
    made = await tab.submit(page.act, partner="of-this")
    assert made.status == 201


async def test_sessions_end(tab: Browser, command: Cli, gateway: Gateway) -> None:
    """`disable` and both resets end them at once, and `enable` revives none.

    Seen red without `sessions_since` in `live_session`.
    """
    assert gateway.url
    joe = make_person(command, "joe", "viewer")
    assert is_in(await tab.sign_in(joe))
    for verbs in (("disable", "enable"), ("reset-password",), ("reset-totp",)):
        assert is_in(await tab.get("/console"))
        for verb in verbs:
            told = command("operator", verb, "joe", "--json")
            assert told.returncode == 0, told.stderr
            assert not is_in(await tab.get("/console"))
        joe.password = told.json.get("password", joe.password)
        if verbs == ("reset-totp",):
            joe.totp_secret, joe.used = told.json["totp_secret"], 0
        assert is_in(await tab.sign_in(joe))


async def test_a_role_taken_away(tab: Browser, command: Cli, gateway: Gateway) -> None:
    """What it gave is gone at the next page, in the menu and behind it."""
    assert gateway.url
    kim = make_person(command, "kim", "stock", "viewer")
    page = await tab.sign_in(kim, "/console/pools/create")
    assert page.status == 200
    assert command("operator", "roles", "kim", "--remove", "stock").returncode == 0
    assert (await tab.submit(page.act, pool="p")).status == 403
    assert (await tab.get("/console/pools/create")).status == 403
    assert "Create" not in (await tab.get("/console/pools")).links


async def test_the_api_takes_no_cookie(tab: Browser, ann: Person) -> None:
    """A session is nothing there, and a token nothing here."""
    await tab.sign_in(ann)
    assert (await tab.client.get("/admin/v1/me")).status_code == 401
    tab.client.cookies.clear()
    answer = await tab.client.get("/console", headers={"Authorization": "Bearer qat_x"})
    assert answer.status_code == 303


async def test_nonsense_is_refused(tab: Browser, ann: Person) -> None:
    """Bodies that are no forms, names that nobody can have; a page says so."""
    cases = [
        {"operator": "a\0b", "password": "x", "code": "1"},
        {"operator": "x" * 300, "password": "x", "code": "1"},
        {"operator": ann.name, "password": "p" * 5000, "code": "1"},
        {"operator": ann.name, "password": "p"},
        {"other": "1"},
    ]
    for typed in cases:
        assert (await tab.post("/console/sign-in", typed)).status == 403
    raw = {"Content-Type": "application/x-www-form-urlencoded", "Origin": tab.origin}
    answer = await tab.client.post("/console/sign-in", content=b"operator=%ff", headers=raw)
    assert answer.status_code == 400
    answer = await tab.client.post("/console/sign-in", json={}, headers={"Origin": tab.origin})
    assert answer.status_code == 415
