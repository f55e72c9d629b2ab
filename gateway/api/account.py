"""GET /v1/account and its entries: the partner's money."""

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import encode, json_response, struct_response
from gateway.api.authentication import admit
from gateway.api.context import Context
from gateway.api.paging import (
    ENTRIES,
    NO_PARAMETERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_limit,
    parse_query,
)
from gateway.api.schemas import Account, Entry
from gateway.domain.catalog import Scope
from gateway.domain.ledger import EntryRecord
from gateway.store.account import AccountStore


async def read_account(context: Context, request: BaseRequest) -> Response:
    """GET /v1/account."""
    key, _ = await admit(context, request, Scope.ACCOUNT_READ)
    parse_query(request, NO_PARAMETERS)
    account = await AccountStore(context.reads).account(key.partner_id)
    return struct_response(
        Account(
            balance=account.balance,
            credit_limit=account.credit_limit,
            available=account.available,
            currency=account.currency,
        )
    )


async def list_entries(context: Context, request: BaseRequest) -> Response:
    """GET /v1/account/entries, newest first."""
    key, _ = await admit(context, request, Scope.ACCOUNT_READ)
    query = parse_query(request)
    limit = parse_limit(query)
    records = await AccountStore(context.lists).entries(
        key.partner_id, parse_cursor(ENTRIES, query), limit + 1
    )
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
