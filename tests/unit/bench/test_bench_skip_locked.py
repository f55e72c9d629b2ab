"""The peer we compare with sells correctly: a comparison with a broken program would be unfair."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gateway.ground.sql.embedded import EmbeddedServer
from tests.conftest import in_database

pytest.importorskip("fastapi", reason="the dependency group bench is not installed")

from bench.peers.skip_locked.app import Order, RefusedError, place, place_at_once
from bench.peers.skip_locked.tables import prepare

CODES = 5
WAYS = pytest.mark.parametrize("way", [place, place_at_once], ids=["transaction", "statement"])


@pytest.fixture
async def pool(postgres: EmbeddedServer) -> AsyncIterator[Any]:
    """Connections to a fresh database of the peer with a few codes."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("DROP DATABASE IF EXISTS peer")
    await admin.execute("CREATE DATABASE peer")
    await admin.close()
    dsn = in_database(postgres.dsn, "peer")
    await prepare(dsn, codes=CODES)
    async with asyncpg.create_pool(dsn, min_size=4, max_size=4) as opened:
        yield opened


async def sell(pool: Any, way: Any, number: str) -> str | None:
    """The code of one order, or None when it was refused."""
    async with pool.acquire() as connection:
        try:
            return await way(connection, Order(out_order_no=number, sku="S"))
        except RefusedError:
            return None


@WAYS
async def test_every_code_is_sold_once_and_then_it_is_sold_out(pool: Any, way: Any) -> None:
    """Orders at once get different codes; the rest is refused and leaves nothing behind."""
    sold = await asyncio.gather(*(sell(pool, way, f"n{i}") for i in range(CODES + 3)))
    codes = [code for code in sold if code is not None]
    assert len(codes) == len(set(codes)) == CODES
    assert await pool.fetchval("SELECT count(*) FROM orders") == CODES
    assert await pool.fetchval("SELECT count(DISTINCT order_id) FROM code") == CODES


@WAYS
async def test_a_number_is_sold_once(pool: Any, way: Any) -> None:
    """The same number again is refused and takes no second code."""
    assert await sell(pool, way, "same") is not None
    assert await sell(pool, way, "same") is None
    assert await pool.fetchval("SELECT count(*) FROM code WHERE order_id IS NOT NULL") == 1
