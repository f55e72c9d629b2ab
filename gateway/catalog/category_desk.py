"""Categories: where SKUs are filed."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.catalog import category as categories
from gateway.catalog.category_administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

CATEGORY: Final = Noun(name="category", plural="categories", zh="类目", en="Category")
TRACE: Final = Trace(
    name="category",
    table="category",
    statement=SQL.trace_category,
    key=lambda given, _: (given.category,),
)


class NewCategory(Given, frozen=True, kw_only=True):
    """A category that is to be."""

    category: NewName
    parent: Annotated[str | None, Meta(description="The one it lies below. [none: at the top]")] = (
        None
    )


class Move(Given, frozen=True, kw_only=True):
    """Where a category is to lie."""

    category: Annotated[
        str, Meta(description="A category's name.", extra={"argument": True, "metavar": "NAME"})
    ]
    parent: Annotated[
        str | None, Meta(description="The one it will lie below. [none: at the top]")
    ] = None


async def _create(at: At, given: NewCategory, _: Change) -> Mapping[str, Any]:
    return await categories.create_category(at.db, given.category, parent=given.parent)


async def _move(at: At, given: Move, _: Change) -> Mapping[str, Any]:
    return await categories.move_category(at.db, given.category, parent=given.parent)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CATEGORY,
        verb="create",
        doc="Make a category; it means what lies below it, too.",
        given=NewCategory,
        example="quangate category create phones --parent electronics",
        permission="categories:create",
        run=_create,
        undo="Not at all; an empty category does nothing.",
        subject=lambda given, _: given.category,
        traces=(TRACE,),
    ),
    View(
        noun=CATEGORY,
        verb="list",
        doc="All categories, with their paths.",
        given=Given,
        example="quangate category list",
        permission="categories:read",
        columns=(
            Column(name="category", kind="id", zh="类目", en="Category"),
            Column(name="parent", kind="id", zh="上级", en="Parent"),
            Column(name="path", kind="text", zh="路径", en="Path"),
            Column(name="skus", kind="number", zh="商品数", en="SKUs", unit="SKUs"),
        ),
        sort=(SortKey(columns=("name",), index="category_name_key"),),
        statement=SQL.list_categories,
        rows_as="categories",
        rows=lambda at, _: categories.list_categories(at.db),
    ),
    Action(
        noun=CATEGORY,
        verb="move",
        doc="Put a category below another, with all that lies below it; without --parent at the"
        " top.",
        given=Move,
        example="quangate category move phones --parent gifts",
        permission="categories:move",
        run=_move,
        undo="`quangate category move NAME --parent` with the one before it.",
        subject=lambda given, _: given.category,
        traces=(TRACE,),
    ),
)
