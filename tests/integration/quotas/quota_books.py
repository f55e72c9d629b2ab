"""Quotas without a gateway: rows made by hand, and the routines that orders and holds call."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.quotas.counting import count

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


async def make_quota(
    connection: Any, name: str, per: str, most: int, *, span: str = "ever", keep: bool = False
) -> int:
    """A quota on everything; its id."""
    id_: int = await connection.fetchval(
        "INSERT INTO quota (name, per, span, most, keep_refunded) VALUES ($1, $2, $3, $4, $5)"
        " RETURNING id",
        name, per, span, most, keep,
    )  # fmt: skip
    return id_


# As commits do it: counts are held, lines are judged (they cost nothing), units are taken.
TAKE = """
SELECT judged.outcome AS outcome, judged.refused, judged.known AS left_over,
       take_units(judged.outcome, false, $1, $2, $3, $4, $8, $9, held.counts,
                  held.totals, held.are_ours, $10, $11)
FROM hold_counts($5, $6, $7, $10, $11) AS held,
     LATERAL judge_lines(array_fill(1, ARRAY[cardinality($2::bigint[])]),
                         array_fill(NULL::bigint, ARRAY[cardinality($2)]), $1,
                         array_fill(0::bigint, ARRAY[cardinality($2)]), $3, $8, $9,
                         held.counts) AS judged
"""


async def take(
    connection: Any,
    owners: Sequence[tuple[int, int, Sequence[tuple[int, str]]]],
    *,
    holder: int = 0,
    now: datetime = NOW,
    partner: int = 1,
) -> tuple[list[int], list[int | None], list[int | None]]:
    """Units for owners (owner, units, asks): outcomes, which quotas refused, what they had left."""
    quotas = [json.dumps(asks) if asks else None for _, _, asks in owners]
    units = [units for _, units, _ in owners]
    asked = count(quotas, units)
    row = await connection.fetchrow(
        TAKE,
        [partner] * len(owners),
        [owner for owner, _, _ in owners],
        units,
        quotas,
        [each.quota for each in asked.counts],
        [each.subject for each in asked.counts],
        [each.wanted for each in asked.counts],
        asked.lines,
        asked.places,
        holder,
        now,
    )
    return row["outcome"], row["refused"], row["left_over"]


async def had(connection: Any, quota: int) -> dict[tuple[str, int], int]:
    """What was had, by subject and window; what lies in blocks was not."""
    rows = await connection.fetch(
        "SELECT subject, period, used - coalesce((SELECT sum(units) FROM quota_block b"
        " WHERE (b.quota_id, b.subject, b.period) = (u.quota_id, u.subject, u.period)), 0)::bigint"
        " AS had FROM quota_use u WHERE quota_id = $1",
        quota,
    )
    return {(row["subject"], row["period"]): row["had"] for row in rows}


async def complaints(connection: Any) -> list[str]:
    """What the audit says of quotas; owners here are nobody's orders."""
    from gateway.ground.sql.named_sql import queries

    checks = queries("quotas/checks")
    names = ("i14_had_and_taken", "i14_more_than_allowed")
    return [row[0] for name in names for row in await connection.fetch(checks[name])]
