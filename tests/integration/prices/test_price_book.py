"""What the order path reads of prices."""

from typing import Any

from gateway.catalog.store import read_catalog
from gateway.ground.sql.database import Database
from gateway.prices.rules import PriceBook

SHOP = """
INSERT INTO category (name) VALUES ('games'), ('books');
INSERT INTO category (name, parent_id) SELECT 'steam', id FROM category WHERE name = 'games';
INSERT INTO sku (sku, name, kind, price, account_rule, currency, category_id)
SELECT s, s, 'topup', 1000, 'any', c, (SELECT id FROM category WHERE name = g)
FROM (VALUES ('CNY', 'CNY', 'steam'), ('USD', 'USD', 'steam'), ('OTHER', 'CNY', 'books'))
    AS of (s, c, g);
INSERT INTO price_row (category_id, amount, basis_points)
SELECT id, 900, NULL FROM category WHERE name = 'games'
UNION ALL SELECT id, NULL, 8750 FROM category WHERE name = 'games';
INSERT INTO price_row (sku_id, amount, ends_at, proposed_by, approved_by, below)
SELECT s.id, of.* FROM sku s,
    (VALUES (1, now() - interval '2 hours', NULL, NULL, NULL), (2, NULL, 'ann', NULL, 5),
            (3, now() - interval '1 minute', 'ann', 'bob', 5)) AS of (a, e, p, b, f)
WHERE s.sku = 'OTHER';
INSERT INTO price_floor (sku_id, basis_points) SELECT id, 3333 FROM sku WHERE sku = 'OTHER';
"""


async def test_the_rows_in_force_of_every_sku(database: Database, connection: Any) -> None:
    """A category's row is about everything below it, an amount about its own currency. Proposals
    and what is long over are no prices.

    Seen red without each line of the query's condition, and without the recursion.
    """
    await connection.execute(SHOP)
    catalog = (await read_catalog(database.pool)).catalog
    lists = catalog.book(PriceBook).lists

    def amounts(sku: str) -> set[int]:
        return {row.minor for row in lists[catalog.skus[sku].id].rows}

    assert amounts("CNY") == {1000, 900, 875}
    assert amounts("USD") == {1000, 875}
    assert amounts("OTHER") == {1000, 3}
    other = lists[catalog.skus["OTHER"].id]
    assert other.floor_minor == 333
    (row,) = [row for row in other.rows if row.ends_at is not None]
    assert (row.minor, row.below) == (3, 5)
