"""The console of a gateway, and people of every role."""

from collections.abc import AsyncIterator, Mapping

import pytest

from gateway.operators.roles import ROLES
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Person, browser, make_person

NIGHT = "night"


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


@pytest.fixture(scope="module")
def people(gateway: Gateway, command: Cli) -> Mapping[str, Person]:
    """By role somebody who has just that one; `night` sees orders and nothing else."""
    assert gateway.url
    made = command("role", "create", NIGHT, "--permission", "orders:read")
    assert made.returncode == 0, made.stderr
    return {role: make_person(command, f"the-{role}", role) for role in (NIGHT, *ROLES)}


@pytest.fixture
def admin(people: Mapping[str, Person]) -> Person:
    """Who may everything."""
    return people["admin"]
