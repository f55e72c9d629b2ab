"""A gateway with people: two admins, two of finance, one of them with two accounts."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway

PEOPLE = {"ann": "finance", "ann2": "finance", "bob": "finance", "vic": "viewer"}


@pytest.fixture(scope="module")
def tokens(gateway: Gateway, command: Cli) -> Mapping[str, str]:
    """By name; ann2 is another account of ann. The first admin is made alone."""
    assert gateway.url
    made = {
        name: make_operator(command, name, role, person="ann" if name == "ann2" else None)
        for name, role in PEOPLE.items()
    }
    made["root"] = make_operator(command, "root", "admin")
    command("partner", "create", "acme")
    command("account", "deposit", "acme", "100000", "--reference", "bank")
    return made


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the gateway."""
    async with client_of(gateway.url) as client:
        yield client


@pytest.fixture
async def people(client: httpx.AsyncClient, tokens: Mapping[str, str]) -> Mapping[str, Operator]:
    """Everybody, known to the gateway."""
    found = {name: Operator(client, token) for name, token in tokens.items()}
    for one in found.values():
        await in_force(one)
    return found
