"""A product as a message tells it, and what makes two of them the same to a partner. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.ground.moment import rfc3339
from gateway.orders.products import Product

# What moves with every sale, or says nothing by itself.
NOT_NEWS: Final = frozenset({"stock_level", "updated_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A product from a moment on: `data` is the message's, as JSON."""

    at: datetime
    data: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A product as it is, and as it will be once the next price window opens or ends."""

    sku_id: int
    now: State
    ahead: State | None = None


def state(product: Product, at: datetime, *, compared: Product, on_sale: bool) -> State:
    """Of a product as a partner sees it, in force from `at`. It is the same as another one if what
    is `compared` is, and both are on sale, or neither.
    """
    whole: Mapping[str, Any] = msgspec.to_builtins(compared)
    kept = {name: value for name, value in whole.items() if name not in NOT_NEWS}
    return _state(msgspec.to_builtins(product), at, {**kept, "on_sale": on_sale})


def gone(product: Product, at: datetime) -> State:
    """Of one that this partner may buy no more: it stays the same, whatever becomes of it."""
    shown: Mapping[str, Any] = msgspec.to_builtins(product)
    shown = {**shown, "price": None, "available": False, "stock_level": "none"}
    return _state(shown, at, {"gone": product.sku})


def _state(shown: Mapping[str, Any], at: datetime, compared: Mapping[str, Any]) -> State:
    raw = msgspec.json.encode(compared, order="sorted")
    told = {**shown, "effective_at": rfc3339(at)}
    return State(
        at=at,
        data=msgspec.json.encode(told).decode(),
        digest=hashlib.blake2b(raw, digest_size=16).digest(),
    )
