"""DT One's list of transactions, as rows of a bill. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from connectors.answer import expect_ok
from connectors.bill import BillPage, BillRow, moment_s, near
from connectors.dtone.wire import price_of, status_of
from connectors.exchange import HttpResponse
from connectors.loose import as_int, as_objects, as_text, read_json

PER_PAGE = 100


def page_path(cursor: str | None) -> str:
    """`/transactions` by pages; the cursor is a page number."""
    return "/transactions?" + urlencode({"page": as_int(cursor) or 1, "per_page": PER_PAGE})


def read_page(response: HttpResponse, day: date, cursor: str | None) -> BillPage:
    """The rows of a page that may be of the day, and whether there are more pages."""
    expect_ok(response)
    page = as_int(cursor) or 1
    transactions = as_objects(read_json(response.body))
    pages = as_int(response.headers.get("x-total-pages", "")) or 1
    return BillPage(
        rows=near((_row(transaction) for transaction in transactions), day),
        next_cursor=str(page + 1) if transactions and page < pages else None,
    )


def _row(transaction: Mapping[str, Any]) -> BillRow:
    price_minor, currency = price_of(transaction)
    return BillRow(
        our_no=as_text(transaction.get("external_id")),
        upstream_no=as_text(transaction.get("id")),
        kind=status_of(transaction)[0],
        amount_minor=price_minor,
        currency=currency or "",
        at=moment_s(transaction, "creation_date", "confirmation_date"),
    )
