"""Order channels as records: who orders through one, what it calls our goods, whom to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from connectors.channels.card import Card
from gateway.catalog.rules import Sku
from gateway.orders.record import OrderRecord

ENDED: Final = frozenset({"delivered", "partial", "failed", "reversed"})  # worth telling
CHANNEL: Final = "channel"  # the member of an order's metadata that says by which it came
_NONE: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """One channel; `settings` are its adapter's own, `delivery_key` opens its codes.

    `plaintext`: codes may leave by it. `products`: our SKU ids by numbers of the channel's own.
    """

    id: int
    name: str
    adapter: str
    partner_id: int
    key_id: str
    delivery_key: str = field(repr=False)
    settings: Any = field(repr=False)
    base_url: str | None = None
    paused: bool = False
    plaintext: bool = True
    products: Mapping[str, int] = field(default_factory=lambda: _NONE)

    def number_of(self, sku_id: int, own: str) -> str | None:
        """What the channel calls a SKU: a number that is mapped to it, else ours; None: our number
        means another one there."""
        mapped = min((n for n, each in self.products.items() if each == sku_id), default=None)
        return mapped or (own if own not in self.products else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel as stored; `settings` is still wrapped by the vault."""

    id: int
    name: str
    adapter: str
    partner_id: int
    key_id: str
    settings: bytes = field(repr=False)
    base_url: str | None
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProduct:
    """A number of the channel's own, and the SKU it stands for."""

    channel_id: int
    external_product: str
    sku_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOrder:
    """An order as its channel may see it; `cards` are codes in plain text, once it has any.

    `refunded_minor`: what went back of its amount.
    """

    record: OrderRecord
    sku: Sku
    cards: Sequence[Card]
    refunded_minor: int

    @property
    def is_refunded(self) -> bool:
        """Whether all its money went back."""
        return 0 < self.refunded_minor == self.record.amount


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
