"""`quangate quota`, and counting back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.ground.config import Config
from gateway.ground.sql.database import open_database
from gateway.quotas.store import QuotaStore
from tests.conftest import Cli
from tests.integration.quotas.quota_books import complaints, had

ORDERED = """
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, account,
                    details, state, delivered_quantity, refunded, created_at, updated_at)
SELECT p.id, ((extract(epoch FROM $2::timestamptz) * 1000 - 1735689600000)::bigint << 22) + $1,
       'O' || $1, '', s.id, 3, 3, 'a',
       jsonb_build_object('buyer_id', $3::text, 'buyer_ip', $4::text), $5,
       CASE $5 WHEN 'delivered' THEN 3 WHEN 'reversed' THEN 3 WHEN 'partial' THEN 2 ELSE 0 END,
       CASE $5 WHEN 'failed' THEN 3 WHEN 'reversed' THEN 3 WHEN 'partial' THEN 1 ELSE 0 END, $2, $2
FROM partner p, sku s WHERE p.name = 'acme' AND s.sku = 'S'
"""


@pytest.fixture(scope="module")
def shop(command: Cli) -> None:
    """A partner and a SKU in a category."""
    for words in (
        "partner create acme",
        "pool create vip",
        "category create cards",
        "sku create S --name S --kind code --pool vip --price 1 --category cards --per-buyer 5",
    ):
        assert command(*words.split(), "--json").returncode == 0


@pytest.fixture
async def orders(connection: Any, shop: None) -> AsyncIterator[datetime]:
    """Orders of an hour ago and of two; when the younger ones begin."""
    now = datetime.now(UTC)
    since = now - timedelta(minutes=90)
    rows = [
        (1, now - timedelta(hours=2), "ann", "203.0.113.7", "delivered"),
        (2, now - timedelta(hours=1), "ann", "::FFFF:203.0.113.7", "delivered"),
        (3, now - timedelta(hours=1), "ann", None, "failed"),
        (4, now - timedelta(hours=1), "ann", "nonsense", "partial"),
        (5, now - timedelta(hours=1), "bob", "2001:DB8::1", "reversed"),
        (6, now - timedelta(hours=1), None, "2001:db8:0::1", "processing"),
    ]
    for row in rows:
        await connection.execute(ORDERED, *row)
    yield since
    await connection.execute("DELETE FROM quota_taken; DELETE FROM quota_use")
    await connection.execute("ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders")
    await connection.execute("ALTER TABLE orders ENABLE TRIGGER ALL")


@pytest.mark.usefixtures("shop")
def test_a_quota_is_made_shown_changed_and_deleted(command: Cli) -> None:
    """Each answer names it; a SKU's own limit is listed with them."""
    made = command(
        "quota", "create", "two", "--on", "category:cards", "--per", "buyer", "--max", "2",
        "--window", "day", "--keep-refunded", "--json",
    )  # fmt: skip
    assert made.json["quota"] == "two", made.stderr
    shown = command("quota", "show", "two", "--json").json
    expected = {
        "quota": "two", "on": "category:cards", "per": "buyer", "window": "day", "max": 2,
        "used": 0, "keep_refunded": True, "counts": [],
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    rows = {row["quota"]: row for row in command("quota", "list", "--json").json["quotas"]}
    assert (rows["sku:S"]["on"], rows["sku:S"]["max"]) == ("sku:S", 5)
    changed = command("quota", "change", "two", "--max", "3", "--json")
    assert changed.json == {"quota": "two", "max": 3}
    assert command("quota", "show", "two", "--json").json["max"] == 3
    assert command("quota", "delete", "two", "--json").json == {"quota": "two", "deleted": True}
    assert command("quota", "show", "two", "--json").json["error"]["code"] == "not-found"
    assert command("sku", "limit", "S", "--per-buyer", "4", "--json").returncode == 0
    assert command("quota", "show", "sku:S", "--json").json["max"] == 4
    assert command("quota", "change", "sku:S", "--max", "5", "--json").returncode == 0
    assert command("sku", "show", "S", "--json").json["per_buyer"] == 5


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ("create q --on sku:no --per buyer --max 1", "not-found", 1),
        ("create q --on category:no --per buyer --max 1", "not-found", 1),
        ("create q --on campaign:no --per buyer --max 1", "not-found", 1),
        ("create q --on nothing --per buyer --max 1", "invalid-argument", 2),
        ("create q --on sku: --per buyer --max 1", "invalid-argument", 2),
        ("create q --on all --per buyer --max 0", "invalid-argument", 2),
        ("create q --on all --per buyer --max 1 --from 2999-01-01T00:00:00Z",
         "invalid-argument", 2),
        ("create sku:S --on all --per buyer --max 1", "invalid-argument", 2),
        ("change no --max 1", "not-found", 1),
        ("delete no", "not-found", 1),
        ("show no", "not-found", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(command: Cli, words: str, code: str, exit_code: int) -> None:
    """With a sentence that says why; nothing is made."""
    before = command("quota", "list", "--json").json
    done = command("quota", *words.split(), "--json")
    assert (done.json["error"]["code"], done.returncode) == (code, exit_code), done.stderr
    assert command("quota", "list", "--json").json == before


async def test_orders_from_a_time_on_count(command: Cli, connection: Any, orders: datetime) -> None:
    """Those that deliver, or may; who has more than is allowed keeps it. Below use is refused.

    Seen red counting orders that failed, and without looking at when they were made.
    """
    args = ("--on", "sku:S", "--max", "1", "--from", orders.isoformat(), "--json")
    assert command("quota", "create", "back", "--per", "buyer", *args).json["orders_counted"] == 2
    id_ = await connection.fetchval("SELECT id FROM quota WHERE name = 'back'")
    partner = await connection.fetchval("SELECT id FROM partner WHERE name = 'acme'")
    assert await had(connection, id_) == {(f"{partner} ann", 0): 5}
    command("quota", "create", "ips", "--per", "ip", *args)
    ips = await connection.fetchval("SELECT id FROM quota WHERE name = 'ips'")
    assert await had(connection, ips) == {("203.0.113.7", 0): 3, ("2001:db8::1", 0): 3}
    command("quota", "create", "all", "--per", "total", *args)
    total = await connection.fetchval("SELECT id FROM quota WHERE name = 'all'")
    assert await had(connection, total) == {("", 0): 8}
    assert await complaints(connection) == []
    refused = command("quota", "change", "back", "--max", "4", "--json")
    assert (refused.returncode, refused.json["error"]["code"]) == (1, "below-use")
    assert "must be 5 or more" in str(refused.json["error"])
    assert command("quota", "change", "back", "--max", "5", "--json").returncode == 0
    shown = command("quota", "show", "back", "--json").json
    assert (shown["used"], shown["counts"]) == (5, [{"subject": f"{partner} ann", "used": 5}])
    for name in ("back", "ips", "all"):
        assert command("quota", "delete", name, "--json").returncode == 0


async def test_what_passed_before_every_worker_asked_is_counted(
    command: Cli, connection: Any, config: Config, orders: datetime
) -> None:
    """Once, some seconds after the quota was made; and what failed meanwhile comes back.

    Seen red without the second look.
    """
    command("quota", "create", "young", "--on", "sku:S", "--per", "buyer", "--max", "9",
            "--from", orders.isoformat(), "--json")  # fmt: skip
    id_ = await connection.fetchval("SELECT id FROM quota WHERE name = 'young'")
    partner = await connection.fetchval("SELECT id FROM partner WHERE name = 'acme'")
    await connection.execute(ORDERED, 7, datetime.now(UTC), "cid", None, "processing")
    await connection.execute("ALTER TABLE orders DISABLE TRIGGER USER")
    await connection.execute(
        "UPDATE orders SET state = 'failed', delivered_quantity = 0, refunded = 3"
        " WHERE out_order_no = 'O4'"
    )
    await connection.execute("ALTER TABLE orders ENABLE TRIGGER USER")
    database = await open_database(config, connections=1)
    try:
        store = QuotaStore(database.pool)
        await store.settle()
        assert await had(connection, id_) == {(f"{partner} ann", 0): 5}
        await connection.execute("UPDATE quota SET settles_at = now() - interval '1 s'")
        for _ in range(2):
            await store.settle()
            assert await had(connection, id_) == {
                (f"{partner} ann", 0): 3,
                (f"{partner} cid", 0): 3,
            }
    finally:
        await database.close()
    assert await connection.fetchval("SELECT count(*) FROM quota WHERE settles_at IS NOT NULL") == 0
    assert await complaints(connection) == []
