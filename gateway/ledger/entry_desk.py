"""Entries: every movement of money there was."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Limit, Number, OnlyPartner
from gateway.ground.desk.port import At, by_index, no_row, partner_id
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.ledger.entry_administration import SQL
from gateway.orders.life import order_entries

ENTRY: Final = Noun(name="entry", plural="entries", zh="账目", en="Entry")
NAME: Final = r"^[A-Za-z0-9._-]{1,64}:([1-9][0-9]{0,17}|[1-8][0-9]{18})\Z"


class Kind(StrEnum):
    """What moved money."""

    DEPOSIT = "deposit"
    CHARGE = "charge"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"


class Entries(Given, frozen=True, kw_only=True):
    """Which entries."""

    partner: OnlyPartner = None
    order_no: Annotated[Number | None, Meta(description="Only for this order.")] = None
    kind: Annotated[Kind | None, Meta(description="Only of this kind.")] = None
    cursor: Annotated[
        Annotated[str, Meta(pattern=NAME)] | None,
        Meta(
            description="Go on after the page that ended with this `next_cursor`.",
            extra={"form": "a `next_cursor` of this list"},
        ),
    ] = None
    limit: Limit = 50


class OneEntry(Given, frozen=True, kw_only=True):
    """An entry there is."""

    entry: Annotated[str, Meta(description="PARTNER:NUMBER, as the list has it.")]


async def _list(at: At, given: Entries) -> Sequence[Mapping[str, Any]]:
    if given.partner is not None:
        await partner_id(at.db, given.partner)
    if given.order_no is not None:
        return await _of_order(at, given, given.order_no)
    await by_index(at.db)
    whose, _, number = (given.cursor or "").partition(":")
    name, seq = (whose, int(number)) if number else (None, None)
    if given.kind is None:
        return await SQL.list_entries.all(at.db, given.partner, name, seq, given.limit)
    return await SQL.entries_of_kind.all(at.db, given.partner, name, seq, given.limit, given.kind)


async def _of_order(at: At, given: Entries, order_no: str) -> Sequence[Mapping[str, Any]]:
    """All of them, the newest first; they are few."""
    found = await order_entries(at.db, order_no)
    if found is None or given.partner not in (None, found[0]) or given.cursor is not None:
        return []
    partner, entries = found
    return [
        {
            "entry": f"{partner}:{row['id']}",
            "partner": partner,
            **{name: value for name, value in row.items() if name != "id"},
            "order_no": order_no,
        }
        for row in reversed(entries)
        if given.kind in (None, row["kind"])
    ]


async def _show(at: At, given: OneEntry) -> Mapping[str, Any]:
    partner, _, number = given.entry.partition(":")
    if number.isascii() and number.isdecimal() and int(number) < 2**63 - 1:
        for row in await SQL.list_entries.all(at.db, partner, partner, int(number) + 1, 1):
            if row["entry"] == given.entry:
                return row
    raise no_row("entry", "entry", given.entry)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=ENTRY,
        verb="list",
        doc="Movements of money, partner by partner, of each the newest first; of one kind among"
        " each partner's next 10,000.",
        given=Entries,
        example="GET /admin/v1/entries?partner=acme&kind=refund",
        permission="entries:read",
        columns=(
            Column(name="entry", kind="id", zh="编号", en="No."),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(Kind)),
            Column(name="amount", kind="money", zh="金额", en="Amount"),
            Column(name="balance_after", kind="money", zh="余额", en="Balance after"),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="reference", kind="id", zh="凭证号", en="Reference"),
            Column(name="created_at", kind="time", zh="时间", en="At"),
        ),
        sort=(SortKey(columns=("partner_id", "seq"), index="entry_pkey", descending=True),),
        statement=SQL.list_entries,
        rows_as="entries",
        rows=_list,
        cursor="entry",
        at_shell=False,
    ),
    Page(
        noun=ENTRY,
        verb="show",
        doc="One movement of money.",
        given=OneEntry,
        example="GET /admin/v1/entries/acme:17",
        permission="entries:read",
        read=_show,
        at_shell=False,
    ),
)
