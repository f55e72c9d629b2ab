"""Routines: the current text, beside the routines of other versions."""

from pathlib import Path
from typing import Any

import pytest

from gateway.store import migrate
from gateway.store.commit import COMMIT
from gateway.store.migrate import apply_migrations, routines_schema


async def test_a_worker_calls_the_routines_it_was_written_with(connection: Any) -> None:
    """`commit_orders` is found in this version's schema, not the migrations' old one in public."""
    found = await connection.fetchval(
        "SELECT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.proname = 'commit_orders' AND p.pronargs = $1 AND pg_function_is_visible(p.oid)",
        COMMIT.count("$"),
    )
    assert routines_schema() == found


async def test_another_version_gets_routines_of_its_own(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Migrating for another text adds a schema; the one of a version that still runs stays."""
    old = routines_schema()
    (tmp_path / "other.sql").write_text("CREATE FUNCTION new_one() RETURNS int RETURN 1;")
    monkeypatch.setattr(migrate, "ROUTINES", tmp_path)
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
