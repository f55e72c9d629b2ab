"""Limits per buyer become quotas: on a database with data, and while older workers still sell."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gateway.ground.sql import migrate
from gateway.ground.sql.embedded import EmbeddedServer
from tests.conftest import in_database
from tests.integration.quotas.quota_books import complaints, had, take

OURS = "0221"
DATA = """
INSERT INTO partner (name, webhook_secret) VALUES ('acme', 'x'), ('beta', 'x');
INSERT INTO pool (name) VALUES ('vip');
INSERT INTO sku (sku, name, kind, pool_id, price, per_buyer)
    SELECT s, s, 'code', id, 1, m
    FROM pool, (VALUES ('S', 3), ('LIFTED', NULL), ('FREE', NULL)) AS v (s, m);
INSERT INTO campaign (name, sku_id, starts_at, ends_at, per_buyer)
    SELECT 'now', id, now() - interval '1 h', now() + interval '1 h', 2 FROM sku WHERE sku = 'S';
INSERT INTO buyer_usage (partner_id, sku_id, buyer_id, used)
    SELECT p.id, s.id, b, n
    FROM partner p, sku s, (VALUES ('S', 'acme', 'ann', 2), ('S', 'acme', 'bob', 9),
        ('S', 'beta', 'ann', 1), ('LIFTED', 'acme', 'ann', 4)) AS v (sku, partner, b, n)
    WHERE s.sku = v.sku AND p.name = v.partner;
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, account,
                    details, state, created_at, updated_at)
    SELECT p.id, n, n, '', s.id, 1, 0, 'a', '{"buyer_id": "ann", "campaign": "now"}',
           'processing', now(), now()
    FROM partner p, sku s, generate_series(1, 2) AS n WHERE p.name = 'acme' AND s.sku = 'S';
"""


@pytest.fixture
async def older(
    postgres: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncpg.Connection]:
    """A database of the release before, with data; then of this one."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("CREATE DATABASE before_quotas")
    connection = await asyncpg.connect(in_database(postgres.dsn, "before_quotas"))
    all_of_them = migrate.migrations()
    monkeypatch.setattr(
        migrate, "migrations", lambda: {n: t for n, t in all_of_them.items() if n < OURS}
    )
    await migrate.apply_migrations(connection)
    await connection.execute(DATA)
    monkeypatch.undo()
    await migrate.apply_migrations(connection)
    yield connection
    await connection.close()
    await admin.execute("DROP DATABASE before_quotas")
    await admin.close()


async def quota(connection: Any, name: str) -> int:
    """Its id."""
    id_: int = await connection.fetchval("SELECT id FROM quota WHERE name = $1", name)
    return id_


async def test_counts_are_carried_over_and_go_on(older: asyncpg.Connection) -> None:
    """A SKU's, a lifted one's, and of a campaign its own orders; who has too much keeps it.

    Older workers go on counting in their table: together nobody has more than is allowed.
    Seen red without the trigger carry_usage.
    """
    acme = await older.fetchval("SELECT id FROM partner WHERE name = 'acme'")
    beta = await older.fetchval("SELECT id FROM partner WHERE name = 'beta'")
    sku = await older.fetchval("SELECT id FROM sku WHERE sku = 'S'")
    own, lifted = await quota(older, "sku:S"), await quota(older, "sku:LIFTED")
    campaign = await quota(older, "campaign:now")
    assert await quota(older, "sku:FREE") is None
    ann, bob = (f"{acme} ann", 0), (f"{acme} bob", 0)
    assert await had(older, own) == {ann: 2, bob: 9, (f"{beta} ann", 0): 1}
    assert await had(older, lifted) == {ann: 4}
    assert await had(older, campaign) == {(f"now {acme} ann", 0): 2}
    assert (await take(older, [(9, 1, [(own, bob[0])])]))[0] == [5]
    await older.execute("UPDATE sku SET per_buyer = 5 WHERE sku = 'LIFTED'")
    assert (await take(older, [(9, 1, [(lifted, ann[0])])], partner=acme))[0] == [1]

    # An older worker sells to cid in no campaign of his; it reads its own table alone.
    sold = (
        "INSERT INTO buyer_usage AS u (partner_id, sku_id, buyer_id, used) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (partner_id, sku_id, buyer_id) DO UPDATE SET used = u.used + excluded.used"
    )
    await older.execute("DELETE FROM quota WHERE id = $1", campaign)
    await older.execute("DELETE FROM quota_use WHERE quota_id = $1", campaign)
    await older.execute(sold, acme, sku, "cid", 2)
    assert (await take(older, [(10, 1, [(own, f"{acme} cid")])], partner=acme))[0] == [1]
    assert (await take(older, [(11, 1, [(own, f"{acme} cid")])], partner=acme))[0] == [5]
    with pytest.raises(asyncpg.CheckViolationError):
        await older.execute(sold, acme, sku, "cid", 1)
    await older.execute("UPDATE buyer_usage SET used = used - 1 WHERE buyer_id = 'cid'")
    assert (await had(older, own))[(f"{acme} cid", 0)] == 2
    assert await complaints(older) == []


async def test_an_older_worker_s_order_gives_its_units_back(older: asyncpg.Connection) -> None:
    """It has nothing written down as taken: what it counted comes back where it counted."""
    acme = await older.fetchval("SELECT id FROM partner WHERE name = 'acme'")
    sku = await older.fetchval("SELECT id FROM sku WHERE sku = 'S'")
    own = await quota(older, "sku:S")
    await older.execute(
        "SELECT give_back_carried($1, '{1,2}', '{1,0}', $2, '{ann,bob}')", [acme] * 2, [sku] * 2
    )
    counts = await had(older, own)
    assert (counts[f"{acme} ann", 0], counts[f"{acme} bob", 0]) == (1, 9)
    assert await complaints(older) == []
