"""What the database must have: tables by numbered migrations, routines as their text is today.

Tables are changed by `tables/NNNN_name.sql`, applied once each and never edited. The SQL
functions and their row types are each feature's `routines*.sql`, replaced as a whole: they live
in a schema that is named by the digest of their text, and each connection names it in its
search_path. So a worker calls the routines it was written with, whatever another version
running on the same database calls. When nobody names a schema any more it is dropped, a week later
(health/routines_retirement.sql).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import asyncpg
import structlog

from gateway.ground import house
from gateway.ground.errors import ConfigError
from gateway.ground.feature import PACKAGE
from gateway.ground.sql.statements import statements

log = structlog.get_logger()

MIGRATIONS = PACKAGE / "tables"
MIGRATION_TIMEOUT_S = 86_400.0  # one may read whole tables, beside running orders
ROUTINES_KEPT = timedelta(days=7)  # after the first migration that found nobody naming them
MIGRATION_LOCK = 0x5155_414E  # "QUAN": everybody who migrates takes this advisory lock


# Row triggers do not see TRUNCATE. Whatever a migration makes is guarded; what is left out may be
# lost at any moment.
NEVER_EMPTIED = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                  AND c.relname NOT IN ('lane_state', 'worker', 'used_nonce')
                  AND NOT EXISTS (SELECT FROM pg_trigger t
                                  WHERE t.tgrelid = c.oid AND t.tgname = 'never_emptied') LOOP
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.%I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_truncate()', name);
    END LOOP;
END $$
"""


_TYPE = re.compile(r"^CREATE TYPE .*?;$", re.MULTILINE | re.DOTALL)


@cache
def routines_text() -> str:
    """The SQL of all routines: row types first, whichever feature's, then file by file."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in house.files("routines"))
    return "\n".join([*_TYPE.findall(text), _TYPE.sub("", text)])


@cache
def routines_schema() -> str:
    """The schema the routines of this version live in."""
    return "routines_" + hashlib.sha256(routines_text().encode()).hexdigest()[:12]


@cache
def routines_lock() -> int:
    """The advisory lock that every connection of this version shares while it is open."""
    return 0x5152 << 48 | int(routines_schema().removeprefix("routines_"), 16)  # "QR"


@cache
def migrations() -> dict[str, str]:
    """The text of every migration by its name, in order: the old ones, and each feature's own."""
    folders = [MIGRATIONS, *(PACKAGE / feature.name / "tables" for feature in house.features())]
    paths = (p for folder in folders for p in folder.glob("*.sql"))
    numbered = {p.stem: p for p in paths if re.fullmatch(r"\d{4}_\w+\.sql", p.name)}
    return {name: numbered[name].read_text(encoding="utf-8") for name in sorted(numbered)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def is_up_to_date(connection: Any) -> bool:
    """Whether there is nothing to apply; needs no right but to read. Raises ConfigError."""
    if not await connection.fetchval("SELECT to_regclass('public.migration') IS NOT NULL"):
        return False
    return set(await _known(connection)) == set(migrations()) and await _has_routines(connection)


async def _known(connection: Any) -> Mapping[str, str]:
    """What was applied, with its digest. Raises ConfigError when it is not a start of ours."""
    rows = await connection.fetch("SELECT name, sha256 FROM public.migration")
    known = {row["name"]: row["sha256"] for row in rows}
    newer = sorted(set(known) - set(migrations()))
    if newer:
        raise ConfigError(
            f"a newer Quangate migrated this database (it has {newer[-1]}); upgrade first"
        )
    for name, digest in sorted(known.items()):
        if digest != _digest(migrations()[name]):
            raise ConfigError(f"migration {name} differs from the one this database was made with")
    return known


async def _has_routines(connection: Any) -> bool:
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", routines_schema()
        )
    )


async def retire_routines(connection: Any) -> None:
    """Drop routines of other versions that nobody has named for `ROUTINES_KEPT`.

    Those that are not the role's own stay. Something outside that stands on them keeps them.
    """
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL search_path = {routines_schema()}, public")
            dropped = await connection.fetch(
                "SELECT * FROM retire_routines($1, $2)", routines_schema(), ROUTINES_KEPT
            )
    except asyncpg.DependentObjectsStillExistError as error:
        log.warning("database.routines_kept", why=str(error))
        return
    for row in dropped:
        log.info("database.routines_dropped", schema=row[0])


async def apply_migrations(connection: Any) -> list[str]:
    """Apply what is new of `tables/NNNN_name.sql`, in order, on one node at a time.

    Then make this version's routines unless they are there. Returns the migrations applied;
    the connection's search_path is the usual one afterwards.
    """
    if await is_up_to_date(connection):
        return []
    applied: list[str] = []
    # What migrations make belongs beside the tables, not among the routines.
    await connection.execute("SET search_path = public")
    await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = await _known(connection)
        for name, text in migrations().items():
            if name in known:
                continue
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '10s'")
                for statement in statements(text):
                    await connection.execute(statement, timeout=MIGRATION_TIMEOUT_S)
                await connection.execute(
                    "INSERT INTO migration (name, sha256) VALUES ($1, $2)", name, _digest(text)
                )
            applied.append(name)
        await connection.execute(NEVER_EMPTIED)
        await _apply_routines(connection)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
        await connection.execute(f"SET search_path = {routines_schema()}, public")
    return applied


async def _apply_routines(connection: Any) -> None:
    schema = routines_schema()
    if await _has_routines(connection):
        return
    async with connection.transaction():
        await connection.execute(f"CREATE SCHEMA {schema}")
        # Bodies are not checked while half of what they call is missing; the tests call them all.
        await connection.execute(f"SET LOCAL search_path = {schema}, public")
        await connection.execute("SET LOCAL check_function_bodies = off")
        await connection.execute(routines_text())
