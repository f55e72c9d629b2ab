"""What the database must have: tables by numbered migrations, routines as their text is today.

Tables are changed by `migrations/NNNN_name.sql`, applied once each and never edited. The SQL
functions and their row types are in `routines/*.sql`, and replaced as a whole: they live in a
schema that is named by the digest of their text, and each connection names it in its
search_path. So a worker calls the routines it was written with, whatever another version
running on the same database calls.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from gateway.domain.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"
ROUTINES = Path(__file__).parent / "routines"
MIGRATION_LOCK = 0x5155_414E  # "QUAN": everybody who migrates takes this advisory lock


@cache
def routines_text() -> str:
    """The SQL of all routines, file by file."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROUTINES.glob("*.sql")))


@cache
def routines_schema() -> str:
    """The schema the routines of this version live in."""
    return "routines_" + hashlib.sha256(routines_text().encode()).hexdigest()[:12]


async def apply_migrations(connection: Any) -> list[str]:
    """Apply what is new of `migrations/NNNN_name.sql`, in order, on one node at a time.

    Then make this version's routines unless they are there. Returns the migrations applied;
    the connection's search_path is the usual one afterwards.
    """
    applied: list[str] = []
    # What migrations make belongs beside the tables, not among the routines.
    await connection.execute("SET search_path = public")
    await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {
            r["name"]: r["sha256"]
            for r in await connection.fetch("SELECT name, sha256 FROM migration")
        }
        ours = sorted(p for p in MIGRATIONS.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", p.name))
        newer = sorted(set(known) - {p.stem for p in ours})
        if newer:
            raise ConfigError(
                f"a newer Quangate migrated this database (it has {newer[-1]}); upgrade first"
            )
        for path in ours:
            text = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if path.stem in known:
                if known[path.stem] != digest:
                    raise ConfigError(
                        f"migration {path.stem} differs from the one this database was made with"
                    )
                continue
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '10s'")
                await connection.execute(text)
                await connection.execute(
                    "INSERT INTO migration (name, sha256) VALUES ($1, $2)", path.stem, digest
                )
            applied.append(path.stem)
        await _apply_routines(connection)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
        await connection.execute(f"SET search_path = {routines_schema()}, public")
    return applied


async def _apply_routines(connection: Any) -> None:
    schema = routines_schema()
    if await connection.fetchval("SELECT true FROM pg_namespace WHERE nspname = $1", schema):
        return
    async with connection.transaction():
        await connection.execute(f"CREATE SCHEMA {schema}")
        # Bodies are not checked while half of what they call is missing; the tests call them all.
        await connection.execute(f"SET LOCAL search_path = {schema}, public")
        await connection.execute("SET LOCAL check_function_bodies = off")
        await connection.execute(routines_text())
