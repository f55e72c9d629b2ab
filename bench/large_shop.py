"""A shop with millions of orders, written by SQL in sets: for the pages of the console.

    python -m bench.large_shop URL_OR_DSN ORDERS     (as the owner of the tables)

Indexes that no constraint stands on are made when all is there; what keeps the rows sound is on.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, Final

import asyncpg

CHUNK: Final = 250_000
CHANGES: Final = 20_000
WRITTEN: Final = (
    "orders", "attempt", "webhook", "callback", "allocation", "code", "reveal", "entry",
    "service_case", "case_step", "change", "approval", "alert",
)  # fmt: skip
ROUTINES: Final = """
SELECT set_config('search_path', max(nspname) || ',public', false) FROM pg_namespace
WHERE nspname LIKE 'routines%'
"""
LATER: Final = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
FROM pg_index i WHERE i.indrelid = ANY ($1::regclass[]) AND NOT i.indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


def statements() -> dict[str, list[str]]:
    """By their names; a name may have several."""
    found: dict[str, list[str]] = {}
    for part in Path(__file__).with_name("large_shop.sql").read_text().split("-- name: ")[1:]:
        name, _, text = part.partition("\n")
        found[name.strip()] = [one for one in text.split(";\n") if one.strip()]
    return found


async def write(connection: Any, orders: int) -> None:
    """All of it; some 0.2 ms an order with its attempts, where others work on the same cores."""
    run = connection.execute
    said = statements()
    for setting in (
        "synchronous_commit = off",
        "maintenance_work_mem = '1GB'",
        "work_mem = '256MB'",
    ):
        await run(f"SET {setting}")
    indexes = await connection.fetch(LATER, list(WRITTEN))
    for index in indexes:
        await run(f"DROP INDEX {index['name']}")
    for statement in said["people"]:
        await run(statement)
    for first in range(0, orders, CHUNK):
        began = time.monotonic()
        async with connection.transaction():
            for statement in said["chunk"]:
                text = statement
                for place, value in enumerate((first, min(orders, first + CHUNK), orders), 1):
                    text = text.replace(f"${place}", str(value))
                await run(text, timeout=3_600)
        print(f"{first + CHUNK:,} orders, {time.monotonic() - began:.1f} s", flush=True)
    for first in range(1, CHANGES, 1_000):
        text = said["changes"][0].replace("$1", str(first)).replace("$2", str(first + 999))
        await run(text, timeout=3_600)
    for statement in said["rest"]:
        await run(statement, timeout=3_600)
    for index in indexes:
        began = time.monotonic()
        await run(index["made"], timeout=3_600)
        print(f"{index['name']}, {time.monotonic() - began:.1f} s", flush=True)
    await run("VACUUM ANALYZE", timeout=3_600)


async def main() -> None:
    """As the command line says."""
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute(ROUTINES)
    try:
        await write(connection, int(sys.argv[2]))
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
