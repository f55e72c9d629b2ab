"""Alerts as rows: opened once, lasting while somebody sees them, over when nobody does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.alerts.feature import FEATURE
from gateway.alerts.rules import KINDS, LOOKED_FOR, Finding
from gateway.alerts.store import AlertStore
from gateway.alerts.watch import Watch
from gateway.ground.sql.database import Database
from tests.conftest import Cli

LOST = Finding(kind="redis-lost", subject="redis://here", detail="does not answer")


def threshold(setting: str) -> int | None:
    """As shipped."""
    return FEATURE.settings[setting].default


def watching(database: Database, *seen: Finding) -> Watch:
    """A worker that sees this."""
    return Watch(AlertStore(database.pool), seen=lambda: seen, threshold=threshold)


async def rows(database: Database, kind: str) -> Sequence[Any]:
    """All of a kind, the oldest first."""
    found = await database.pool.fetch("SELECT * FROM alert WHERE kind = $1 ORDER BY id", kind)
    return list(found)


async def may_look(database: Database) -> None:
    """As if nobody had looked for a while."""
    await database.pool.execute("UPDATE alert_look SET at = '-infinity'")


async def test_what_is_looked_for_lasts_as_long_as_it_is_so(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    """A pool below its SKU's mark: one row however often it is looked at; over once it is filled,
    and a new row when it is so again.

    Seen red without `kind = ANY ($1)` in `resolve`, and without `seen_at = now()` in `see`.
    """
    assert cli("pool", "create", "few").returncode == 0
    made = cli(
        "sku", "create", "FEW", "--name", "Few", "--kind", "code", "--pool", "few", "--price", "5",
        "--low-stock", "3",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    watch = watching(database)
    for _ in range(2):
        await may_look(database)
        await watch.turn()
    (row,) = await rows(database, "stock-low")
    assert (row["subject"], row["level"], row["resolved_at"]) == ("FEW", "ticket", None)
    assert row["seen_at"] > row["since"]
    await watch.turn()  # somebody looked a moment ago
    assert (await rows(database, "stock-low"))[0]["seen_at"] == row["seen_at"]
    assert watch.lasting == {"ticket": 1}

    codes = tmp_path / "codes.csv"
    codes.write_text("".join(f"CODE-{n}\n" for n in range(5)))
    assert cli("codes", "import", str(codes), "--pool", "few").returncode == 0
    await may_look(database)
    await watch.turn()
    (row,) = await rows(database, "stock-low")
    assert row["resolved_at"] is not None
    assert watch.lasting == {}

    assert cli("codes", "void", "--pool", "few", "--batch", "1").returncode == 0
    await may_look(database)
    await watch.turn()
    assert [row["resolved_at"] is None for row in await rows(database, "stock-low")] == [
        False,
        True,
    ]


async def test_what_a_worker_sees_lasts_until_none_does(database: Database) -> None:
    """Two see one thing: one row. While one goes on seeing it, it lasts; then it is over.

    Seen red without the second half of `resolve`, and when a beginner counts like everybody.
    """
    both = [watching(database, LOST), watching(database, LOST)]
    for watch in both:
        await watch.turn()
    (row,) = await rows(database, "redis-lost")
    blind = watching(database)
    blind._up_s = 1000.0  # has run for a while
    await may_look(database)
    await blind.turn()
    assert [each["resolved_at"] for each in await rows(database, "redis-lost")] == [None]
    await database.pool.execute(
        "UPDATE alert SET seen_at = seen_at - interval '31 s' WHERE id = $1", row["id"]
    )
    await may_look(database)
    await watching(database).turn()  # has just begun, and heard nothing of others yet
    assert (await rows(database, "redis-lost"))[0]["resolved_at"] is None
    await may_look(database)
    await blind.turn()
    assert (await rows(database, "redis-lost"))[0]["resolved_at"] is not None


async def test_what_cannot_be_looked_for_is_not_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that fails says nothing about its kind, and keeps nobody from looking for the others.

    Seen red with every kind named in `resolve`.
    """
    await database.pool.execute(
        "INSERT INTO alert (kind, subject, level, detail)"
        " VALUES ('parked', 'orders', 'ticket', '1'), ('sales-closed', 'shop', 'page', '')"
    )
    store = AlertStore(database.pool)
    look = store.look

    async def broken(kind: str, threshold: int | None) -> Sequence[Finding]:
        if kind == "parked":
            raise TimeoutError
        return await look(kind, threshold)

    monkeypatch.setattr(store, "look", broken)
    watch = Watch(store, seen=lambda: (), threshold=threshold)
    await may_look(database)
    await watch.turn()
    assert (await rows(database, "parked"))[0]["resolved_at"] is None
    assert (await rows(database, "sales-closed"))[0]["resolved_at"] is not None


async def test_what_a_worker_cannot_see_hides_nothing_else(database: Database) -> None:
    """A fault in what it knows itself; what the database knows is looked for all the same.

    Seen red while the whole turn was over then: a campaign from the year 1 on was enough.
    """
    await database.pool.execute(
        "INSERT INTO alert (kind, subject, level, detail) VALUES ('parked', 'o', 'ticket', '1')"
    )

    def broken() -> Sequence[Finding]:
        raise TypeError

    watch = Watch(AlertStore(database.pool), seen=broken, threshold=threshold)
    await may_look(database)
    await watch.turn()
    assert {row["resolved_at"] is None for row in await rows(database, "parked")} == {False}


async def test_who_keeps_old_rows_is_named(database: Database, database_url: str) -> None:
    """A session that has looked, and looks no more, is an alert once enough was committed since.

    Seen red without `backend_xmin`.
    """
    store = AlertStore(database.pool)
    connection = await asyncpg.connect(
        database_url, server_settings={"application_name": "a report"}
    )
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await connection.fetchval("SELECT count(*) FROM orders")
            for _ in range(11):
                await database.pool.fetchval("SELECT pg_current_xact_id()")
            found = await store.look("old-snapshot", 10)
            assert [one.subject for one in found if "a report" in one.subject], found
            assert not await store.look("old-snapshot", 1_000_000)
        assert not [one for one in await store.look("old-snapshot", 10) if "report" in one.subject]
    finally:
        await connection.close()


async def test_every_kind_can_be_looked_for(database: Database) -> None:
    """Each statement runs with its threshold, and finds nothing in an empty shop."""
    store = AlertStore(database.pool)
    for kind, what in LOOKED_FOR.items():
        found = await store.look(kind, what.setting and threshold(what.setting))
        assert not [one for one in found if one.subject != "FEW"], kind
    assert LOOKED_FOR.keys() < KINDS.keys()


FOUND = {
    "backup-age": (
        """INSERT INTO backup_run (ended_at, kind, path, bytes, lsn)
           VALUES (now() - interval '2 days', 'base', '/x', 1, '0/1')""",
        "backup",
    ),
    "audit-broken": ("INSERT INTO audit_run (ok, findings) VALUES (false, '[]')", "audit"),
    "alone": (
        """SELECT record_change('os:a@b', 'sku.create', 'X', '{}', NULL, NULL, NULL, 'here',
           '{"via": "cli", "alone": true}')""",
        None,
    ),
}


@pytest.mark.parametrize("kind", FOUND)
async def test_it_is_found(database: Database, kind: str) -> None:
    """What the database knows, found by its statement."""
    made, subject = FOUND[kind]
    await database.pool.execute(made)
    store = AlertStore(database.pool)
    what = LOOKED_FOR[kind]
    (found,) = await store.look(kind, what.setting and threshold(what.setting))
    assert subject is None or found.subject == subject
    assert found.detail
