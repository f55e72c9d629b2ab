"""What the order path knows of a feature is of one instant with the catalog."""

from dataclasses import dataclass
from typing import Any

import pytest

from gateway.catalog.store import read_catalog
from gateway.ground import house
from gateway.ground.sql.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuNames:
    """A book of a feature that reads what the catalog reads, too."""

    names: frozenset[str]


async def test_a_book_is_of_the_catalogs_instant(
    database: Database, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made while the catalog is read is in none of its books, or in all of them."""

    async def read(mine: Any) -> SkuNames:
        await connection.execute(
            "INSERT INTO sku (sku, name, kind, price, account_rule)"
            " VALUES ('mid', 'x', 'topup', 1, 'any')"
        )
        rows = await mine.fetch("SELECT sku FROM sku")
        return SkuNames(names=frozenset(row["sku"] for row in rows))

    monkeypatch.setattr(house, "books", lambda: (read,))
    catalog = (await read_catalog(database.pool)).catalog
    assert catalog.book(SkuNames).names == frozenset(catalog.skus)
    assert "mid" not in catalog.skus
