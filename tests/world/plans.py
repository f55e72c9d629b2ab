"""How many rows a statement reads of the tables that grow, as PostgreSQL's plans say."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.ground.sql.connecting import BY_INDEX
from tests.conftest import unguarded
from tests.integration.ledger.test_list_plans import touched

PARTNERS = "INSERT INTO partner (name, webhook_secret) VALUES ('long', ''), ('other', '')"


async def reading_too_much(
    connection: Any,
    history: str,
    asked: Mapping[str, tuple[str, str]],
    most: int,
    settings: Mapping[str, str] = BY_INDEX,
) -> Mapping[Any, int]:
    """Which of these (statement, its arguments) read more than so many rows after a history of the
    partners `long` and `other`: with statistics from before and after it, with plans for the values
    and generic ones. Nothing that they write stays. `settings`: of the connection that asks.
    """
    await connection.execute("ANALYZE")
    async with unguarded(connection):
        await connection.execute(f"{PARTNERS}; {history}")
    for setting, value in settings.items():
        await connection.execute(f"SET {setting} = {value}")
    ids = {r["name"]: r["id"] for r in await connection.fetch("SELECT id, name FROM partner")}
    found = {}
    for moment in ("before", "after"):
        if moment == "after":
            await connection.execute("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for name, (sql, arguments) in asked.items():
                rows = await _rows_read(connection, sql, arguments.format(**ids))
                if rows > most:
                    found[name, moment, mode] = rows
    return found


async def _rows_read(connection: Any, sql: str, arguments: str) -> int:
    await connection.execute(f"PREPARE asked AS {sql}")
    within = connection.transaction()
    await within.start()
    try:
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) EXECUTE asked ({arguments})"
        )
    finally:
        await within.rollback()
        await connection.execute("DEALLOCATE asked")
    return max(touched(json.loads(plan)[0]["Plan"]), default=0)
