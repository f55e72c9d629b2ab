"""What a worker asks by itself, again and again, reads no table that grows from end to end.

With statistics from before the history: a new shop, a restored dump, the hours after pg_upgrade.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gateway.ground.config import Config
from gateway.ground.feature import PACKAGE
from gateway.ground.sql.named_sql import queries
from gateway.ground.sql.pools import Pools, open_pools, open_worker_database
from tests.conftest import unguarded
from tests.world import WORLD_FILES

GROWING = (
    "orders", "allocation", "code", "entry", "reveal", "commit_batch", "attempt", "webhook",
    "callback", "channel_order", "channel_task", "lease", "fragment", "code_void",
)  # fmt: skip
# Files whose statements only commands ask: nobody waits for them but who called.
OF_COMMANDS = {
    "codes/import_queries",
    "codes/void_queries",
    "reconciliation/queries",
    "audit/since",
}
OF_COMMANDS |= {"health/queries", "ground/sql/roles"}
KINDS_OF_COMMANDS = ("administration", "checks")
WORKERS_FILES = sorted(
    {
        name
        for path in PACKAGE.glob("*/*.sql")
        if not path.stem.startswith("routines") and not path.stem.endswith(KINDS_OF_COMMANDS)
        if (name := f"{path.parent.name}/{path.stem}") not in OF_COMMANDS
        and path.parent.name != "tables"
    }
)
# Commands that stand in a worker's file: what of `audit --anchors` compares.
COMPARED = {"heads_differ", "balances_differ"}
HISTORY = (WORLD_FILES / "long_history.sql").read_text().replace(":rows", "60000")


@pytest.fixture
async def pools(config: Config, connection: Any) -> AsyncIterator[Pools]:
    """A worker's connections, over a history that no statistics know."""
    for table in GROWING:
        await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    async with unguarded(connection):
        await connection.execute(HISTORY)
    opened = await open_pools(await open_worker_database(config, migrate=False), config)
    yield opened
    await opened.close()


async def test_nothing_that_grows_is_read_from_end_to_end(pools: Pools) -> None:
    """By no statement of a worker on its own account, planned for its values or not.

    Seen red with these two pools planned as PostgreSQL likes: the count of parked orders read
    them all, every five seconds. The pools partners ask are in ledger/test_list_plans.py.
    """
    read = set()
    for pool in (pools.control, pools.background):
        async with pool.acquire() as connection:
            for mode in ("force_custom_plan", "force_generic_plan"):
                await connection.execute(f"SET plan_cache_mode = {mode}")
                for statement, sql in _statements().items():
                    read |= {(statement, table) for table in await _scanned(connection, sql)}
    assert read == set()


def _statements() -> dict[str, str]:
    return {
        f"{file} {name}": sql
        for file in WORKERS_FILES
        for name, sql in queries(file).items()
        if name not in COMPARED
    }


async def _scanned(connection: Any, sql: str) -> set[str]:
    """The growing tables that a statement would read from end to end."""
    await connection.execute(f"PREPARE asked AS {sql}")
    try:
        count = await connection.fetchval(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'"
        )
        given = f"({', '.join(['NULL'] * count)})" if count else ""
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{given}")
    finally:
        await connection.execute("DEALLOCATE asked")
    return {
        node["Relation Name"]
        for node in _nodes(json.loads(plan)[0]["Plan"])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING
    }


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
