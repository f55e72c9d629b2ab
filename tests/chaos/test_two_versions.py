"""Two versions side by side on one database: each calls the routines it was written with.

The older one is this tree with other routine texts, unless QUANGATE_OLDER_TREE names the tree of a
release, its native module in place (`gateway/_core.abi3.so`): then it makes the database, and this
tree migrates it beside the running gateway.
"""

import asyncio
import os
import shutil
from http import HTTPStatus
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from connectors.simulation.server import running
from gateway.ground.config import Config
from gateway.ground.outside.client import Client
from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.sql.migrate import retire_routines, routines_schema
from tests.chaos.books import differences
from tests.chaos.buyers import Ledger, buyers_of, under_load, until_accepted
from tests.chaos.processes import ROOT, GatewayProcess
from tests.chaos.test_topups_failpoints import sell_top_ups
from tests.chaos.world import World, build_world, connected
from tests.conftest import as_owner, in_own_loop
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

ACCEPTED_EACH = 300
TOP_UPS_EACH = 30
OLDER_TREE = os.environ.get("QUANGATE_OLDER_TREE")


@pytest.fixture
def older_tree(tmp_path: Path) -> Path:
    """Where the older version lies: this tree, with other routines."""
    if OLDER_TREE is not None:
        return Path(OLDER_TREE)
    tree = tmp_path / "older"
    for room in ("gateway", "connectors"):
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (tree / "gateway/health/routines.sql").open("a", encoding="utf-8") as routines:
        routines.write(
            "CREATE FUNCTION only_in_the_older_version() RETURNS integer"
            " LANGUAGE sql AS 'SELECT 1';\n"
        )
    return tree


@pytest.fixture
def database(fresh: Config, postgres: EmbeddedServer) -> Config:
    """A database of this test alone; without tables where an older release is to make them."""
    if OLDER_TREE is not None:
        name = str(fresh.database_url).split("?", 1)[0].rsplit("/", 1)[-1]
        for statement in (f"DROP DATABASE {name}", f"CREATE DATABASE {name}"):
            in_own_loop(execute(postgres.dsn, statement))
    return fresh


async def test_both_versions_sell_the_same_pool(
    database: Config, older_tree: Path, log: Path, tmp_path: Path
) -> None:
    """Codes and top-ups, no request fails, the books add up; the older routines stay till it ends.

    Seen red with a retire_routines that takes nothing for named: the older routines went at once.
    """
    owner = {"QUANGATE_OWNER_URL": as_owner(str(database.database_url))}
    async with GatewayProcess(database, log, settings=owner, tree=older_tree) as older:
        newer = GatewayProcess(database, tmp_path / "newer.log", settings=owner)
        # The newer one migrates while the older one runs.
        async with newer, running("kasushou", settings={"time_scale": "0.01"}) as platform:
            world = await build_world(database, codes=40_000)
            topping = await build_world(database, codes=0, partner="topper", sku="TOP-UP")
            await sell_top_ups(topping, platform.url)
            ledger = Ledger()
            async with (
                buyers_of(world, older.url, ledger) as one,
                buyers_of(world, newer.url, ledger) as other,
                under_load(one, seed=1, prefix="older"),
                under_load(other, seed=2, prefix="newer"),
            ):
                words = await asyncio.gather(
                    *(top_up(topping, gateway.url, side) for side, gateway in
                      (("older", older), ("newer", newer)))
                )  # fmt: skip
                await until_accepted(one, ACCEPTED_EACH)
                await until_each_sold(ledger)
                assert await routines_left(database) == 2
            await eventually(lambda: all_delivered(database))
            assert await older.terminate() == 0, older.said()
            assert await routines_left(database) == 1
            assert await newer.terminate() == 0, newer.said()
    assert [201] * 2 * TOP_UPS_EACH == [status for side in words for status in side]
    assert {"accepted"} == set(ledger.answers), ledger.answers
    assert await differences(world, ledger) == []


async def top_up(world: World, url: str, side: str) -> list[int]:
    """Orders of one gateway, one after the other; their statuses."""
    async with aiohttp.ClientSession() as session:
        client = Client(session, url, world.credentials)
        orders = [
            {"out_order_no": f"{side}-{n}", "sku": world.sku, "account": f"139{n:06d}99"}
            for n in range(TOP_UPS_EACH)
        ]

        async def is_known() -> bool:
            asked = await client.post("/v1/orders", {**orders[0], "max_amount": 0})
            return asked.status != HTTPStatus.NOT_FOUND

        await eventually(is_known)  # news of a SKU takes a moment
        return [(await client.post("/v1/orders", order)).status for order in orders]


async def until_each_sold(ledger: Ledger) -> None:
    """Both gateways have sold enough."""

    async def sold() -> bool:
        sides = [number[:5] for number in ledger.accepted]
        return min(sides.count("older"), sides.count("newer")) >= ACCEPTED_EACH

    await eventually(sold)


async def all_delivered(config: Config) -> bool:
    """No top-up is under way."""
    async with connected(config) as connection:
        left: int = await connection.fetchval(
            "SELECT count(*) FROM orders WHERE state <> 'delivered'"
        )
    return left == 0


async def routines_left(config: Config) -> int:
    """How many versions' routines are there after the owner cleaned up: their term is over."""
    async with connected(config) as connection:
        names = [
            row["nspname"]
            for row in await connection.fetch(
                "SELECT nspname FROM pg_namespace WHERE nspname ~ '^routines_'"
            )
        ]
        for name in names:
            if name != routines_schema():
                await connection.execute(
                    f"COMMENT ON SCHEMA {name} IS 'unnamed since 2026-01-01 00:00:00+00'"
                )
        await retire_routines(connection)
        left: int = await connection.fetchval(
            "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^routines_'"
        )
    return left


async def execute(dsn: str, statement: str) -> None:
    """One statement, on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
