"""Pools: stocks of codes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.catalog import administer as catalog
from gateway.catalog.administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

POOL: Final = Noun(name="pool", plural="pools", zh="卡密池", en="Pool")
TRACE: Final = Trace(
    name="pool",
    table="pool",
    statement=SQL.trace_pool,
    key=lambda given, _: (given.pool,),
    left_out=("size", "next_seq", "generation", "expiring"),  # its stock: `codes` changes it
)


class NewPool(Given, frozen=True, kw_only=True):
    """A pool that is to be."""

    pool: NewName
    case_insensitive: Annotated[bool, Meta(description="AB and ab are one code.")] = False
    ignore_spaces: Annotated[bool, Meta(description="A B and AB are one code.")] = False


class OnePool(Given, frozen=True, kw_only=True):
    """A pool there is."""

    pool: Annotated[
        str, Meta(description="A pool's name.", extra={"argument": True, "metavar": "NAME"})
    ]


async def _create(at: At, given: NewPool, _: Change) -> Mapping[str, Any]:
    return await catalog.create_pool(
        at.db,
        given.pool,
        case_insensitive=given.case_insensitive,
        ignore_spaces=given.ignore_spaces,
    )


async def _show(at: At, given: OnePool) -> Mapping[str, Any]:
    return await catalog.show_pool(at.db, given.pool)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=POOL,
        verb="create",
        doc="Make an empty pool. The two rules say which codes count as duplicates.",
        given=NewPool,
        example="quangate pool create vip-month",
        permission="pools:create",
        run=_create,
        undo="Not at all: a pool stays; empty it costs nothing.",
        subject=lambda given, _: given.pool,
        traces=(TRACE,),
        note=lambda given, _: f"Next: quangate codes import FILE --pool {given.pool}",
    ),
    View(
        noun=POOL,
        verb="list",
        doc="All pools with what they hold.",
        given=Given,
        example="quangate pool list",
        permission="pools:read",
        columns=(
            Column(name="pool", kind="id", zh="卡密池", en="Pool"),
            Column(name="imported", kind="number", zh="入库", en="Imported", unit="codes"),
            Column(name="for_sale", kind="number", zh="可售", en="For sale", unit="codes"),
            Column(name="free", kind="number", zh="在架", en="On shelves", unit="codes"),
            Column(name="leased", kind="number", zh="领用中", en="With workers", unit="codes"),
            Column(name="leases", kind="number", zh="租约", en="Leases", unit="leases"),
            Column(name="skus", kind="list", zh="商品", en="SKUs"),
            Column(name="purchased", kind="flag", zh="按需采购", en="Bought on demand"),
            Column(name="case_insensitive", kind="flag", zh="忽略大小写", en="Case-insensitive"),
            Column(name="ignore_spaces", kind="flag", zh="忽略空格", en="Spaces ignored"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="pool_name_key"),),
        statement=SQL.list_pools,
        rows_as="pools",
        rows=lambda at, _: catalog.list_pools(at.db),
    ),
    Page(
        noun=POOL,
        verb="show",
        doc="One pool with its batches.",
        given=OnePool,
        example="quangate pool show vip-month",
        permission="pools:read",
        read=_show,
    ),
)
