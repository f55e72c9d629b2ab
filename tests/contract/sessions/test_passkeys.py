"""Passkeys at the console (admin.md, "Signing in"), by an authenticator in software."""

from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest

from tests.conftest import Cli
from tests.contract.sessions.test_sign_in import is_in
from tests.world.authenticator import Authenticator
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Page, Person, browser, make_person

MINE = "/console/me/passkeys"
CREATE = f"{MINE}/create"


@pytest.fixture
def origin(gateway: Gateway) -> str:
    """The gateway by the name that has passkeys."""
    return gateway.url.replace("127.0.0.1", "localhost")


@pytest.fixture
async def tab(origin: str) -> AsyncIterator[Browser]:
    """A browser there that knows nobody yet."""
    async with browser(origin) as tab:
        yield tab


@pytest.fixture
def person(command: Cli, gateway: Gateway, request: pytest.FixtureRequest) -> Person:
    """A support of this test's own."""
    assert gateway.url
    return make_person(command, request.node.name[5:60].replace("_", "-"), "support")


async def asked(tab: Browser, path: str, **fields: str) -> tuple[int, dict[str, Any]]:
    """A challenge, as the page's module fetches it."""
    answer = (await tab.post(f"{path}/challenge", fields)).answer
    return answer.status_code, answer.json()


async def token_of(tab: Browser) -> str:
    """What the session's forms carry."""
    return str((await tab.get(MINE)).form(CREATE).fields["form_token"])


def newest(person: Person) -> str:
    """A one-time code that is good for half a minute at least; these people use one each."""
    return pyotp.TOTP(person.totp_secret).now()


async def registered(tab: Browser, person: Person, origin: str, **how: Any) -> Authenticator:
    """Somebody signed in with password and code who has made a passkey."""
    assert is_in(await tab.sign_in(person, code=person.recovery_codes[1]))
    device = Authenticator(origin=origin, **how)
    page = await made(tab, person, device)
    assert page.path == f"{MINE}?said=made"
    return device


async def made(tab: Browser, person: Person, device: Authenticator, **said: Any) -> Page:
    """Where making one leads."""
    status, told = await asked(
        tab, MINE, form_token=await token_of(tab), purpose="register", one_time_code=newest(person)
    )
    assert status == 200, told
    answer = device.make(told["publicKey"], **said)
    fields = {"form_token": told["form_token"], "label": "laptop", "passkey": answer}
    return await tab.post(CREATE, fields)


async def signed_in(tab: Browser, device: Authenticator, **said: Any) -> Page:
    """Where signing in by it leads; `tab` has no session."""
    _, told = await asked(tab, "/console/sign-in/passkey")
    return await tab.post(
        "/console/sign-in/passkey",
        {"passkey": device.answer(told["publicKey"], **said), "next": "/console/me"},
    )


async def test_made_and_signed_in_without_a_password(
    tab: Browser, person: Person, origin: str, command: Cli
) -> None:
    """The log says who made it and what opened the session; the counter and the time are kept."""
    device = await registered(tab, person, origin)
    async with browser(origin) as other:
        page = await signed_in(other, device)
        assert (page.status, page.path) == (200, "/console/me")
        assert is_in(page)
    rows = command("operator", "passkey", "list", person.name, "--json").json["passkeys"]
    assert [(r["label"], r["site"], r["state"]) for r in rows] == [("laptop", "localhost", "live")]
    assert rows[0]["used_at"] is not None
    changes = command("change", "list", "--actor", person.name, "--json").json["changes"]
    started = next(c for c in changes if c["action"] == "session.start")
    assert started["after"]["passkey"] == rows[0]["passkey_id"]
    assert any(
        c["action"] == "passkey.register" and c["subject"] == rows[0]["passkey_id"] for c in changes
    )


