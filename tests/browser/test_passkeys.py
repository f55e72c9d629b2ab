"""Passkeys in a real browser, with the authenticator that it simulates (CDP, WebAuthn)."""

from typing import Any

from tests.browser.conftest import sign_in
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import make_person

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


async def plugged_in(page: Any) -> tuple[Any, str]:
    """The page's line to its browser, and an authenticator in it."""
    line = await page.context.new_cdp_session(page)
    await line.send("WebAuthn.enable")
    made = await line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return line, made["authenticatorId"]


async def test_make_one_sign_in_by_it_step_up_and_revoke_it(
    opened: Any, gateway: Gateway, command: Cli, shop: str
) -> None:
    """From the page of oneself to seeing a code without having typed anything but a reason."""
    url = gateway.url.replace("127.0.0.1", "localhost")
    person = make_person(command, "keyed", "support")
    async with opened(locale="en-US") as page:
        line, device = await plugged_in(page)
        await sign_in(page, url, person, "/console/me")
        await page.click("main a[href='/console/me/passkeys']")
        await page.fill("[name=label]", "work laptop")
        await page.fill("main [autocomplete=one-time-code]", person.code())
        await page.click("[data-by-passkey]")
        await page.wait_for_selector("main [role=status]")
        assert "work laptop" in await page.inner_text("main table")
        await page.click("form[action='/console/sign-out'] button")
        await page.click("[data-by-passkey]")
        await page.wait_for_selector("form[action='/console/sign-out']")
        assert await page.inner_text(".me a") == "keyed"
        # A step-up by it, where a code is asked for.
        order = command("order", "list", "--partner", "acme", "--json").json["orders"][-1]
        assert order["out_order_no"] == shop
        await page.goto(f"{url}/console/orders/{order['order_no']}/reveal")
        await page.click("[data-by-passkey]")  # the reason is missing: nothing is asked of anybody
        assert await page.locator(".once").count() == 0
        await page.fill("[name=reason]", "the customer asked")
        await page.click("[data-by-passkey]")
        await page.wait_for_selector(".once")
        # Stepped up: no code is asked for to end it.
        await page.goto(f"{url}/console/me/passkeys")
        await page.click("main table a")
        assert await page.locator("main [autocomplete=one-time-code]").count() == 0
        await page.click("form.act button")
        await page.wait_for_selector(".notice.good")
        await page.click("form[action='/console/sign-out'] button")
        await page.click("[data-by-passkey]")
        await page.wait_for_selector("main .notice.bad[role=alert]:not([hidden])")
        assert await page.locator("form[action='/console/sign-out']").count() == 0
        found = await line.send("WebAuthn.getCredentials", {"authenticatorId": device})
        assert [one["rpId"] for one in found["credentials"]] == ["localhost"]


async def test_a_browser_without_them_says_so(opened: Any, gateway: Gateway, command: Cli) -> None:
    """Without JavaScript no button leads nowhere, and password and code do."""
    url = gateway.url.replace("127.0.0.1", "localhost")
    person = make_person(command, "plain", "support")
    async with opened(locale="en-US", java_script_enabled=False) as page:
        await sign_in(page, url, person, "/console/me/passkeys")
        assert not await page.is_visible("[data-by-passkey]")
        assert await page.is_visible("[data-no-passkey]")


async def test_what_the_device_refuses_is_said(opened: Any, gateway: Gateway, command: Cli) -> None:
    """A PIN that was not given leaves the form as it was, with the reason, to be tried again."""
    url = gateway.url.replace("127.0.0.1", "localhost")
    person = make_person(command, "unsure", "support")
    async with opened(locale="en-US") as page:
        line, device = await plugged_in(page)
        await line.send(
            "WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False}
        )
        await sign_in(page, url, person, "/console/me/passkeys")
        await page.fill("[name=label]", "phone")
        await page.fill("main [autocomplete=one-time-code]", person.code())
        await page.click("[data-by-passkey]")
        await page.wait_for_selector("[data-failure]:not([hidden])")
        await line.send(
            "WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True}
        )
        await page.click("[data-by-passkey]")  # the code was taken: none is wanted again
        await page.wait_for_selector("main [role=status]")
        assert "phone" in await page.inner_text("main table")
