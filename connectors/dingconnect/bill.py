"""DingConnect's transfer records, as rows of a bill. Pure.

A transfer that failed stays in the list beside the one that succeeded under the same number.
Assumption: `Skip` pages, as `Take` bounds.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.bill import BillPage, BillRow, moment_s, near
from connectors.dingconnect.wire import (
    Envelope,
    cost_of,
    distributor_ref,
    state_of,
    transfer_ref,
)
from connectors.loose import as_int, as_object, as_objects

TAKE = 100


def page_members(cursor: str | None) -> dict[str, int]:
    """The body of ListTransferRecords; the cursor is how many were read."""
    return {"Take": TAKE, "Skip": as_int(cursor) or 0}


def read_page(envelope: Envelope, day: date, cursor: str | None) -> BillPage:
    """The rows of a page that may be of the day, and whether there are more."""
    items = as_objects(envelope.members.get("Items"))
    records = [as_object(item.get("TransferRecord")) or item for item in items]
    more = envelope.members.get("ThereAreMoreItems") is True and bool(records)
    return BillPage(
        rows=near((_row(record) for record in records), day),
        next_cursor=str((as_int(cursor) or 0) + len(records)) if more else None,
    )


def _row(record: Mapping[str, Any]) -> BillRow:
    cost_minor, currency = cost_of(record)
    return BillRow(
        our_no=distributor_ref(record),
        upstream_no=transfer_ref(record),
        kind=state_of(record)[0],
        amount_minor=cost_minor,
        currency=currency or "",
        at=moment_s(record, "StartedUtc"),
    )
