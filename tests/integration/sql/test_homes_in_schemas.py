"""Homes as schemas: what one partner's orders write lies in one, and the rest does not matter."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from gateway.audit.run import audit
from gateway.audit.store import audit_snapshot
from gateway.compose import compose
from gateway.ground.config import Config
from gateway.ground.http.sockets import bind
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import open_database
from gateway.ground.sql.preparing import prepare_embedded
from gateway.ground.vault import open_vault
from gateway.worker import Worker
from tests.conftest import as_owner
from tests.world.shop import Shop

WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables
WHERE schemaname = $1"""


@asynccontextmanager
async def gateway(config: Config) -> AsyncIterator[str]:
    """A worker in this process; its address."""
    opened = await open_database(config, connections=2, migrate=False)
    parts = await compose(config, opened, await open_vault(config.data, opened.pool))
    listening = bind("127.0.0.1", 0, reuse_port=False)
    worker, limits = Worker(parts), gc.get_threshold()
    await worker.start(listening)
    gc.unfreeze()  # this process is not the worker's own
    gc.set_threshold(*limits)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert await worker.stop()


async def sell_and_audit(config: Config, numbers: Sequence[str]) -> None:
    """Found a shop, sell a code under each number, and hold the books against themselves."""
    async with gateway(config) as url, aiohttp.ClientSession() as session:
        shop = Shop(config=config, url=url, session=session)
        partner, sku = await shop.partner(), await shop.sku(codes=len(numbers))
        for number in numbers:
            await partner.order(out_order_no=number, sku=sku)
    opened = await open_database(config, connections=1, migrate=False)
    async with audit_snapshot(opened) as snapshot:
        found = await audit(snapshot)
    await opened.close()
    assert [finding for finding in found if not finding.ok] == []


async def test_two_homes_in_one_database(config: Config, tmp_path: Path) -> None:
    """Two schemas, a gateway and an audit each: neither sees or writes the other's.

    The one at work is called `public`, for so the guards, the audit's cuts and the rights name it;
    all else finds its tables by the search_path. Seen red with the other home before it there.
    """
    owner = await asyncpg.connect(
        as_owner(str(config.database_url)), server_settings=session_settings()
    )

    async def orders_of(home: str) -> list[str]:
        rows = await owner.fetch(f"SELECT out_order_no FROM {home}.orders ORDER BY 1")
        return [row["out_order_no"] for row in rows]

    async def written(home: str) -> int:
        return int(await owner.fetchval(WRITTEN, home))

    await owner.execute("ALTER SCHEMA public RENAME TO home_1")
    await owner.execute("CREATE SCHEMA public")
    await prepare_embedded(owner, _sound)
    idle = await written("home_1")
    await sell_and_audit(replace(config, data=tmp_path / "two"), ["A", "B"])
    assert (await orders_of("home_1"), await orders_of("public")) == ([], ["A", "B"])
    assert await written("home_1") == idle
    await owner.execute("ALTER SCHEMA public RENAME TO home_2")
    await owner.execute("ALTER SCHEMA home_1 RENAME TO public")
    await sell_and_audit(replace(config, data=tmp_path / "one"), ["A"])
    assert (await orders_of("public"), await orders_of("home_2")) == (["A"], ["A", "B"])
    await owner.close()


async def _sound(_connection: Any) -> None:
    """The test's server is."""
