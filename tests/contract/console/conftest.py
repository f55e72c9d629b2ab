"""The console of a gateway, and people of every role."""

from collections.abc import AsyncIterator, Mapping

import pytest

from gateway.operators.roles import ROLES
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Person, browser, make_person


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


@pytest.fixture(scope="module")
def people(gateway: Gateway, command: Cli) -> Mapping[str, Person]:
    """By role somebody who has just that one."""
    assert gateway.url
    return {role: make_person(command, f"the-{role}", role) for role in ROLES}


@pytest.fixture
def admin(people: Mapping[str, Person]) -> Person:
    """Who may everything."""
    return people["admin"]
