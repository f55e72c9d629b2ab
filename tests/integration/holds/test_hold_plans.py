"""Holds are looked up by one row of one index, from the first day of a shop on."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gateway.orders.commit_store import PLANNING
from tests.conftest import as_owner

PARTNERS_HOLDS = """
INSERT INTO hold (partner_id, id, out_hold_no, content_hash, sku_id, quantity, amount,
                  expires_at, created_at, updated_at)
SELECT 1, n, 'h' || n, '', 1, 1, 1, now(), now(), now() FROM generate_series(1, 100) AS n
"""
LOOKS = {
    "h.id = $2": "hold_pkey",
    "h.out_hold_no = $2::text": "hold_partner_id_out_hold_no_key",
    "h.buyer_id = $2::text AND h.state = 'held'": "hold_open",
}


@pytest.fixture
async def uncounted(database_url: str) -> AsyncIterator[Any]:
    """A committer's connection, within a transaction: so nobody counts what there is."""
    connection = await asyncpg.connect(as_owner(database_url), server_settings=dict(PLANNING))
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(PARTNERS_HOLDS)
    yield connection
    await transaction.rollback()
    await connection.close()


async def test_a_look_goes_by_the_index_that_fits(uncounted: Any) -> None:
    """While nobody has counted the table: a plan that is made then is kept until somebody does.

    Seen red for ids with the key of numbers beginning with the partner, as it was: each look read
    all holds of the partner.
    """
    for n, (look, index) in enumerate(LOOKS.items()):
        await uncounted.execute(
            f"PREPARE look{n} AS SELECT h.state FROM hold h"
            f" WHERE h.partner_id = $1::bigint AND {look}"
        )
        plan = await uncounted.fetch(f"EXPLAIN EXECUTE look{n} (1, 1)")
        assert any(f"using {index} on" in row[0] for row in plan), (look, plan)
