"""Orders: what one says, when two say the same, and how they may move.

Rules of this file: every state and every legal move of an order stands in TRANSITIONS;
SQL's move_order repeats it and a test compares the two, pair by pair. Whatever is not
listed is a contradiction, which changes nothing and is parked for a person.
"""

import hashlib
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

import msgspec
import orjson

QUANTITY_MAX: Final = 500  # in one order


class OrderState(StrEnum):
    """Where an order stands; the API's own words."""

    PROCESSING = "processing"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    REVERSED = "reversed"


class OrderEvent(StrEnum):
    """What can happen to an order after it was accepted."""

    DELIVERED_ALL = "delivered_all"
    DELIVERED_PART = "delivered_part"
    REJECTED = "rejected"
    OUTCOME_LOST = "outcome_lost"
    STILL_RUNNING = "still_running"
    TAKEN_BACK = "taken_back"


_S, _E = OrderState, OrderEvent

TRANSITIONS: Final[Mapping[OrderState, Mapping[OrderEvent, OrderState]]] = MappingProxyType(
    {
        _S.PROCESSING: {
            _E.DELIVERED_ALL: _S.DELIVERED,
            _E.DELIVERED_PART: _S.PARTIAL,
            _E.REJECTED: _S.FAILED,
            _E.OUTCOME_LOST: _S.UNCERTAIN,
        },
        _S.UNCERTAIN: {
            _E.DELIVERED_ALL: _S.DELIVERED,
            _E.DELIVERED_PART: _S.PARTIAL,
            _E.REJECTED: _S.FAILED,
            _E.STILL_RUNNING: _S.PROCESSING,
        },
        _S.DELIVERED: {_E.TAKEN_BACK: _S.REVERSED},
        _S.PARTIAL: {_E.TAKEN_BACK: _S.REVERSED},
        _S.FAILED: {},
        _S.REVERSED: {},
    }
)

# Nothing is under way any more; a reversal may still follow.
TERMINAL: Final = frozenset({_S.DELIVERED, _S.PARTIAL, _S.FAILED, _S.REVERSED})


class OrderContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a partner asked for, with defaults filled in. `max_amount_minor` is a total.

    A msgspec struct: made once per order, in a fifth of a frozen dataclass's time.
    """

    out_order_no: str
    sku: str
    quantity: int = 1
    account: str | None = None
    max_amount_minor: int | None = None
    campaign: str | None = None
    buyer_id: str | None = None
    buyer_ip: str | None = None
    buyer_device: str | None = None
    notify_url: str | None = None
    metadata: Mapping[str, str] | None = None
    hold: str | None = None  # the number of the hold that it confirms

    def digest(self) -> bytes:
        """16 bytes, equal exactly for equal content (I5); member order does not count."""
        content = (
            self.sku, self.quantity, self.account, self.max_amount_minor, self.campaign,
            self.buyer_id, self.buyer_ip, self.buyer_device, self.notify_url, self.metadata,
        )  # fmt: skip
        if self.hold is not None:  # digests of orders without one are as they always were
            content = (*content, self.hold)  # type: ignore[assignment]
        canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(canonical, digest_size=16).digest()

    def is_meant_by(self, digest: bytes) -> bool:
        """Whether an order of this digest said the same, whichever release made the digest.

        Until 2026-11-28 `metadata: {}` and none were told apart; what was accepted then is stored.
        """
        if digest == self.digest():
            return True
        return (
            self.metadata is None and digest == msgspec.structs.replace(self, metadata={}).digest()
        )

    @classmethod
    def stored(
        cls, *, out_order_no: str, sku: str, quantity: int, account: str | None,
        metadata: str | None, details: str | None,
    ) -> "OrderContent":  # fmt: skip
        """What an order's row says was asked for: the way back from `details`."""
        given = orjson.loads(details) if details else {}
        return cls(
            out_order_no=out_order_no,
            sku=sku,
            quantity=quantity,
            account=account,
            max_amount_minor=given.pop("max_amount", None),
            metadata=orjson.loads(metadata) if metadata else None,
            **given,
        )

    def details(self) -> str | None:
        """The rarely used members as JSON for the order's row; None when there are none."""
        given: dict[str, int | str] = {}
        if self.max_amount_minor is not None:
            given["max_amount"] = self.max_amount_minor
        if self.campaign is not None:
            given["campaign"] = self.campaign
        if self.notify_url is not None:
            given["notify_url"] = self.notify_url
        if self.buyer_id is not None:
            given["buyer_id"] = self.buyer_id
        if self.buyer_ip is not None:
            given["buyer_ip"] = self.buyer_ip
        if self.buyer_device is not None:
            given["buyer_device"] = self.buyer_device
        if self.hold is not None:
            given["hold"] = self.hold
        return orjson.dumps(given).decode() if given else None


class LineOutcome(IntEnum):
    """What became of one order line. 1–5, 11, 13, 14, 20–22, 30, 31 are SQL's (commit_orders)."""

    CREATED = 1
    REPLAYED = 2
    CONFLICT = 3
    INSUFFICIENT_BALANCE = 4
    PURCHASE_LIMIT = 5
    SOLD_OUT = 6
    BUSY = 7
    OVERLOADED = 8  # the queue is full, or this worker is leaving
    INTERNAL = 9
    REFUSED = 10  # by a rule checked before the commit; the line carries the problem
    CAMPAIGN_CLOSED = 11  # at the moment of the commit, by the database's clock
    PASS_USED = 30  # by another order, at the moment of the commit
    BOUGHT_BEFORE = 31  # by a buyer of a campaign for those who never did, at that moment
    DATABASE_AWAY = 12  # it does not answer
    UNITS_ELSEWHERE = 13  # of a total, at the moment of the commit: the line is tried again
    UNITS_DUE = (
        14  # holds have some whose time is over: they are given back, then it is tried again
    )
    HOLD_EXPIRED = 20  # it is over, its goods went back: it may be confirmed late
    HOLD_RELEASED = 21
    HOLD_REFUSED = 22  # it was confirmed late, and nothing was left
