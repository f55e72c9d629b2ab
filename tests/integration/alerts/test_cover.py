"""Days of cover: what is left of a pool, and how fast it sold."""

from pathlib import Path
from typing import Any

import pytest

from gateway.alerts.store import AlertStore
from gateway.ground.sql.database import Database
from tests.conftest import Cli, unguarded

SOLD = """
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                    delivered_quantity, pool_id, seqs, created_at, updated_at)
SELECT p.id, ((extract(epoch FROM t.at - timestamptz '2025-01-01Z') * 1000)::bigint << 22) + t.n,
       'C' || t.n, '', s.id, 2, 2, 'delivered', 2, s.pool_id, ARRAY[2 * t.n, 2 * t.n + 1],
       t.at, t.at
FROM partner p, sku s, (SELECT n, now() - interval '3 days' + n * interval '1 hour' AS at
                        FROM generate_series(0, 29) AS n) AS t
WHERE p.name = 'covered' AND s.sku = 'COVERED'
"""
BEHIND = "UPDATE sales_counted SET upto = now() - interval '4 days'"
COVER = (
    "SELECT days_of_cover(p.id, n.free + n.leased, 7) FROM pool p, pool_level(p.id) AS n"
    " WHERE p.name = 'covered'"
)
EXPIRED = (
    "UPDATE {} SET expires_at = now() - interval '1 hour' WHERE expires_at IS NOT NULL"
    " AND pool_id = (SELECT id FROM pool WHERE name = 'covered')"
)
PACE = "SELECT sum(sold) FROM pool_day d JOIN pool p ON p.id = d.pool_id WHERE p.name = 'covered'"


@pytest.fixture
async def store(database: Database, connection: Any, cli: Cli, tmp_path: Path) -> AlertStore:
    """Sixty codes sold within thirty hours, three days ago; twenty left, and five that have
    expired, which nobody has swept yet.
    """
    codes, old = tmp_path / "codes.csv", tmp_path / "old.csv"
    codes.write_text("".join(f"CODE-{n}\n" for n in range(20)))
    old.write_text("".join(f"OLD-{n},2030-01-01\n" for n in range(5)))
    for words in (
        ("partner", "create", "covered"), ("pool", "create", "covered"),
        ("sku", "create", "COVERED", "--name", "C", "--kind", "code", "--pool", "covered",
         "--price", "1"),
        ("codes", "import", str(codes), "--pool", "covered"),
        ("codes", "import", str(old), "--pool", "covered", "--columns", "code,expires_at",
         "--no-header", "--yes"),
    ):  # fmt: skip
        done = cli(*words)
        assert done.returncode == 0, (words, done.stderr)
    async with unguarded(connection):
        for table in ("code", "fragment"):
            assert await connection.execute(EXPIRED.format(table)) != "UPDATE 0"
    await connection.execute(SOLD)
    await connection.execute(BEHIND)
    return AlertStore(database.pool)


async def test_a_pool_that_lasts_for_few_days_is_found(store: AlertStore, connection: Any) -> None:
    """Each sale is counted once, in steps as long as one likes, whoever counts; twenty left at
    twenty a day are one day of cover. Seen red with a step's sales in the place of the day's, and
    with what has expired counted as left.
    """
    while await store.count_sales(7_200.0):
        pass
    assert not await store.count_sales(7_200.0)
    assert await connection.fetchval(PACE) == 60
    days = await connection.fetchval(COVER)
    assert 0.9 <= days <= 1.4  # 60 within three days and what is gone of that one
    (found,) = await store.look("cover-low", 2)
    assert (found.kind, found.subject) == ("cover-low", "covered")
    assert "20 codes are left" in found.detail
    assert await store.look("cover-low", None) == []
    assert await store.look("cover-low", 1) == ([found] if days < 1 else [])
