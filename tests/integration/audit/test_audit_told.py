"""What an audit found is remembered and told; who decided is recorded from where."""

import asyncio
import json
import os
from typing import Any

import pytest

from gateway.ground.sql.database import Database
from gateway.health.metrics_beside import audited
from gateway.health.worklist import Worklist
from tests.conftest import Cli, unguarded


async def counted(database: Database) -> Worklist:
    """What a gateway knows after its next look."""
    worklist = Worklist(database.pool)
    watching = asyncio.create_task(worklist.watch())
    while worklist.looks == 0:  # noqa: ASYNC110  a database answers meanwhile
        await asyncio.sleep(0.01)
    watching.cancel()
    return worklist


def told(worklist: Worklist) -> dict[str, Any]:
    """The metrics of the audit by name."""
    return {family.name: family.samples[0][1] for family in audited(worklist)}


async def test_the_last_audit_is_told(cli: Cli, database: Database, connection: Any) -> None:
    """Before the first only since when none was; 1 and when; 0 once the books are broken, whoever
    audits. So the alert for old audits can fire before the first one.

    Seen red without the row that the command leaves, and without a metric from the start.
    """
    before = told(await counted(database))
    since = "quangate_unaudited_since_timestamp_seconds"
    opened = await connection.fetchval("SELECT extract(epoch FROM min(applied_at)) FROM migration")
    assert before == {since: pytest.approx(float(opened))}
    assert cli("audit", "--json").json["ok"]
    first = told(await counted(database))
    assert first["quangate_audit_ok"] == 1.0
    assert first[since] == first["quangate_audit_last_run_timestamp_seconds"] > before[since]
    async with unguarded(connection):
        await connection.execute("INSERT INTO partner (name, webhook_secret) VALUES ('p', 'x')")
        await connection.execute(
            "INSERT INTO account (partner_id, balance) SELECT id, 5 FROM partner"
        )
    assert cli("audit", "--json").returncode == 1
    second = told(await counted(database))
    assert second["quangate_audit_ok"] == 0.0
    age = "quangate_audit_last_run_timestamp_seconds"
    assert second[age] > first[age] > 1_700_000_000
    kept = await connection.fetchval("SELECT findings FROM audit_run ORDER BY id DESC LIMIT 1")
    assert [finding["invariant"] for finding in json.loads(kept)] == ["I10"]


async def test_who_decides_is_recorded_from_where(cli: Cli, connection: Any) -> None:
    """The account, the uid, the terminal and the host: nothing that can be typed."""
    async with unguarded(connection):
        await connection.execute(
            "INSERT INTO partner (name, webhook_secret) VALUES ('q', 'x');"
            "INSERT INTO sku (sku, name, kind, price, account_rule)"
            " VALUES ('T', 'T', 'topup', 5, 'any');"
            "INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity,"
            " amount, account, state, parked, created_at, updated_at)"
            " SELECT p.id, 77, 'q', '', s.id, 1, 5, 'a', 'uncertain', 'why', now(), now()"
            " FROM partner p, sku s WHERE p.name = 'q' AND s.sku = 'T';"
            "INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account,"
            " quantity, state) SELECT 78, id, 77, 1, 'p', 'a', 1, 'uncertain'"
            " FROM partner WHERE name = 'q'"
        )
    done = cli("order", "resolve", "77", "--as", "unchanged", "--reason", "r", "--json")
    assert done.returncode == 0, done.stderr
    row = await connection.fetchrow("SELECT requested_by, requested_from FROM resolution")
    assert row["requested_by"].startswith("os:")
    assert row["requested_from"].startswith(f"uid {os.getuid()} (")
    assert "no terminal" in row["requested_from"] or "/dev/" in row["requested_from"]
