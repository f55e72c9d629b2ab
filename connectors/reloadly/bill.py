"""Reloadly's transaction reports, as rows of a bill. Pure.

Gift cards' reports take `startDate` and `endDate`; assumption: so do those of airtime.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.answer import expect_ok
from connectors.bill import MARGIN, BillPage, BillRow, moment_s, near
from connectors.exchange import HttpResponse
from connectors.loose import read_json
from connectors.reloadly.reading import page_of, read_transaction

PAGE_SIZE = 200


def report_query(day: date, page: int) -> str:
    """The query of one page of a report around a day."""
    starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return urlencode(
        {
            "startDate": _written(starts_at - MARGIN),
            "endDate": _written(starts_at + timedelta(days=1) + MARGIN),
            "page": page,
            "size": PAGE_SIZE,
        }
    )


def read_report(response: HttpResponse, day: date) -> tuple[BillPage, bool]:
    """The rows of a page that may be of the day, and whether it is the service's last."""
    expect_ok(response)
    rows, last = page_of(read_json(response.body))
    page = BillPage(rows=near((_row(row) for row in rows), day))
    return page, last


def _row(transaction: Mapping[str, Any]) -> BillRow:
    read = read_transaction(transaction)
    return BillRow(
        our_no=read.echo.order_no,
        upstream_no=read.upstream_no,
        kind=read.kind,
        amount_minor=read.cost_minor,
        currency=read.currency or "",
        at=moment_s(transaction, "transactionDate", "transactionCreatedTime"),
    )


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
