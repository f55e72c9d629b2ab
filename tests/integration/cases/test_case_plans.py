"""What operators' list of cases costs, which are kept for ever."""

from typing import Any

from gateway.ground.sql.named_sql import queries
from tests.world.plans import reading_too_much

ROWS = 60_000  # of each partner
LOOKED_AT_MAX = 20_000
# All of `long` are over, those of `other` in every state; nobody has any, none is about a refund.
HISTORY = f"""
ALTER TABLE service_case SET (autovacuum_enabled = off);
INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by, state, outcome)
SELECT p.id, n << 22, 'C' || n, '', n << 22, 'question', 'why', 'partner', 'refused', 'refused'
FROM partner p, generate_series(1::bigint, {ROWS}) AS n WHERE p.name = 'long';
INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by, state, outcome)
SELECT p.id, (n << 22) + 1, 'C' || n, '', n << 22, 'question', 'why', 'partner',
       (ARRAY['opened', 'in_review', 'approved', 'acting', 'resolved'])[1 + n % 5], 'resolved'
FROM partner p, generate_series(1::bigint, {ROWS}) AS n WHERE p.name = 'other';
"""  # noqa: E501
OLDER = f"'{(ROWS // 2) << 22}'"
# Partner, state, kind, order, whose, whether open, beyond which, how many.
ASKED = {
    "all": "NULL, NULL, NULL, NULL, NULL, false, NULL, 50",
    "older": f"NULL, NULL, NULL, NULL, NULL, false, {OLDER}, 50",
    "a partner's": "'long', NULL, NULL, NULL, NULL, false, NULL, 50",
    "a partner's older": f"'long', NULL, NULL, NULL, NULL, false, {OLDER}, 50",
    "of a kind that none has": "NULL, NULL, 'refund', NULL, NULL, false, NULL, 50",
    "a partner's of such a kind": "'long', NULL, 'refund', NULL, NULL, false, NULL, 50",
    "of a state": "NULL, 'opened', NULL, NULL, NULL, false, NULL, 50",
    "of a state that none has": "NULL, 'withdrawn', NULL, NULL, NULL, false, NULL, 50",
    "of a state a partner's have not": "'long', 'opened', NULL, NULL, NULL, false, NULL, 50",
    "over and open": "NULL, 'refused', NULL, NULL, NULL, true, NULL, 50",
    "open": "NULL, NULL, NULL, NULL, NULL, true, NULL, 50",
    "open of one that has none": "'long', NULL, NULL, NULL, NULL, true, NULL, 50",
    "somebody's": "NULL, NULL, NULL, NULL, 'ann', false, NULL, 50",
    "somebody's that are open": "NULL, NULL, NULL, NULL, 'ann', true, NULL, 50",
    "of an order": f"NULL, NULL, NULL, {5 << 22}, NULL, false, NULL, 50",
    "of no order": "NULL, NULL, NULL, 7, NULL, true, NULL, 50",
}
FOUND = {"all": 50, "a partner's": 50, "of a state": 50, "open": 50, "of an order": 2}


async def test_every_list_reads_a_bounded_number_of_rows(connection: Any) -> None:
    """Also with a filter that nothing matches; and finds what there is, the newest first. Seen red
    with the list read from the newest case to the first.
    """
    sql = queries("cases/administration")["list_cases"]
    asked = {name: (sql, arguments) for name, arguments in ASKED.items()}
    assert await reading_too_much(connection, HISTORY, asked, LOOKED_AT_MAX) == {}
    await connection.execute(f"PREPARE listing AS {sql}")
    for name, arguments in ASKED.items():
        rows = await connection.fetch(f"EXECUTE listing ({arguments})")
        numbers = [int(row["case_no"]) for row in rows]
        assert numbers == sorted(set(numbers), reverse=True)
        assert len(numbers) == FOUND.get(name, 50 if "older" in name else 0), name
        assert OLDER not in arguments or numbers[0] < (ROWS // 2) << 22
