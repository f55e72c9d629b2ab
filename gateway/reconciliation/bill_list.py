"""Reads a platform's own list of a day, page by page, as the comparison takes it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Final

from connectors.bill import PAGES_MAX, BillRow
from connectors.upstream import Upstream
from gateway.ground.desk.refusal import refused
from gateway.reconciliation.rules import TheirRow

CURRENCY: Final = "CNY"  # what our costs are in; other amounts are not compared


async def list_bill(platform: Upstream, day: date) -> AsyncIterator[TheirRow]:
    """All rows around a day. Raises RefusedError when the platform lists nothing."""
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = await platform.bill(day, cursor)
        if page is None:
            raise refused("no-statement", "no-statement", "file", connector=platform.connector.name)
        for row in page.rows:
            yield _their_row(row, day)
        cursor = page.next_cursor
        if cursor is None:
            return
    raise refused("endless-statement", "endless-statement", most=PAGES_MAX)


def _their_row(row: BillRow, day: date) -> TheirRow:
    when = None if row.at is None else datetime.fromtimestamp(row.at, UTC).date()
    return TheirRow(
        our_no=row.our_no,
        upstream_no=row.upstream_no,
        kind=row.kind,
        amount_minor=row.amount_minor if row.currency == CURRENCY else None,
        of_the_day=when in (None, day),
        delivered_quantity=row.delivered_quantity,
        delivered_face_minor=row.delivered_face_minor,
        refunded_minor=row.refunded_minor if row.currency == CURRENCY else None,
    )
