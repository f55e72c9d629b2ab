"""What is kept and for how long: every table has a decision, and what proves something stays."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from gateway.ground import house
from gateway.ground.config import Config
from gateway.ground.sql.database import Database
from gateway.health.retention import forget_old, terms
from tests.integration.sql.test_roles import columns_of

OLD, NEW = "now() - interval '100 days'", "now() - interval '10 days'"
# Per table: rows that may go, and rows that stay (young, or not over) after 90 days.
MADE = {
    "callback": (
        (
            f"INSERT INTO callback (upstream_id, verdict, hint, body, received_at) VALUES"
            f" (1, 'hint', 'h', 'old', {OLD}), (1, 'hint', 'h', 'new', {NEW})"
        ),
        "SELECT convert_from(body, 'UTF8') FROM callback",
        ["new"],
    ),
    "webhook": (
        (
            f"INSERT INTO webhook (id, partner_id, type, sequence, state, created_at) VALUES"
            f" (1, 1, 't', 0, 'delivered', {OLD}), (2, 1, 't', 0, 'dead', {OLD}),"
            f" (3, 1, 't', 0, 'pending', {OLD}), (4, 1, 't', 0, 'delivered', {NEW})"
        ),
        "SELECT id::text FROM webhook",
        ["3", "4"],
    ),
    "lease": (
        (
            f"INSERT INTO lease (pool_id, lo, hi, worker_id, state, epoch, expires_at) VALUES"
            f" (9, 0, 1, gen_random_uuid(), 'closed', 2, {OLD}),"
            f" (9, 1, 2, gen_random_uuid(), 'active', 1, {OLD}),"
            f" (9, 2, 3, gen_random_uuid(), 'closed', 2, {NEW})"
        ),
        "SELECT lo::text FROM lease",
        ["1", "2"],
    ),
    "channel_order": (
        (
            f"INSERT INTO channel_order (partner_id, out_order_no, channel_id, notify_url, state,"
            f" next_attempt_at, created_at) VALUES (1, 'old', 1, '', 'delivered', NULL, {OLD}),"
            f" (1, 'open', 1, '', 'pending', NULL, {OLD}), (1, 'new', 1, '', 'dead', NULL, {NEW})"
        ),
        "SELECT out_order_no FROM channel_order",
        ["new", "open"],
    ),
    "channel_task": (
        (
            f"INSERT INTO channel_task (partner_id, number, channel_id, told, wish, state,"
            f" created_at) VALUES (1, 'old', 1, '', '', 'done', {OLD}),"
            f" (1, 'held', 1, '', '', 'held', {OLD}), (1, 'new', 1, '', '', 'done', {NEW})"
        ),
        "SELECT number FROM channel_task",
        ["held", "new"],
    ),
    "quota_use": (
        (
            f"INSERT INTO quota_use (quota_id, subject, period, used, most) SELECT 901, what,"
            f" extract(epoch FROM date_trunc('hour', began)), 1, 2 FROM (VALUES ('old', {OLD}),"
            f" ('elder', {OLD} - interval '1 h'), ('new', {NEW})) AS made (what, began)"
            f" UNION ALL SELECT 901, 'ever', 0, 1, 2"
        ),
        "SELECT subject FROM quota_use WHERE quota_id = 901",
        ["ever", "new"],
    ),
    "sandbox_order": (
        (
            f"INSERT INTO sandbox_order (partner_id, id, out_order_no, created_at) VALUES"
            f" (1, 1, 'old', {OLD}), (1, 2, 'new', {NEW})"
        ),
        "SELECT out_order_no FROM sandbox_order",
        ["new"],
    ),
    "service_case": (
        (
            f"INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind,"
            f" reason, opened_by, state, outcome, refunded, updated_at)"
            f" SELECT 1, n, kind || n, '', n, kind, '', 'p', state, 'x', paid, at FROM (VALUES"
            f" (1, 'question', 'resolved', 0, {OLD}), (2, 'refund', 'withdrawn', 0, {OLD}),"
            f" (3, 'refund', 'resolved', 5, {OLD}), (4, 'recipient', 'resolved', 0, {OLD}),"
            f" (5, 'question', 'opened', 0, {OLD}), (6, 'question', 'refused', 0, {NEW}))"
            f" AS made (n, kind, state, paid, at);"
            f" INSERT INTO case_step (partner_id, case_id, no, step, actor, state)"
            f" SELECT partner_id, id, 1, 'opened', 'p', 'opened' FROM service_case"
        ),
        (
            "SELECT c.id::text FROM service_case c JOIN case_step s ON s.case_id = c.id"
            " UNION SELECT 'alone' FROM case_step s WHERE s.case_id IN (1, 2)"
        ),
        ["3", "4", "5", "6"],
    ),
    "commit_batch": (
        (
            f"INSERT INTO commit_batch (id, committed_at) VALUES"
            f" ('{uuid.UUID(int=1)}', {OLD}), ('{uuid.UUID(int=2)}', now())"
        ),
        "SELECT id::text FROM commit_batch",
        [str(uuid.UUID(int=2))],
    ),
}


async def test_every_table_has_a_decision(connection: Any) -> None:
    """Kept for ever and why, or a setting with its default. Seen red without one of the rows."""
    assert set(house.tables()) == set(await columns_of(connection))
    assert set(terms(Config())) == set(MADE)
    assert set(terms(replace(Config(), keep_callback_days=0))) == set(MADE) - {"callback"}


@pytest.mark.parametrize("table", MADE)
async def test_what_outlived_its_term_goes_in_steps(
    database: Database, connection: Any, table: str
) -> None:
    """Under the gateway's role, one row a step: the old go, the young and the unfinished stay."""
    made, left, expected = MADE[table]
    await connection.execute(made)
    assert await forget_old(database.pool, table, 90, rows=1) >= 1
    assert sorted(row[0] for row in await connection.fetch(left)) == sorted(expected)
    assert await forget_old(database.pool, table, 90) == 0


async def test_no_term_is_shorter_than_a_week(database: Database, connection: Any) -> None:
    """Whatever a caller says: the routine, which may delete, knows the shortest term itself."""
    await connection.execute(
        "INSERT INTO callback (upstream_id, verdict, hint, body, received_at)"
        " VALUES (2, 'hint', 'h', 'young', now() - interval '6 days')"
    )
    await forget_old(database.pool, "callback", 0)
    assert await connection.fetchval("SELECT count(*) FROM callback WHERE body = 'young'") == 1
    for proof in ("entry", "reveal", "orders"):
        with pytest.raises(Exception, match="case not found"):
            await forget_old(database.pool, proof, 0)