async def test_making_one_takes_a_one_time_code(tab: Browser, person: Person, origin: str) -> None:
    """Without it there is no challenge; and a challenge of another session makes nothing."""
    assert is_in(await tab.sign_in(person, code=person.recovery_codes[1]))
    token = await token_of(tab)
    status, told = await asked(tab, MINE, form_token=token, purpose="register", one_time_code="1")
    assert (status, list(told)) == (403, ["detail"])
    # A challenge for stepping up is none for making one, and nobody has stepped up.
    status, told = await asked(tab, MINE, form_token=token, purpose="step-up")
    assert status == 200
    device = Authenticator(origin=origin)
    answer = device.make({**told["publicKey"], "user": {"id": ""}, "rp": {"id": "localhost"}})
    page = await tab.post(CREATE, {"form_token": token, "label": "x", "passkey": answer})
    assert page.path == f"{MINE}?said=refused"


async def test_an_answer_is_good_once(tab: Browser, person: Person, origin: str) -> None:
    """Neither the same answer nor another one to the same challenge opens a second session."""
    device = await registered(tab, person, origin)
    async with browser(origin) as other:
        _, told = await asked(other, "/console/sign-in/passkey")
        first = {"passkey": device.answer(told["publicKey"])}
        assert is_in(await other.post("/console/sign-in/passkey", first))
        await other.submit((await other.get("/console")).form("/sign-out"))
        again = await other.post("/console/sign-in/passkey", first)
        assert again.status == 403
        second = {"passkey": device.answer(told["publicKey"])}
        assert (await other.post("/console/sign-in/passkey", second)).status == 403


async def test_an_answer_is_good_in_the_browser_that_was_asked(
    tab: Browser, person: Person, origin: str
) -> None:
    """Whoever got hold of one has nothing by it."""
    device = await registered(tab, person, origin)
    async with browser(origin) as asking, browser(origin) as thief:
        _, told = await asked(asking, "/console/sign-in/passkey")
        await asked(thief, "/console/sign-in/passkey")
        answer = {"passkey": device.answer(told["publicKey"])}
        assert (await thief.post("/console/sign-in/passkey", answer)).status == 403
        assert is_in(await asking.post("/console/sign-in/passkey", answer))


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://evil.localhost"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"crossOrigin": True},
    ],
)
async def test_what_a_browser_says_is_held_against_what_it_was_asked(
    tab: Browser, command: Cli, gateway: Gateway, origin: str, wrong: dict[str, Any]
) -> None:
    """Another page's, another ceremony's, another challenge's answer is none."""
    assert gateway.url
    person = make_person(command, f"said-{next(iter(wrong))}", "support")
    device = await registered(tab, person, origin)
    async with browser(origin) as other:
        assert (await signed_in(other, device, **wrong)).status == 403
        assert is_in(await signed_in(other, device))


async def test_whoever_has_the_device_needs_its_pin(
    tab: Browser, person: Person, origin: str
) -> None:
    """Presence alone is one factor: the device has to have verified its owner."""
    device = await registered(tab, person, origin)
    device.verifies = False
    async with browser(origin) as other:
        assert (await signed_in(other, device)).status == 403


async def test_a_counter_that_goes_back_is_a_copy(
    tab: Browser, person: Person, origin: str
) -> None:
    """A copy of a key counts from where it was copied."""
    device = await registered(tab, person, origin)
    async with browser(origin) as other:
        assert is_in(await signed_in(other, device))
    device.count = 0
    async with browser(origin) as other:
        assert (await signed_in(other, device)).status == 403


async def test_another_key_is_nobody(tab: Browser, person: Person, origin: str) -> None:
    """The right name with another key's signature does not do; it counts as a failure."""
    device = await registered(tab, person, origin)
    forged = Authenticator(origin=origin, user=device.user, site=device.site, name=device.name)
    forged.count = 100
    async with browser(origin) as other:
        for _ in range(5):
            assert (await signed_in(other, forged)).status == 403
        # Five failures lock the account for this address: the right one does not open it now.
        assert (await signed_in(other, device)).status == 403
        recovered = await other.sign_in(person, code=person.recovery_codes[0])
        assert is_in(recovered)


