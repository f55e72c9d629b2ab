"""Routines: the current text, beside the routines of other versions."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from gateway.ground import house
from gateway.ground.config import Config
from gateway.ground.histogram import Times
from gateway.ground.sql import migrate
from gateway.ground.sql.migrate import apply_migrations, routines_schema
from gateway.orders.commit_store import PARAMETERS, PLANNING, DatabaseCommitter
from gateway.orders.lost_tail import TailOfLog
from tests.world.servers import nothing_lost


async def test_a_worker_calls_the_routines_it_was_written_with(connection: Any) -> None:
    """`commit_orders` is found in this version's schema, not the migrations' old one in public."""
    found = await connection.fetchval(
        "SELECT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.proname = 'commit_orders' AND p.pronargs = $1 AND pg_function_is_visible(p.oid)",
        len(PARAMETERS),
    )
    assert routines_schema() == found


async def test_the_columns_of_a_commit_are_the_databases(connection: Any) -> None:
    """Each parameter of `commit_orders` has its row in the table of columns, with its type.

    Seen red with the row of `p_face` gone, and with the type of `p_first` bigint.
    """
    rows = await connection.fetch(
        "SELECT a.name, format_type(a.type, NULL) AS kind"
        " FROM pg_proc p, unnest(p.proargnames, p.proallargtypes, p.proargmodes)"
        "      AS a (name, type, mode)"
        " WHERE p.proname = 'commit_orders' AND p.pronamespace = $1::regnamespace AND a.mode = 'i'",
        routines_schema(),
    )
    kinds = {name: kind.removeprefix("text::") for name, kind in PARAMETERS.items()}
    wanted = {
        name: kind.replace("timestamptz", "timestamp with time zone")
        for name, kind in kinds.items()
    }
    assert wanted == {row["name"]: row["kind"] for row in rows}


async def test_a_committer_plans_by_look_up(database_url: str) -> None:
    """Its connection says how `commit_orders` is planned: the functions themselves do not.

    Seen red with `connect` called without the settings.
    """
    lane = DatabaseCommitter(
        dsn=database_url,
        config=Config(),
        chain=0,
        worker_id=uuid.UUID(int=1),
        times=Times(),
        tail=TailOfLog(nothing_lost),
    )
    await lane.open()
    try:
        said = {
            name: await lane._connection.fetchval("SELECT current_setting($1)", name)
            for name in PLANNING
        }
        assert said == PLANNING
    finally:
        await lane.close()


async def test_another_version_gets_routines_of_its_own(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Migrating for another text adds a schema; the one of a version that still runs stays."""
    old = routines_schema()
    other = tmp_path / "other.sql"
    other.write_text("CREATE FUNCTION new_one() RETURNS int RETURN 1;")
    monkeypatch.setattr(house, "files", lambda _kind: (other,))
    migrate.routines_text.cache_clear()
    migrate.routines_schema.cache_clear()
    try:
        new = routines_schema()
        await apply_migrations(connection)
        await apply_migrations(connection)
        assert 1 == await connection.fetchval("SELECT new_one()")
        schemas = await connection.fetch(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'routines%'"
        )
        assert {old, new} <= {row["nspname"] for row in schemas}
    finally:
        monkeypatch.undo()
        migrate.routines_text.cache_clear()
        migrate.routines_schema.cache_clear()
