"""The tables of the peers on PostgreSQL. Needs no package of the peers."""

from pathlib import Path
from typing import Final

import asyncpg

ACCOUNTS: Final = 256
SCHEMA: Final = Path(__file__).with_name("schema.sql")


async def prepare(dsn: str, *, codes: int) -> None:
    """Create the tables in an empty database and fill in accounts and `codes` free codes."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(SCHEMA.read_text(encoding="utf-8"))
        await connection.execute(
            "INSERT INTO account SELECT g, 1000000000000 FROM generate_series(0, $1::int - 1) g",
            ACCOUNTS,
        )
        await connection.execute(
            "INSERT INTO code (code) SELECT md5(g::text) FROM generate_series(1, $1::int) g", codes
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
