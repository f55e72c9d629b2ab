"""Signing in as people do (admin.md, "People, roles, signing in", "Sessions")."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Person, browser, make_person


@pytest.fixture(scope="module")
def ann(gateway: Gateway, command: Cli) -> Person:
    """An admin."""
    assert gateway.url
    return make_person(command, "ann", "admin")


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


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
    out = await tab.submit(page.form("/sign-out"))
    assert out.path == "/console/sign-in"
    assert (await tab.get("/console")).path.startswith("/console/sign-in")
