"""Money, for its partner's own people."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.permission import MANAGE
from gateway.ground.desk.port import AMOUNT_MAX, At, by_index
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.ledger.desk import ACCOUNT
from gateway.ledger.entry_desk import ENTRY, Kind
from gateway.ledger.portal_administration import SQL
from gateway.partners import administer as partners
from gateway.partners.portal_keys import own_name


class OwnEntries(Given, frozen=True, kw_only=True):
    """Which entries."""

    kind: Annotated[Kind | None, Meta(description="Only of this kind.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class OwnLow(Given, frozen=True, kw_only=True):
    """When to be told that money runs low."""

    low: Annotated[
        int,
        Meta(
            ge=0,
            le=AMOUNT_MAX,
            description="The webhook balance.low goes out when what is available falls below it,"
            " in minor units. 0: when nothing is left.",
        ),
    ]


async def _list(at: At, given: OwnEntries) -> Sequence[Mapping[str, Any]]:
    await by_index(at.db)
    before = None if given.cursor is None else int(given.cursor)
    if given.kind is None:
        return await SQL.portal_entries.all(at.db, at.own, before, given.limit)
    return await SQL.portal_entries_of_kind.all(at.db, at.own, before, given.limit, given.kind)


async def _set_low(at: At, given: OwnLow, _: Change) -> Mapping[str, Any]:
    return await partners.set_low(at.db, await own_name(at), given.low)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=ENTRY,
        verb="list",
        doc="Every movement of your money, the newest first.",
        given=OwnEntries,
        example="GET /portal/entries?kind=deposit",
        permission="account:read",
        columns=(
            Column(name="entry", kind="id", zh="账目", en="Entry"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(Kind)),
            Column(name="amount", kind="money", zh="金额", en="Amount"),
            Column(name="balance_after", kind="money", zh="变动后余额", en="Balance after"),
            Column(name="currency", kind="text", zh="币种", en="Currency"),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="reference", kind="text", zh="凭证", en="Reference"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id", "seq"), index="entry_pkey", descending=True),),
        statement=SQL.portal_entries,
        rows_as="entries",
        rows=_list,
        cursor="entry",
        at_shell=False,
    ),
    Action(
        noun=ACCOUNT,
        verb="credit",
        doc="Say when you are told that your money runs low.",
        given=OwnLow,
        example="POST /portal/accounts/credit",
        permission=MANAGE,
        run=_set_low,
        undo="The same with the amount before it; 0: when nothing is left.",
        subject=lambda _, answer: answer["partner"],
        kept=("low",),
        at_shell=False,
    ),
)
