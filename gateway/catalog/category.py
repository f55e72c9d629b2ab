"""Categories: where SKUs are filed, one below another, to any depth."""

from collections.abc import Sequence
from typing import Any

from gateway.catalog.category_administration import SQL
from gateway.ground.desk.port import Row, Transaction, already_exists, check_name, not_found
from gateway.ground.desk.refusal import refused


async def create_category(db: Transaction, name: str, *, parent: str | None) -> dict[str, Any]:
    """Make a category, at the top or below another."""
    check_name("category", name)
    above = None if parent is None else await category_id(db, parent)
    if await SQL.insert_category.one(db, name, above) is None:
        raise already_exists("category", name)
    return {"category": name, "parent": parent}


async def move_category(db: Transaction, name: str, *, parent: str | None) -> dict[str, Any]:
    """Put a category, with all that lies below it, below another; no parent: at the top.

    What is said of the new one is meant for it from now on, what was said of the old one no more.
    """
    await SQL.hold_categories.run(db)
    moved = await category_id(db, name)
    above = None if parent is None else await category_id(db, parent)
    if above is not None and await SQL.category_below.one(db, above, moved) is not None:
        raise refused("below-itself", "below-itself", "parent", category=name, parent=parent)
    await SQL.move_category.run(db, moved, above)
    return {"category": name, "parent": parent}


async def list_categories(db: Transaction) -> Sequence[Row]:
    """All categories by name, each with its path from the top and how many SKUs lie in it."""
    return await SQL.list_categories.all(db)


async def category_id(db: Transaction, name: str) -> int:
    """The id behind a category's name."""
    found = await SQL.category_by_name.one(db, name)
    if found is None:
        raise not_found("category", name)
    return found
