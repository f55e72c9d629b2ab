"""GET /v1/account and its entries: the partner's money."""

from typing import Annotated, Final

from aiohttp.web import BaseRequest, Response
from msgspec import Meta, Struct

from gateway.catalog.rules import Scope
from gateway.ground.http.answers import encode, json_response, struct_response
from gateway.ground.http.operation import MONEY, Answer, Operation, Route
from gateway.ground.http.paging import (
    CURSOR,
    ENTRIES,
    LIMIT,
    NO_PARAMETERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_limit,
    parse_query,
)
from gateway.ground.http.wire import Cursor, Minor, Time
from gateway.ground.traffic.admission import Class
from gateway.ledger.rules import EntryKind, EntryRecord
from gateway.ledger.store import AccountStore
from gateway.partners.authentication import Gate


class Account(Struct, kw_only=True):
    """The partner's money; `available` = `balance` + `credit_limit`."""

    balance: Minor
    credit_limit: Minor
    available: Minor
    currency: str


class Entry(Struct, kw_only=True):
    """One movement of money; all amounts together are the balance."""

    id: str
    kind: EntryKind
    amount: Annotated[int, Meta(description="Signed, in minor units (分).")]
    balance_after: Minor
    order_no: str | None
    reference: str | None
    created_at: Time


class EntryPage(Struct, kw_only=True):
    """Entries, newest first."""

    data: list[Entry]
    next_cursor: Cursor


READ_ACCOUNT: Final = Operation(
    name="readAccount",
    tag=MONEY,
    summary="Read the balance",
    scope=Scope.ACCOUNT_READ,
    answers={200: Answer("The account.", Account)},
    problems=("invalid-request",),
)
LIST_ENTRIES: Final = Operation(
    name="listEntries",
    tag=MONEY,
    summary="List movements of money",
    description="Newest first. All amounts together are the balance.",
    scope=Scope.ACCOUNT_READ,
    query=(LIMIT, CURSOR),
    answers={200: Answer("One page.", EntryPage)},
    problems=("invalid-request",),
)


class Accounts:
    """The partner's money: `reads` for what is read by its key, `lists` for lists."""

    def __init__(self, gate: Gate, *, reads: AccountStore, lists: AccountStore) -> None:
        self._gate = gate
        self._reads = reads
        self._lists = lists

    async def read(self, request: BaseRequest) -> Response:
        """GET /v1/account."""
        key, _ = await self._gate.admit(request, Scope.ACCOUNT_READ)
        parse_query(request, NO_PARAMETERS)
        account = await self._reads.account(key.partner_id)
        return struct_response(
            Account(
                balance=account.balance,
                credit_limit=account.credit_limit,
                available=account.available,
                currency=account.currency,
            )
        )

    async def list_entries(self, request: BaseRequest) -> Response:
        """GET /v1/account/entries, newest first."""
        key, _ = await self._gate.admit(request, Scope.ACCOUNT_READ, kind=Class.LIST)
        query = parse_query(request)
        limit = parse_limit(query)
        records = await self._lists.entries(key.partner_id, parse_cursor(ENTRIES, query), limit + 1)
        page = records[:limit]
        more = len(records) > limit
        return json_response(
            page_json(
                [encode(_entry(record)) for record in page],
                make_cursor(ENTRIES, page[-1].seq) if more else None,
            )
        )


def _entry(record: EntryRecord) -> Entry:
    return Entry(
        id=str(record.seq),
        kind=record.kind,
        amount=record.amount,
        balance_after=record.balance_after,
        order_no=None if record.order_id is None else str(record.order_id),
        reference=record.reference,
        created_at=record.created_at,
    )


ROUTES: Final = (
    Route("GET", "/v1/account", Accounts.read, READ_ACCOUNT),
    Route("GET", "/v1/account/entries", Accounts.list_entries, LIST_ENTRIES),
)