async def test_revoked_disabled_or_made_anew_it_opens_nothing(
    tab: Browser, person: Person, origin: str, command: Cli
) -> None:
    """By an admin, each leaves a row; one's own, after a step-up by the passkey itself."""
    device = await registered(tab, person, origin)

    async def opens() -> bool:
        async with browser(origin) as other:
            return is_in(await signed_in(other, device))

    assert command("operator", "disable", person.name).returncode == 0
    assert not await opens()
    assert command("operator", "enable", person.name).returncode == 0
    assert await opens()
    assert command("operator", "reset-password", person.name).returncode == 0
    assert await opens()
    assert command("operator", "reset-totp", person.name).returncode == 0
    assert not await opens()
    (row,) = command("operator", "passkey", "list", person.name, "--json").json["passkeys"]
    assert row["state"] == "revoked"


async def test_a_passkey_is_a_step_up_and_ends_itself(
    tab: Browser, person: Person, origin: str, command: Cli
) -> None:
    """Instead of a code; the session goes on under another cookie, and a spent answer is none."""
    device = await registered(tab, person, origin)
    async with browser(origin) as other:
        await signed_in(other, device)
        (row,) = command("operator", "passkey", "list", person.name, "--json").json["passkeys"]
        path = f"/console/passkeys/{row['passkey_id']}/revoke"
        form = (await other.get(f"{path}?operator={person.name}")).act
        assert "one_time_code" in form.kinds
        _, told = await asked(other, MINE, form_token=form.fields["form_token"], purpose="step-up")
        assert [c["id"] for c in told["publicKey"]["allowCredentials"]]
        before = other.client.cookies["quangate"]
        answer = device.answer(told["publicKey"])
        done = await other.submit(form, passkey=answer)
        assert done.status == 200, done.text
        assert other.client.cookies["quangate"] != before
    async with browser(origin) as third:
        assert (await signed_in(third, device)).status == 403


async def test_nobody_ends_a_colleagues(
    tab: Browser, person: Person, origin: str, command: Cli
) -> None:
    """Who may not revoke may do it for himself alone, and not by naming himself."""
    await registered(tab, person, origin)
    other = make_person(command, "colleague", "support")
    (row,) = command("operator", "passkey", "list", person.name, "--json").json["passkeys"]
    path = f"/console/passkeys/{row['passkey_id']}/revoke"
    async with browser(origin) as theirs:
        await theirs.sign_in(other, code=other.recovery_codes[1])
        form = (await theirs.get(f"{path}?operator={other.name}")).act
        code = newest(other)
        refused = await theirs.submit(form, one_time_code=code)
        assert refused.status == 404
        form = (await theirs.get(f"{path}?operator={person.name}")).act
        assert (await theirs.submit(form)).status == 403
    (row,) = command("operator", "passkey", "list", person.name, "--json").json["passkeys"]
    assert row["state"] == "live"


async def test_by_address_there_are_none(gateway: Gateway, ann: Person) -> None:
    """Browsers know no passkeys of an address: the page does not offer any, and says where."""
    async with browser(gateway.url) as tab:
        page = await tab.get("/console/sign-in")
        assert not any(form.action.endswith("/passkey") for form in page.forms)
        status, told = await asked(tab, "/console/sign-in/passkey")
        assert status == 403
        assert "localhost" in told["detail"]
        assert is_in(await tab.sign_in(ann))


async def test_another_sites_forms_are_refused(tab: Browser, person: Person, origin: str) -> None:
    """Each of the four requests looks where it comes from."""
    device = await registered(tab, person, origin)
    for path in (f"{MINE}/challenge", CREATE, "/console/sign-in/passkey/challenge"):
        fields = {"form_token": await token_of(tab), "purpose": "step-up"}
        page = await tab.post(path, fields, origin="http://evil.example")
        assert page.status == 403
    async with browser(origin) as other:
        _, told = await asked(other, "/console/sign-in/passkey")
        fields = {"passkey": device.answer(told["publicKey"])}
        page = await other.post("/console/sign-in/passkey", fields, origin="http://evil.example")
        assert page.status == 403
