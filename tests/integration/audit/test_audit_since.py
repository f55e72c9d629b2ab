"""`audit --since`: what is older than the moment is not looked at, what is newer is.

Seen red with `cut` giving the whole statement, with chains that begin at the first new link, and
with a row left by every run of the command.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.audit.run import CHECKS, audit
from gateway.audit.since import CUTS, REWRITTEN, cut
from gateway.audit.store import AuditSnapshot
from gateway.ground.sql.database import Database
from tests.conftest import Cli, unguarded
from tests.integration.audit.test_audit import BREACHES, GUARDS, WORLD
from tests.integration.audit.test_audit_told import counted, told

HOUR = timedelta(hours=1)
CUT_BREACHES = [breach for breach in BREACHES if cut(breach[0]) is not None]
# The world an hour later, but for order 102, 202 and 401, the last entries and the last links.
AGED = """
UPDATE orders SET updated_at = now() - interval '2 hours' WHERE id NOT IN (102, 202, 401);
UPDATE attempt SET updated_at = now() - interval '2 hours' WHERE order_id NOT IN (202, 401);
UPDATE entry SET created_at = now() - interval '2 hours' WHERE seq < 8;
UPDATE webhook SET created_at = now() - interval '2 hours' WHERE order_id NOT IN (202, 401);
UPDATE reveal SET revealed_at = now() - interval '2 hours' WHERE height = 1;
"""


@pytest.fixture
async def world(connection: Any) -> Any:
    """A connection inside a transaction, in the audit's small world; rolled back at the end."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()


@pytest.mark.parametrize(("statement", "words", "change"), CUT_BREACHES)
async def test_a_newer_breach_is_named_and_an_older_is_not(
    world: Any, statement: str, words: str, change: str
) -> None:
    """The same breach, once after the moment and once before it."""
    await world.execute(GUARDS)
    await world.execute(change)
    now = await world.fetchval("SELECT now()")
    newer = await AuditSnapshot(world, now - HOUR).problems(statement, 10)
    assert [sample for sample in newer.samples if words in sample] != []
    older = await AuditSnapshot(world, now + HOUR).problems(statement, 10)
    assert older.samples == []


async def test_an_order_that_was_held_before_a_quota_owes_it_nothing(world: Any) -> None:
    """Its hold is looked at with it, though only the order changed since the moment.

    Seen red with holds cut by their own time alone.
    """
    async with unguarded(world):
        await world.execute("""
            UPDATE hold SET created_at = now() - interval '2 h', updated_at = now() - interval '2 h'
            WHERE order_id = 101;
            INSERT INTO quota (name, sku_id, per, span, most, counts_from, settles_at)
            SELECT 'later', id, 'total', 'day', 9, now() - interval '1 h', NULL
            FROM sku WHERE sku = 'VIP'
        """)
    half = await world.fetchval("SELECT now() - interval '30 min'")
    found = await AuditSnapshot(world, half).problems("i14_order_not_counted", 10)
    assert sorted(s.split(" is ")[0] for s in found.samples) == ["hold 601", "order 102"]


async def test_a_sound_world_passes_from_any_moment(world: Any) -> None:
    """What changed is compared with what did not: no order, entry or link is missed beside it."""
    async with unguarded(world):
        await world.execute(AGED)
    now = await world.fetchval("SELECT now()")
    for since in (now - 3 * HOUR, now - HOUR, now + HOUR):
        assert [f for f in await audit(AuditSnapshot(world, since)) if not f.ok] == []


@pytest.mark.parametrize(
    ("statement", "change"),
    [
        ("i10_entry_chain", "UPDATE entry SET balance_after = balance_after + 1 WHERE seq = 7"),
        ("i10_entry_chain", "DELETE FROM entry WHERE seq = 7"),
        ("i13_chain", "UPDATE reveal SET hash = sha256('x') WHERE chain = 1 AND height = 1"),
        ("i13_chain", "DELETE FROM reveal WHERE chain = 1 AND height = 1"),
    ],
)
async def test_the_first_new_link_is_held_against_the_last_old_one(
    world: Any, statement: str, change: str
) -> None:
    """A chain cut at the moment is a chain still."""
    await world.execute(GUARDS)
    await world.execute(AGED)
    await world.execute(change)
    now = await world.fetchval("SELECT now()")
    assert (await AuditSnapshot(world, now - HOUR).problems(statement, 10)).total == 1


def test_what_is_cut_is_a_statement_of_the_audit() -> None:
    """No cut is for a statement that does not exist."""
    assert {*CUTS, *REWRITTEN} <= {name for check in CHECKS for name in check.statements}


async def test_the_command_tells_old_from_new(
    cli: Cli, database: Database, connection: Any
) -> None:
    """Old breach: ok, and the metric is not touched. New breach: exit 1, and the metric is 0."""
    moment = datetime.now(UTC).isoformat()
    old = "now() - interval '1 day'"
    insert = (
        "INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount,"
        " account, state, created_at, updated_at) VALUES (1, {0}, '{0}', '', 1, 1, 5, 'a',"
        " 'processing', {1}, {1})"
    )
    async with unguarded(connection):
        await connection.execute(insert.format(1, old))
    sound = cli("audit", "--since", moment, "--json")
    assert (sound.returncode, sound.json["ok"]) == (0, True), sound.json
    assert set(sound.json) == {"ok", "checks"}
    assert "i10_balance, i10_last_entry" in sound.json["checks"][7]["detail"]
    assert "quangate_audit_ok" not in told(await counted(database))
    async with unguarded(connection):
        await connection.execute(insert.format(2, "now()"))
    broken = cli("audit", "--since", moment, "--json")
    assert broken.returncode == 1
    details = {c["invariant"]: c["detail"] for c in broken.json["checks"] if not c["ok"]}
    assert details["I5"].startswith("order 2: its content is not the one it accepted (since 20")
    assert "order 1:" not in details["I5"]
    assert told(await counted(database))["quangate_audit_ok"] == 0.0


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2999-01-01T00:00:00Z", "in the future"),
        ("0001-01-01T00:00:00+08:00", "before the year 2000"),
        ("yesterday", "is no time such as"),
        ("2026-11-11T00:00:00", "does not say its offset"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(cli: Cli, moment: str, words: str) -> None:
    """A sentence, no stack, and nothing was checked."""
    refused = cli("audit", "--since", moment, "--json")
    assert refused.returncode == 2
    assert words in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
