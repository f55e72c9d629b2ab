"""Order channels as records: who orders through one, and whom to tell about an order."""

from dataclasses import dataclass, field
from typing import Any, Final

ENDED: Final = frozenset({"delivered", "partial", "failed", "reversed"})  # worth telling


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """One channel; `settings` are its adapter's own, `delivery_key` opens its codes."""

    id: int
    name: str
    adapter: str
    partner_id: int
    key_id: str
    delivery_key: str = field(repr=False)
    settings: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel as stored; `settings` is still wrapped by the vault."""

    id: int
    name: str
    adapter: str
    partner_id: int
    key_id: str
    settings: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNotice:
    """An order whose result a channel wants to hear; `order_id` None: it is not there (yet)."""

    partner_id: int
    out_order_no: str
    channel_id: int
    notify_url: str
    version: int
    attempts: int
    age_s: float
    order_id: int | None
    order_state: str | None
