"""The log of changes: one row for what was done, none for what was refused, and nothing secret."""

import asyncio
import getpass
import hashlib
import socket
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from gateway.audit.run import audit
from gateway.audit.store import audit_snapshot
from gateway.ground.desk.action import Action, Change, Trace
from gateway.ground.desk.perform import as_json, perform
from gateway.ground.desk.port import At
from gateway.ground.desk.transaction import administration
from gateway.ground.desk.view import View
from gateway.ground.sql.database import Database
from gateway.nouns import ACTIONS, VIEWS
from tests.conftest import Cli
from tests.integration.orders.test_administration import SECRECY

TRACES = {trace.statement.text: trace for action in ACTIONS for trace in action.traces}
ME = Change(actor="os:test@here", whence="a test")


def changes(command: Cli, *filters: str) -> list[Mapping[str, Any]]:
    """The log, the newest first."""
    found: list[Mapping[str, Any]] = command("change", "list", *filters, "--json").json["changes"]
    return found


def action(name: str) -> Action:
    """An action by the name the log has."""
    (found,) = (one for one in ACTIONS if one.name == name)
    return found


def test_who_did_what_from_where(command: Cli) -> None:
    """The actor is the user at this host; before there was nothing, after there is the row."""
    command("partner", "create", "logged", "--json")
    (row,) = changes(command, "--subject", "logged")
    assert row["actor"] == f"os:{getpass.getuser()}@{socket.gethostname()}"
    assert (row["action"], row["subject"], row["reason"]) == ("partner.create", "logged", None)
    assert row["given"] == {"partner": "logged"}
    assert row["before"] is None
    assert row["after"]["partner"]["name"] == "logged"
    assert row["whence"].startswith("uid ")


def test_what_was_refused_left_no_row(command: Cli) -> None:
    """Twice the same name, and a name that cannot be: the log does not grow."""
    command("pool", "create", "once", "--json")
    before = changes(command)
    assert command("pool", "create", "once", "--json").returncode == 1
    assert command("pool", "create", "a b", "--json").returncode == 2
    assert changes(command) == before


async def test_the_effect_and_its_row_or_neither(command: Cli, connection: Any) -> None:
    """Where the row cannot be written, nothing was done."""
    await connection.execute(
        "ALTER TABLE change ADD CONSTRAINT full_up CHECK (subject <> 'half') NOT VALID"
    )
    done = command("partner", "create", "half", "--json")
    assert done.returncode == 1
    assert await connection.fetchval("SELECT count(*) FROM partner WHERE name = 'half'") == 0


async def test_changes_at_once_are_one_chain(database: Database, connection: Any) -> None:
    """Twenty at the same time: numbers without a gap, times that grow, and the audit is content.

    Seen red with the head read without its lock.
    """
    create = action("pool.create")

    async def make(number: int) -> None:
        async with administration(database) as db:
            given = create.given(pool=f"p{number}")
            await perform(create, At(db=db, vault=SECRECY), given, ME)

    await asyncio.gather(*(make(number) for number in range(20)))
    rows = await connection.fetch("SELECT id, at FROM change ORDER BY id")
    assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    async with audit_snapshot(database) as snapshot:
        assert [f for f in await audit(snapshot) if not f.ok] == []


async def test_pages_of_the_log_meet(command: Cli, connection: Any) -> None:
    """Page by page everything once, newest first. Seen red with `<=` in the statement."""
    total = await connection.fetchval("SELECT count(*) FROM change")
    seen: list[str] = []
    cursor: list[str] = []
    while True:
        page = command("change", "list", "--limit", "7", *cursor, "--json").json
        seen += [row["id"] for row in page["changes"]]
        if page["next_cursor"] is None:
            break
        cursor = ["--cursor", page["next_cursor"]]
    assert seen == [str(number) for number in range(total, 0, -1)]


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
async def test_a_trace_has_every_column_but_those_left_out(connection: Any, trace: Trace) -> None:
    """A new column of a table is looked at: shown, or left out by name.

    Seen red without `webhook_secret_old` among those left out.
    """
    rows = await connection.fetch(
        "SELECT attname, atttypid::regtype::text AS type FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
        f"public.{trace.table}",
    )
    types = {row["attname"]: row["type"] for row in rows}
    prepared = await connection.prepare(trace.statement.text)
    shown = {attribute.name for attribute in prepared.get_attributes()}
    assert shown | set(trace.left_out) == set(types)
    assert shown.isdisjoint(trace.left_out)
    assert [name for name in shown if types[name] == "bytea"] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.noun.name)
async def test_a_view_has_the_columns_of_its_statement(connection: Any, view: View) -> None:
    """What a statement gives is declared, one by one and in order; its orders have an index."""
    if view.rows is None:
        prepared = await connection.prepare(view.statement.text)
        names = [attribute.name for attribute in prepared.get_attributes()]
        assert [column.name for column in view.columns] == names
        assert len(prepared.get_parameters()) == len(view.given.__struct_fields__)
        assert " OFFSET " not in view.statement.text
    for key in view.sort:
        definition = await connection.fetchval(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname = $1",
            key.index,
        )
        assert definition is not None, key.index
        assert all(column in definition for column in key.columns)


def test_bytes_are_not_written_down() -> None:
    """What is wrapped or sealed cannot come into the log even by mistake."""
    with pytest.raises(TypeError):
        as_json({"settings": b"wrapped"})
    with pytest.raises(TypeError):
        as_json({"rows": [{"settings": memoryview(b"wrapped")}]})


async def test_the_digest_is_the_one_that_was_made(connection: Any) -> None:
    """Links are checked by it for ever: another text of it would break every chain there is."""
    digest = await connection.fetchval(
        "SELECT encode(change_digest(7, '2026-11-29 01:02:03.456789+00', 'os:li@host',"
        " 'pool.create', 'vip', '{\"pool\": \"vip\"}', NULL, '{\"a\": [1, null]}', 'why', 'x'),"
        " 'hex')"
    )
    text = (
        '[7, 1795914123456789, "os:li@host", "pool.create", "vip", {"pool": "vip"}, null,'
        ' {"a": [1, null]}, "why", "x"]'
    )
    assert digest == hashlib.sha256(text.encode()).hexdigest()


async def test_a_link_that_no_head_names_is_refused(connection: Any) -> None:
    """Whoever may insert cannot put a row beside the chain."""
    with pytest.raises(asyncpg.PostgresError, match="not what the head of its chain names"):
        await connection.execute(
            "INSERT INTO change (id, at, actor, action, subject, given, whence, digest, hash)"
            " VALUES (999, now(), 'os:eve@host', 'x.y', 'z', '{}', '', '', '')"
        )


def test_the_key_file_is_logged_too(command: Cli) -> None:
    """Rotated, retired, and refused to be retired: two rows, none of them with a key in it."""
    command("partner", "create", "keyed", "--json")
    before = len(changes(command, "--action", "keys.retire"))
    old = command("keys", "show", "--json").json["current"]
    current = command("keys", "rotate", "--json").json["current"]
    assert command("keys", "retire", current, "--json").returncode == 1
    assert command("keys", "retire", old, "--reason", "a year old", "--json").returncode == 0
    retired, *others = changes(command, "--action", "keys.retire")
    assert len(others) == before
    assert (retired["subject"], retired["reason"]) == (old, "a year old")
    (rotated,) = changes(command, "--action", "keys.rotate")
    assert (rotated["subject"], rotated["after"]) == (current, {"current": current})
