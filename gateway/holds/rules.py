"""Holds: what one says, when two say the same, and how they end. Pure.

Every state and every legal move stands in TRANSITIONS; the trigger `hold_moves` repeats it and a
test compares the two, pair by pair.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec
import orjson

from gateway.orders.rules import OrderContent


class HoldState(StrEnum):
    """Where a hold stands; the API's own words."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"  # its goods went back; a late confirm may still find some
    LATE_CONFIRMED = "late_confirmed"
    LATE_REFUSED = "late_refused"  # a late confirm found none: money is to be given back


_S = HoldState
TRANSITIONS: Final[Mapping[HoldState, frozenset[HoldState]]] = MappingProxyType(
    {
        _S.HELD: frozenset({_S.CONFIRMED, _S.RELEASED, _S.EXPIRED, _S.LATE_CONFIRMED}),
        _S.EXPIRED: frozenset({_S.LATE_CONFIRMED, _S.LATE_REFUSED}),
        _S.CONFIRMED: frozenset(),
        _S.RELEASED: frozenset(),
        _S.LATE_CONFIRMED: frozenset(),
        _S.LATE_REFUSED: frozenset(),
    }
)


class HoldAsked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a partner asked to hold; `goods` as an order would say it, without a number."""

    out_hold_no: str
    ttl_s: int | None  # None: as long as there may be
    goods: OrderContent

    def digest(self) -> bytes:
        """16 bytes, equal exactly for equal content; member order does not count."""
        return hashlib.blake2b(self.goods.digest() + _ttl(self.ttl_s), digest_size=16).digest()


class ConfirmAsked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a confirm says: what an order adds, and what it may repeat of the hold (None: it does
    not)."""

    out_order_no: str
    max_amount_minor: int | None = None
    notify_url: str | None = None
    metadata: Mapping[str, str] | None = None
    repeated: Mapping[str, str | int] = MappingProxyType({})

    def contradicts(self, held: "HeldContent") -> str | None:
        """The first member that says something else than the hold did; None: none does."""
        for member, value in self.repeated.items():
            if getattr(held, member) != value:
                return member
        return None

    def order(self, hold_id: int, held: "HeldContent") -> OrderContent:
        """The content of the order that this makes of the hold."""
        return OrderContent(
            out_order_no=self.out_order_no,
            sku=held.sku,
            quantity=held.quantity,
            account=held.account,
            max_amount_minor=self.max_amount_minor,
            campaign=held.campaign,
            buyer_id=held.buyer_id,
            buyer_ip=held.buyer_ip,
            buyer_device=held.buyer_device,
            notify_url=self.notify_url,
            metadata=self.metadata,
            hold=str(hold_id),
        )


class HeldContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is held and for whom, as it was asked for."""

    sku: str
    quantity: int
    account: str | None = None
    campaign: str | None = None
    buyer_id: str | None = None
    buyer_ip: str | None = None
    buyer_device: str | None = None

    @classmethod
    def of(cls, goods: OrderContent) -> "HeldContent":
        """What an order's content says of it."""
        return cls(
            sku=goods.sku,
            quantity=goods.quantity,
            account=goods.account,
            campaign=goods.campaign,
            buyer_id=goods.buyer_id,
            buyer_ip=goods.buyer_ip,
            buyer_device=goods.buyer_device,
        )

    def details(self) -> str | None:
        """The rarely used members as JSON for the hold's row; None when there are none."""
        given = {
            name: value
            for name, value in (("campaign", self.campaign), ("buyer_device", self.buyer_device))
            if value is not None
        }
        return orjson.dumps(given).decode() if given else None


class Limits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The budgets in force; SQL's hold_limits has those it judges by."""

    per_buyer: int
    per_ip: int
    per_partner: int
    pool_percent: int
    min_ttl_s: int
    max_ttl_s: int


def _ttl(ttl_s: int | None) -> bytes:
    return b"" if ttl_s is None else ttl_s.to_bytes(8, "big")
