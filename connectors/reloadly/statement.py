"""Reloadly's transaction reports, as rows of a statement. Pure.

Gift cards' reports take `startDate` and `endDate`; assumption: so do those of airtime.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.answer import expect_ok
from connectors.contract import HttpResponse, QueryKind
from connectors.loose import as_text, read_json, to_minor
from connectors.reloadly.reading import page_of
from connectors.reloadly.wire import STATES, Service, cost_of
from connectors.statement import MARGIN, StatementPage, StatementRow, moment_s, near

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


def read_report(response: HttpResponse, service: Service, day: date) -> tuple[StatementPage, bool]:
    """The rows of a page that may be of the day, and whether it is the service's last."""
    expect_ok(response)
    rows, last = page_of(read_json(response.body))
    page = StatementPage(rows=near((_row(service, row) for row in rows), day))
    return page, last


def _row(service: Service, transaction: Mapping[str, Any]) -> StatementRow:
    member = "currencyCode" if service is Service.GIFTCARDS else "requestedAmountCurrencyCode"
    currency = as_text(transaction.get(member)) or ""
    word = (as_text(transaction.get("status")) or "").upper()
    return StatementRow(
        our_no=as_text(transaction.get("customIdentifier")),
        upstream_no=as_text(transaction.get("transactionId")) or as_text(transaction.get("id")),
        kind=STATES.get(word, QueryKind.PROCESSING),
        amount_minor=to_minor(cost_of(service, transaction, currency), currency),
        currency=currency,
        at=moment_s(transaction, "transactionDate", "transactionCreatedTime"),
    )


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
