"""A partner's money as it is read: the account, its entries, and the span of a statement."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

EntryKind = Literal["deposit", "charge", "refund", "adjustment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account; amounts in minor units. `last_entry` is the newest entry's number."""

    balance: int
    credit_limit: int
    available: int
    currency: str
    last_entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """One movement of money, in minor units; charges are negative."""

    seq: int
    kind: EntryKind
    amount: int
    balance_after: int
    order_id: int | None
    reference: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The entries of one UTC day among those numbered `first_seq` ≤ seq < `end_seq`.

    Entries are never changed, so a span holds the same rows for ever, even of a day that
    still grows.
    """

    partner_id: int
    day: date
    first_seq: int
    end_seq: int

    @property
    def starts_at(self) -> datetime:
        """Inclusive."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """Exclusive."""
        return self.starts_at + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """Sums over a span in minor units. `last_seq` is the day's newest entry; None: no rows."""

    rows: int
    deposit: int
    charge: int
    refund: int
    adjustment: int
    last_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDay:
    """What a finished day's statement says, computed once. `sha256` is its file's, in hex."""

    first_seq: int
    end_seq: int
    totals: DayTotals
    closing: int  # the balance at the day's end, minor units
    sha256: str
