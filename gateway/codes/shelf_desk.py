"""Shelves: which part of a pool who sells from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.codes import shelve
from gateway.codes.shelf_administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import has_no
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NAME_HELP
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

SHELF: Final = Noun(name="shelf", plural="shelves", zh="货架", en="Shelf")
TRACE: Final = Trace(
    name="shelf",
    table="shelf",
    statement=SQL.trace_shelf,
    key=lambda given, _: (given.pool, given.shelf),
    left_out=("lent", "borrowed"),
)
Pool: TypeAlias = Annotated[
    str, Meta(description="A pool's name.", extra={"argument": True, "metavar": "POOL"})
]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**40)]


class NewShelf(Given, frozen=True, kw_only=True):
    """A shelf that is to be."""

    pool: Pool
    shelf: Annotated[str, Meta(description=NAME_HELP, extra={"argument": True, "metavar": "NAME"})]
    codes: Annotated[Count, Meta(description="How many of main's codes go there.")]
    sku: Annotated[str | None, Meta(description="The SKU that sells from it.")] = None
    channel: Annotated[str | None, Meta(description="The channel that sells from it.")] = None
    campaign: Annotated[str | None, Meta(description="The campaign that sells from it.")] = None
    borrow: Annotated[
        bool, Meta(description="Empty, it borrows from main and others with --borrow; it lends.")
    ] = False
    reserve: Annotated[Count | None, Meta(description="So many it does not lend. [0]")] = None
    until: Annotated[
        datetime | None,
        Meta(
            description="RFC 3339; then it is closed. [its campaign's end]",
            extra={"metavar": "TIME"},
        ),
    ] = None


class ShelfMove(Given, frozen=True, kw_only=True):
    """Codes that are to lie elsewhere."""

    pool: Pool
    source: Annotated[
        str, Meta(description="The shelf they are on.", extra={"argument": True, "metavar": "FROM"})
    ]
    target: Annotated[
        str, Meta(description="The shelf they go to.", extra={"argument": True, "metavar": "TO"})
    ]
    count: Annotated[
        Annotated[int, Meta(ge=1, le=2**40)],
        Meta(description="How many.", extra={"argument": True, "metavar": "COUNT"}),
    ]


class OneShelf(Given, frozen=True, kw_only=True):
    """A shelf there is."""

    pool: Pool
    shelf: Annotated[
        str, Meta(description="A shelf's name.", extra={"argument": True, "metavar": "NAME"})
    ]


class OnePool(Given, frozen=True, kw_only=True):
    """A pool there is."""

    pool: Pool


async def _create(at: At, given: NewShelf, _: Change) -> Mapping[str, Any]:
    return await shelve.put_up(
        at.db,
        shelve.NewShelf(
            pool=given.pool,
            shelf=given.shelf,
            codes=given.codes,
            sku=given.sku,
            channel=given.channel,
            campaign=given.campaign,
            borrow=given.borrow,
            reserve=given.reserve,
            until=given.until,
        ),
    )


async def _move(at: At, given: ShelfMove, _: Change) -> Mapping[str, Any]:
    return await shelve.move(at.db, given.pool, given.source, given.target, given.count)


async def _close(at: At, given: OneShelf, _: Change) -> Mapping[str, Any]:
    return await shelve.close(at.db, given.pool, given.shelf)


_COUNTS: Final = (
    ("codes", "总数", "Codes"),
    ("free", "可售", "Free"),
    ("leased", "租出", "Leased"),
    ("held", "占用", "Held"),
    ("in_doubt", "待定", "In doubt"),
    ("delivered", "已发", "Delivered"),
    ("void", "作废", "Void"),
    ("expired", "过期", "Expired"),
    ("lent", "借出", "Lent"),
    ("borrowed", "借入", "Borrowed"),
)

DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=SHELF,
        verb="create",
        doc="Put so many of main's codes on a shelf of their own, for one SKU, channel or campaign."
        "\n\nOf several that fit an order: its campaign's, then its channel's, then its SKU's.",
        given=NewShelf,
        example="quangate shelf create vip-month app --codes 500 --sku VIP --borrow --reserve 50",
        permission="shelves:create",
        run=_create,
        undo="`quangate shelf close POOL NAME`: what is left goes back to main.",
        subject=lambda given, _: f"{given.pool}/{given.shelf}",
        traces=(TRACE,),
    ),
    Action(
        noun=SHELF,
        verb="move",
        doc="Move codes from one shelf to another: exactly so many, or none.",
        given=ShelfMove,
        example="quangate shelf move vip-month main app 100",
        permission="shelves:move",
        run=_move,
        undo="`quangate shelf move POOL TO FROM COUNT`, as far as they are not sold.",
        subject=lambda given, _: given.pool,
        kept=("moved",),
    ),
    Action(
        noun=SHELF,
        verb="close",
        fits=has_no("closed_at"),
        doc="Sell no more from a shelf; what it has left goes back to main, leased codes too.",
        given=OneShelf,
        example="quangate shelf close vip-month app",
        permission="shelves:close",
        run=_close,
        undo="`quangate shelf create` with its name puts it up again.",
        subject=lambda given, _: f"{given.pool}/{given.shelf}",
        traces=(TRACE,),
        kept=("returned",),
    ),
    View(
        noun=SHELF,
        verb="list",
        doc="A pool's shelves, and where their codes are; closed ones too.",
        given=OnePool,
        example="quangate shelf list vip-month",
        permission="shelves:read",
        columns=(
            Column(name="shelf", kind="id", zh="货架", en="Shelf"),
            *(
                Column(name=name, kind="number", zh=zh, en=en, unit="codes")
                for name, zh, en in _COUNTS
            ),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="channel", kind="id", zh="渠道", en="Channel"),
            Column(name="campaign", kind="id", zh="活动", en="Campaign"),
            Column(name="borrow", kind="flag", zh="可借", en="Borrows"),
            Column(name="reserve", kind="number", zh="保留", en="Reserve", unit="codes"),
            Column(name="until", kind="time", zh="截止", en="Until"),
            Column(name="closed_at", kind="time", zh="关闭", en="Closed"),
        ),
        sort=(SortKey(columns=("pool_id",), index="shelf_pool_id_name_key"),),
        statement=SQL.list_shelves,
        rows_as="shelves",
        rows=lambda at, given: shelve.list_shelves(at.db, given.pool),
    ),
)
