"""A webhook message as its partner sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DeliveryState = Literal["pending", "delivered", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One message and how its delivery stands."""

    id: int
    type: str
    order_id: int | None
    url: str | None
    state: DeliveryState
    attempts: int
    last_status: int | None
    next_attempt_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """What a list is narrowed to; None: everything. `before_id` is the cursor, newest first."""

    order_id: int | None = None
    state: str | None = None
    before_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """Messages of a list, newest first. `next_before_id` None: there are no more; a page may be
    empty although there are: looking for them is bounded, too.
    """

    records: Sequence[DeliveryRecord]
    next_before_id: int | None
