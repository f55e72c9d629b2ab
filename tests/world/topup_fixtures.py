"""Fixtures of the top-up tests: one real gateway per module, the shop, a client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.shop import Shop
from tests.world.topup_shop import TopUpShop


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on this module's database; it has to end well."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log) as gateway:
        yield gateway


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client that opens as many connections as it is asked to."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        yield session


@pytest.fixture
def topups(config: Config, gateway: Gateway, session: aiohttp.ClientSession) -> TopUpShop:
    """The operator of the gateway, selling top-ups."""
    return TopUpShop(shop=Shop(config=config, url=gateway.url, session=session))
