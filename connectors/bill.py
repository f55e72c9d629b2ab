"""A platform's own list of a day's transactions: what reconciliation compares our attempts with.

Only some platforms have one; a connector that does has a `bill` operation. Pure, like every
operation. For the others the operator imports a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol, runtime_checkable

from connectors.contract import AnswerKind, Context, Exchange

# Around the day: a time without a zone may be any zone's (assumption: none is further off).
MARGIN: Final = timedelta(hours=14)
PAGES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """One transaction of theirs. `amount_minor` is what they charged for all of it, and
    `refunded_minor` what they gave back of that, in minor units of `currency`; `at` in Unix
    seconds, None where it is not told.
    """

    our_no: str | None
    upstream_no: str | None
    kind: AnswerKind
    amount_minor: int | None
    currency: str
    at: float | None = None
    delivered_quantity: int | None = None
    delivered_face_minor: int | None = None
    refunded_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPage:
    """A page of the list; `next_cursor` None ends it."""

    rows: tuple[BillRow, ...]
    next_cursor: str | None = None


@runtime_checkable
class KeepsBills(Protocol):
    """A connector whose platform lists its transactions."""

    def bill(self, day: date, cursor: str | None, context: Context) -> Exchange[BillPage]:
        """One page of the transactions around a day (UTC); raises as `Connector.balance`."""


def is_near(row: BillRow, day: date) -> bool:
    """Whether a row may be of the day, whatever zone its time was written in."""
    if row.at is None:
        return True
    starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromtimestamp(row.at, UTC)
    return starts_at - MARGIN <= moment < starts_at + timedelta(days=1) + MARGIN


def near(rows: Iterable[BillRow], day: date) -> tuple[BillRow, ...]:
    """The rows that may be of the day."""
    return tuple(row for row in rows if is_near(row, day))


def moment_s(members: Mapping[str, Any], *names: str) -> float | None:
    """The first of these members that is a time, in Unix seconds; without a zone it is UTC."""
    for name in names:
        text = members.get(name)
        if isinstance(text, str):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                continue
            zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return zoned.timestamp()
    return None
