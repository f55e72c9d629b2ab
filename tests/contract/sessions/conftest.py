"""People who sign in to a gateway."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, Person, browser, make_person


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


@pytest.fixture(scope="module")
def ann(gateway: Gateway, command: Cli) -> Person:
    """An admin."""
    assert gateway.url
    return make_person(command, "ann", "admin")
