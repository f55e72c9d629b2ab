"""A day at the console, in a real browser: admin.md, "The console"."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from tests.browser.conftest import sign_in
from tests.browser.looking import links_of, look_at_all
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Person


async def test_find_an_order_and_see_its_code(
    opened: Any, gateway: Gateway, people: Mapping[str, Person], shop: str
) -> None:
    """From the search box to the code, after a one-time code; what is shown once is not there on
    the way back.
    """
    from playwright.async_api import Error, expect

    support = people["support"]
    async with opened(locale="en-US") as page:
        await sign_in(page, gateway.url, support)
        await page.keyboard.press("/")
        await page.keyboard.type(shop)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/console/orders/[0-9]+$"))
        form = "form[action$='/reveal']"
        await page.click(f"details:has({form}) summary")
        await page.fill(f"{form} [name=reason]", "the customer asked")
        await page.fill(f"{form} [autocomplete=one-time-code]", support.code())
        await page.click(f"{form} button")
        await page.wait_for_selector(".once")
        assert "VIP-" in await page.inner_text(".secret")
        await page.click("main .buttons a")
        with suppress(Error):  # the browser kept nothing: it would have to send the form again
            await page.go_back()
        await page.wait_for_function("document.readyState === 'complete'")
        await expect(page.locator("html")).not_to_contain_text("VIP-")


async def test_adjust_approve_refuse(
    opened: Any, gateway: Gateway, people: Mapping[str, Person], shop: str, command: Cli
) -> None:
    """Two adjustments wait; somebody else approves one and refuses the other."""
    assert shop
    before = command("account", "show", "acme", "--json").json["balance"]
    async with opened(locale="en-US") as page:
        await sign_in(page, gateway.url, people["finance"])
        for reference in ("fix-1", "fix-2"):
            await page.goto(f"{gateway.url}/console/accounts/acme/adjust")
            await page.fill("[name=amount]", "-100")
            await page.fill("[name=reference]", reference)
            await page.fill("[name=reason]", "booked twice")
            await page.click("form.act button")
            assert people["chief"].name in await page.inner_text(".people")
    async with opened(locale="en-US") as page:
        await sign_in(page, gateway.url, people["chief"])
        assert await page.inner_text(".waiting") == "2 wait for you"
        for verb in ("approve", "refuse"):
            await page.click(".waiting")
            await page.click("main tbody tr:last-child a")
            await page.click(f"main a[href$='/{verb}']")
            await page.fill("[name=reason]", "looked at it")
            await page.click("form.act button")
            await page.wait_for_selector(".notice.good")
        assert await page.locator(".waiting").count() == 0
    assert command("account", "show", "acme", "--json").json["balance"] == before - 100


async def test_without_javascript_and_by_keyboard(
    opened: Any, gateway: Gateway, people: Mapping[str, Person]
) -> None:
    """Sign in, make something, sign out, without a mouse; the first stop leads to the content."""
    person = people["admin"]
    async with opened(java_script_enabled=False, locale="en-US") as page:
        await page.goto(f"{gateway.url}/console/pools/create")
        await page.focus("[autocomplete=username]")
        for text in (person.name, person.password, person.code()):
            await page.keyboard.type(text)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form.act [name=pool]")
        await page.keyboard.press("Tab")
        assert await page.locator(".skip:focus").count() == 1
        await page.focus("form.act [name=pool]")
        await page.keyboard.type("by-keyboard")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".notice.good")
        assert "by-keyboard" in await page.inner_text("main")
        await page.focus("form[action='/console/sign-out'] button")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[autocomplete=current-password]")


@pytest.mark.slow
@pytest.mark.skipif(
    "QUANGATE_TEST_PAGES" not in os.environ, reason="minutes: QUANGATE_TEST_PAGES=1"
)
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
async def test_every_page_is_for_everybody(
    opened: Any, gateway: Gateway, people: Mapping[str, Person], *, shop: str, language: str
) -> None:
    """Axe finds nothing wrong on any page, and none is wider than a screen of 320 px.

    Every list, form and page of the menu, and of things that are there, in each language and each
    scheme; each is loaded once. A page of a thing stands for those of all its kind.
    """
    assert shop
    async with opened(locale=language) as page:
        found = await look_at_all(page, gateway.url, ["/console/sign-in"], 0)
        await sign_in(page, gateway.url, people["admin"])
        menu = [link for link in await links_of(page, "console") if not link.endswith("/audit")]
        found += await look_at_all(page, gateway.url, menu, PAGES_MIN)
    assert found == []


PAGES_MIN = 60  # the menu, then what it leads to; forms beyond are of the same template
