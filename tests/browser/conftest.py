"""A real browser (Debian's chromium) at the console of a real gateway; skipped where there is none.

Playwright's own download of a browser is not used: `.ci/run` installs chromium by apt.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from tests.clock import PATIENCE_S
from tests.conftest import Cli
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.no_script import Person, make_person

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
ROLES = ("admin", "finance", "support", "viewer")


def pytest_report_header() -> str:
    """Whether these tests ran."""
    return f"browser: {CHROMIUM or 'none: tests/browser is left out; apt-get install chromium'}"


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on this module's database; it has to end well."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def people(gateway: Gateway, command: Cli) -> Mapping[str, Person]:
    """By role somebody who has just that one; `chief` is a second finance."""
    assert gateway.url
    found = {role: make_person(command, f"the-{role}", role) for role in ROLES}
    return {**found, "chief": make_person(command, "chief", "finance")}


@pytest.fixture(scope="module")
def shop(gateway: Gateway, command: Cli, people: Mapping[str, Person]) -> str:
    """A shop that sold three codes; the number of its first order, as its partner calls it."""
    assert people
    for words in (
        "partner create acme",
        "account deposit acme 1000000 --reference first",
        "pool create vip",
        "codes generate 20 --pool vip --pattern VIP-####-####",
        "sku create VIP-MONTH --name 会员月卡 --kind code --pool vip --price 1990",
        f"order place --as acme --sku VIP-MONTH --out-no A-1 --url {gateway.url}",
        f"order place --as acme --sku VIP-MONTH --out-no A-2 --url {gateway.url}",
    ):
        done = command(*words.split())
        assert done.returncode == 0, done.stderr
    return "A-1"


@asynccontextmanager
async def _opened(**how: Any) -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = await chromium.new_context(**how)
        context.set_default_timeout(PATIENCE_S * 1000)
        try:
            yield await context.new_page()
        finally:
            await chromium.close()


@pytest.fixture
def opened() -> Any:
    """Opens a browser: `async with opened(locale="zh-CN", color_scheme="dark") as page`."""
    return _opened


async def sign_in(page: Any, url: str, person: Person, to: str = "/console") -> None:
    """As people do."""
    await page.goto(f"{url}{to}")
    await page.fill("[autocomplete=username]", person.name)
    await page.fill("[autocomplete=current-password]", person.password)
    await page.fill("[autocomplete=one-time-code]", person.code())
    await page.click("main button")
    await page.wait_for_selector("form[action='/console/sign-out']")
