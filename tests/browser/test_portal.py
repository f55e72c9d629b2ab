"""A partner's own people at the portal, in a real browser: by key and by name (partners.md)."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from tests.browser.looking import look_at_all
from tests.conftest import Cli
from tests.contract.portal.conftest import person_of
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.no_script import Person

PAGES_MIN = 25  # the menu, things that are there, and what may be done with them


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that may call receivers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def key(gateway: Gateway, command: Cli) -> Mapping[str, str]:
    """Of a partner that bought a code, opened a case about it, and is told of both."""
    for words in (
        "partner create acme",
        "account deposit acme 1000000 --reference first",
        "webhook set acme http://127.0.0.1:9/nobody",
        "pool create vip",
        "codes generate 20 --pool vip --pattern VIP-####-####",
        "sku create VIP-MONTH --name 会员月卡 --kind code --pool vip --price 1990",
        f"order place --as acme --sku VIP-MONTH --out-no A-1 --url {gateway.url}",
    ):
        done = command(*words.split())
        assert done.returncode == 0, (words, done.stderr)
    made = command("key", "create", "acme", "--json").json
    return {name: made[name] for name in ("key_id", "secret")}


@pytest.fixture(scope="module")
def person(key: Mapping[str, str], command: Cli) -> Person:
    """Somebody whom the shop invited."""
    assert key
    return person_of(command, "li", "acme")


async def sign_by_key(page: Any, url: str, key: Mapping[str, str], to: str = "/portal") -> None:
    """The browser signs."""
    await page.goto(f"{url}{to}")
    await page.fill("#key-id", key["key_id"])
    await page.fill("#key-secret", key["secret"])
    await page.click("#key-form button")


async def test_a_key_signs_in_and_its_secret_stays_here(
    opened: Any, gateway: Gateway, key: Mapping[str, str]
) -> None:
    """A wrong secret is told beside it; the right one opens the page that was asked for, and is in
    no request.
    """
    sent: list[str] = []
    async with opened(locale="en-US") as page:
        page.on("request", lambda one: sent.append(f"{one.url} {one.headers} {one.post_data}"))
        await sign_by_key(page, gateway.url, {**key, "secret": "qs_" + "A" * 43}, "/portal/keys")
        await page.wait_for_selector("#key-error:not([hidden])")
        await page.fill("#key-secret", key["secret"])
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form[action='/portal/sign-out']")
        assert page.url.endswith("/portal/keys")
        assert key["key_id"] in await page.inner_text("main")
    assert sent
    assert not [one for one in sent if key["secret"].removeprefix("qs_") in one]


async def test_keys_orders_messages_and_statements(
    opened: Any, gateway: Gateway, key: Mapping[str, str]
) -> None:
    """A key is made and ended, a case opened, an endpoint set, a day of money read."""
    async with opened(locale="en-US") as page:
        await sign_by_key(page, gateway.url, key)
        await page.wait_for_selector("form[action='/portal/sign-out']")
        await page.click(".menu a[href='/portal/keys']")
        await page.click("main a[href='/portal/keys/create']")
        await page.fill("[name=scope]", "orders:read")
        await page.click("form.act button")
        await page.wait_for_selector(".secret .once")
        await page.click("main .buttons a")
        made = await page.inner_text("h1")
        await page.click("main a[href$='/revoke']")
        await page.click("form.act button")
        await page.wait_for_selector(".notice.good")
        await page.goto(f"{gateway.url}/portal/keys/{made.split()[-1]}")
        assert await page.locator("main a[href$='/revoke']").count() == 0
        await page.click(".menu a[href='/portal/orders']")
        await page.click("main tbody a[href^='/portal/orders/']")
        assert "A-1" in await page.inner_text("main")
        assert "VIP-" not in (await page.inner_text("main")).replace("VIP-MONTH", "")
        number = page.url.rpartition("/")[2]
        await page.goto(f"{gateway.url}/portal/cases/create?order_no={number}")
        await page.select_option("[name=kind]", "question")
        await page.fill("[name=reason]", "where is it")
        await page.click("form.act button")
        await page.wait_for_selector(".notice.good")
        await page.goto(f"{gateway.url}/portal/webhooks/set")
        await page.fill("[name=url]", "http://127.0.0.1:9/elsewhere")
        await page.click("form.act button")
        await page.wait_for_selector(".notice.good")
        await page.click(".menu a[href='/portal/webhooks']")
        assert "order.delivered" in await page.inner_text("main")
        await page.click(".menu a[href='/portal/statements']")
        await page.click("main a[href^='/portal/statements/']")
        assert "19.90" in await page.inner_text("main")


async def test_by_name_without_javascript_and_by_keyboard(
    opened: Any, gateway: Gateway, person: Person
) -> None:
    """In, to the orders, out again, without a mouse; signing by key says what it needs."""
    async with opened(java_script_enabled=False, locale="zh-CN") as page:
        await page.goto(f"{gateway.url}/portal/orders")
        assert not await page.is_visible("#key-form")
        assert await page.is_visible("noscript p")
        await page.focus("[autocomplete=username]")
        for text in (person.name, person.password, person.code()):
            await page.keyboard.type(text)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form[action='/portal/sign-out']")
        assert re.search("A-1", await page.inner_text("main"))
        await page.keyboard.press("Tab")
        assert await page.locator(".skip:focus").count() == 1
        await page.focus("form[action='/portal/sign-out'] button")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[autocomplete=current-password]")


@pytest.mark.slow
@pytest.mark.skipif(
    "QUANGATE_TEST_PAGES" not in os.environ, reason="minutes: QUANGATE_TEST_PAGES=1"
)
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
async def test_every_page_is_for_everybody(
    opened: Any, gateway: Gateway, key: Mapping[str, str], language: str
) -> None:
    """Axe finds nothing wrong on any page of the portal, and none is wider than 320 px."""
    async with opened(locale=language) as page:
        found = await look_at_all(page, gateway.url, ["/portal/sign-in"], 0)
        await sign_by_key(page, gateway.url, key)
        await page.wait_for_selector("form[action='/portal/sign-out']")
        found += await look_at_all(page, gateway.url, ["/portal"], PAGES_MIN)
    assert found == []
