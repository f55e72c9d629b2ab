"""What sending dead letters again costs."""

from typing import Any

from gateway.ground.sql.named_sql import queries
from tests.world.plans import reading_too_much

ROWS = 60_000
LOOKED_AT_MAX = 4_000  # twice what is asked for, and a day's
# One in a minute since then, all dead, the newest now; and none of `other`.
HISTORY = f"""
ALTER TABLE webhook SET (autovacuum_enabled = off);
INSERT INTO webhook (id, partner_id, type, sequence, state, created_at)
SELECT ((extract(epoch FROM d.at) * 1000)::bigint - 1735689600000) << 22, p.id, 'test', 0, 'dead', d.at
FROM partner p, (SELECT now() - n * interval '1 minute' AS at FROM generate_series(0, {ROWS - 1}) AS n) AS d
WHERE p.name = 'long'
"""  # noqa: E501
PORTAL = queries("webhooks/portal_administration")["portal_replay_dead"]
OPERATORS = queries("webhooks/administration")["replay_dead_letters"]
ASKED = {
    "all": (PORTAL, "{long}, NULL, 1000"),
    "since an hour": (PORTAL, "{long}, now() - interval '1 hour', 1000"),
    "none": (PORTAL, "{other}, NULL, 1000"),
    "none since": (PORTAL, "{long}, now() + interval '1 day', 1000"),
    "before the first number": (PORTAL, "{long}, '1990-01-01Z', 1000"),
    "operators: all": (OPERATORS, "{long}, 1000, NULL"),
    "operators: since an hour": (OPERATORS, "{long}, 1000, now() - interval '1 hour'"),
    "operators: none": (OPERATORS, "{other}, 1000, NULL"),
    "operators: before the first number": (OPERATORS, "{long}, 1000, '1990-01-01Z'"),
}
MADE = "SELECT created_at >= now() - interval '1 hour' FROM webhook WHERE id = ANY ($1)"


async def test_a_bounded_number_of_rows_is_read(connection: Any) -> None:
    """Those since a time, and no more than a day's before it; all of them are found. Seen red with
    the time alone, without numbers.
    """
    assert await reading_too_much(connection, HISTORY, ASKED, LOOKED_AT_MAX, {}) == {}
    long = await connection.fetchval("SELECT id FROM partner WHERE name = 'long'")
    hour = await connection.fetchval("SELECT now() - interval '1 hour'")
    replayed = [row[0] for row in await connection.fetch(PORTAL, long, hour, 1000)]
    assert 55 <= len(replayed) <= 60
    assert all(row[0] for row in await connection.fetch(MADE, replayed))
    rest = [row[0] for row in await connection.fetch(OPERATORS, long, 1000, hour)]
    assert rest == []
    assert len(await connection.fetch(OPERATORS, long, 1000, None)) == 1000
