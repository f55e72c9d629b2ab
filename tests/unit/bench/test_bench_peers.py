"""The peers that are programs of their own sell correctly, asked as the comparison asks them."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from redis.asyncio import Redis

from bench import nodes
from bench.peer_comparisons import FASTAPI, REDIS, SYNCED, build_go_peer
from bench.peers import redis_fill
from bench.peers.skip_locked import tables
from bench.plan import NotMeasured
from bench.servers import peer_server
from gateway.ground.sql.embedded import EmbeddedServer
from tests.conftest import in_database

CODES = 5


async def sell(port: int, numbers: list[str]) -> list[tuple[int, Any]]:
    """Statuses and codes of orders sent at once."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def one(number: str) -> tuple[int, Any]:
            body = {"out_order_no": number, "sku": "S", "quantity": 1, "buyer": {"id": "b"}}
            async with session.post("/v1/orders", json=body) as answer:
                return answer.status, (await answer.json())["code"]

        return list(await asyncio.gather(*(one(number) for number in numbers)))


async def sells_well(port: int) -> None:
    """Each code once, each number once, and then it is sold out."""
    assert [(await sell(port, ["same"]))[0][0], (await sell(port, ["same"]))[0][0]] == [201, 409]
    answers = await sell(port, [f"n{i}" for i in range(CODES + 3)])
    codes = [code for status, code in answers if status == 201]
    assert len(codes) == len(set(codes)) == CODES - 1
    assert {status for status, _ in answers} == {201, 409}


@pytest.fixture
async def peer_dsn(postgres: EmbeddedServer) -> str:
    """The peers' tables, with a few codes."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("DROP DATABASE IF EXISTS peers WITH (FORCE)")
    await admin.execute("CREATE DATABASE peers")
    await admin.close()
    dsn = in_database(postgres.dsn, "peers")
    await tables.prepare(dsn, codes=CODES)
    return dsn


async def test_go_sells_well(peer_dsn: str, tmp_path: Path) -> None:
    """Built here and asked by HTTP: as the FastAPI peer's own test has it."""
    try:
        program = await build_go_peer(tmp_path)
    except NotMeasured as why:
        pytest.skip(str(why))
    environment = {"PEER_DSN": peer_dsn}
    async with peer_server([str(program)], tmp_path / "log", environment=environment) as server:
        await sells_well(server.port)


async def test_fastapi_sells_well_in_one_statement(peer_dsn: str, tmp_path: Path) -> None:
    """The program as the comparison starts it."""
    pytest.importorskip("fastapi", reason="the dependency group bench is not installed")
    environment, after = {"PEER_DSN": peer_dsn}, ["one-statement"]
    log = tmp_path / "log"
    async with peer_server(FASTAPI, log, environment=environment, after=after) as server:
        await sells_well(server.port)


@pytest.mark.parametrize("sync", SYNCED.values())
async def test_redis_sells_well(sync: str, tmp_path: Path) -> None:
    """Its script takes a code, a number and money at once, and its log is kept as is said."""
    pytest.importorskip("fastapi", reason="the dependency group bench is not installed")
    with nodes.running_valkey(tmp_path / "v", "--appendonly", "yes", "--appendfsync", sync) as v:
        redis = Redis.from_url(v.url)
        await redis_fill.started(redis)
        assert (await redis.config_get("appendfsync"))["appendfsync"] == sync
        await redis_fill.fill(redis, codes=CODES)
        async with peer_server(
            REDIS, tmp_path / "log", environment={"PEER_REDIS": v.url}
        ) as server:
            await sells_well(server.port)
        assert await redis.xlen("orders") == CODES
        await redis.aclose()
