"""A gateway with operators of every shipped role."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from gateway.operators.roles import ROLES
from tests.conftest import Cli
from tests.world.admin import Operator, client_of, make_operator
from tests.world.gateway_process import Gateway


@pytest.fixture(scope="module")
def tokens(gateway: Gateway, command: Cli) -> Mapping[str, str]:
    """By role the token of somebody who has just that one."""
    assert gateway.url
    return {role: make_operator(command, f"the-{role}", role) for role in ROLES if role != "admin"}


@pytest.fixture(scope="module")
def admin_token(tokens: Mapping[str, str], command: Cli) -> str:
    """Somebody who may everything."""
    assert tokens
    return make_operator(command, "root", "admin")


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the gateway."""
    async with client_of(gateway.url) as client:
        yield client


@pytest.fixture
def admin(client: httpx.AsyncClient, admin_token: str) -> Operator:
    """Who may everything."""
    return Operator(client, admin_token)
