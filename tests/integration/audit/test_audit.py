"""The audit names every breach: each block of audit_breaches.sql breaks one of its rules.

Breaches happen inside a transaction that is rolled back, guards (constraints, triggers) and all.
"""

import re
from typing import Any

import pytest

from gateway.audit.run import CHECKS, audit
from gateway.audit.store import AuditSnapshot
from tests.conftest import Cli, unguarded
from tests.world import WORLD_FILES

HERE = WORLD_FILES
WORLD = (HERE / "audit_world.sql").read_text(encoding="utf-8")
BREACH = re.compile(r"^-- breach: ", re.MULTILINE)
GUARDS, *BLOCKS = BREACH.split((HERE / "audit_breaches.sql").read_text(encoding="utf-8"))
BLOCKS += BREACH.split((HERE / "audit_breaches_holds.sql").read_text(encoding="utf-8"))[1:]
BLOCKS += BREACH.split((HERE / "audit_breaches_quotas.sql").read_text(encoding="utf-8"))[1:]
BLOCKS += BREACH.split((HERE / "audit_breaches_cases.sql").read_text(encoding="utf-8"))[1:]
BLOCKS += BREACH.split((HERE / "audit_breaches_approvals.sql").read_text(encoding="utf-8"))[1:]
# (statement that must find it, words of the finding, the change)
BREACHES = [re.fullmatch(r"(\w+): ([^\n]+)\n(.+)", block, re.DOTALL).groups() for block in BLOCKS]  # type: ignore[union-attr]


@pytest.fixture
async def world(connection: Any) -> Any:
    """A connection inside a transaction, in the small world; rolled back at the end."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()


async def test_a_sound_world_passes(world: Any) -> None:
    """Every invariant holds where the product's own functions made the rows."""
    assert [f for f in await audit(AuditSnapshot(world)) if not f.ok] == []


@pytest.mark.parametrize(("statement", "words", "change"), BREACHES)
async def test_a_breach_is_named(world: Any, statement: str, words: str, change: str) -> None:
    """With its guard taken away and the rule broken, the audit says which rows are wrong."""
    await world.execute(GUARDS)
    await world.execute(change)
    problems = await AuditSnapshot(world).problems(statement, 10)
    assert [sample for sample in problems.samples if words in sample] != []
    (finding,) = [
        f for f in await audit(AuditSnapshot(world)) if f.invariant == _invariant(statement)
    ]
    assert not finding.ok
    assert words in finding.detail


def _invariant(statement: str) -> str:
    return statement.split("_", maxsplit=1)[0].upper()


def test_every_statement_has_a_breach() -> None:
    """No statement of the audit is without a row above that proves it can fail."""
    statements = {statement for check in CHECKS for statement in check.statements}
    assert statements == {statement for statement, _, _ in BREACHES}
    assert all(_invariant(s) == check.invariant for check in CHECKS for s in check.statements)


async def test_parked_orders_may_contradict_their_attempts(world: Any) -> None:
    """A contradiction that waits for a person is not a breach: it is known."""
    async with unguarded(world):
        await world.execute("UPDATE attempt SET state = 'accepted' WHERE id = 302")
    await world.execute("UPDATE orders SET parked = 'accepted after a refund' WHERE id = 202")
    findings = {f.invariant: f for f in await audit(AuditSnapshot(world))}
    assert findings["I9"].ok


async def test_a_breach_fails_the_command(cli: Cli, connection: Any) -> None:
    """`quangate audit` exits 1 and names the invariant when something does not add up, else 0."""
    sound = cli("audit", "--json")
    assert (sound.returncode, sound.json["ok"]) == (0, True)
    await connection.execute("INSERT INTO partner (name, webhook_secret) VALUES ('p', 'x')")
    await connection.execute("INSERT INTO account (partner_id, balance) SELECT id, 5 FROM partner")
    broken = cli("audit", "--json")
    assert (broken.returncode, broken.json["ok"]) == (1, False)
    assert [c["invariant"] for c in broken.json["checks"] if not c["ok"]] == ["I10"]
    assert set(broken.json["checks"][0]) == {"invariant", "ok", "detail"}
