"""Categories: where SKUs are filed, one below another, to any depth."""

from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.port import Row, Statements, already_exists, check_name, not_found
from gateway.ground.desk.refusal import refused


async def create_category(db: Statements, name: str, *, parent: str | None) -> dict[str, Any]:
    """Make a category, at the top or below another."""
    check_name("category", name)
    above = None if parent is None else await category_id(db, parent)
    if await db.one("insert_category", name, above) is None:
        raise already_exists("category", name)
    return {"category": name, "parent": parent}


async def move_category(db: Statements, name: str, *, parent: str | None) -> dict[str, Any]:
    """Put a category, with all that lies below it, below another; no parent: at the top.

    What is said of the new one is meant for it from now on, what was said of the old one no more.
    """
    await db.one("hold_categories")
    moved = await category_id(db, name)
    above = None if parent is None else await category_id(db, parent)
    if above is not None and await db.one("category_below", above, moved) is not None:
        raise refused("below-itself", "below-itself", "parent", category=name, parent=parent)
    await db.one("move_category", moved, above)
    return {"category": name, "parent": parent}


async def list_categories(db: Statements) -> Sequence[Row]:
    """All categories by name, each with its path from the top and how many SKUs lie in it."""
    return await db.all("list_categories")


async def category_id(db: Statements, name: str) -> int:
    """The id behind a category's name."""
    row = await db.one("category_by_name", name)
    if row is None:
        raise not_found("category", name)
    found: int = row["id"]
    return found
