"""Orders that are followed: where each stands, and what a refusal of ours means for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from connectors.channels.followed import Wish
from gateway.orders.refusal import Reason

# At what is not mapped, or while the channel is paused; soon at first: we may not have heard yet.
LOOK_AGAIN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
WAIT_S: Final = (1.0, 2.0, 2.0, 5.0, 5.0, 10.0, 30.0)  # for an order to end
RETRY_S: Final = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # of a call that failed


class TaskState(StrEnum):
    """Of the table channel_task."""

    NEW = "new"
    UNMAPPED = "unmapped"
    TAKING = "taking"
    TAKEN = "taken"
    PLACED = "placed"
    REFUSED = "refused"
    HELD = "held"
    DONE = "done"


class After(StrEnum):
    """What follows when an order is refused by us."""

    AGAIN = "again"  # it may pass by itself
    GIVE_UP = "give-up"  # the buyer gets the money back
    HOLD = "hold"  # a person decides: goods, prices or money of ours are not as they should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One of them; `order_id` and `order_state` None: it is no order yet."""

    partner_id: int
    number: str
    channel_id: int
    wish: str
    state: str
    refund_asked: bool
    attempts: int
    order_id: int | None
    order_state: str | None


_R, _A = Reason, After
AFTER: Final[Mapping[Reason, After]] = {
    _R.SALES_CLOSED: _A.AGAIN,
    _R.OWN_NUMBER: _A.HOLD,
    _R.BUYER_ADDRESS: _A.HOLD,
    _R.UNKNOWN_SKU: _A.HOLD,
    _R.NOT_OFFERED: _A.HOLD,
    _R.NOT_ON_SALE: _A.AGAIN,
    _R.RULE_UNUSABLE: _A.AGAIN,
    _R.ACCOUNT_MISSING: _A.GIVE_UP,
    _R.ACCOUNT_UNFIT: _A.GIVE_UP,
    _R.QUANTITY: _A.HOLD,
    _R.CAMPAIGN_UNKNOWN: _A.HOLD,
    _R.CAMPAIGN_OF_OTHERS: _A.HOLD,
    _R.BUYER_MISSING: _A.HOLD,
    _R.DEVICE_MISSING: _A.HOLD,
    _R.IP_MISSING: _A.HOLD,
    _R.RECIPIENT_MISSING: _A.GIVE_UP,
    _R.PASS_MISSING: _A.HOLD,
    _R.PASS_UNFIT: _A.HOLD,
    _R.PRICE_CHANGED: _A.HOLD,
    _R.PRICE_UNSOUND: _A.HOLD,
    _R.NO_ROUTE: _A.AGAIN,
    _R.ROUTES_FULL: _A.AGAIN,
    _R.CONFLICT: _A.HOLD,
    _R.INSUFFICIENT_BALANCE: _A.HOLD,
    _R.QUOTA: _A.HOLD,
    _R.HOLD_EXPIRED: _A.GIVE_UP,
    _R.HOLD_RELEASED: _A.GIVE_UP,
    _R.PASS_USED: _A.HOLD,
    _R.BOUGHT_BEFORE: _A.HOLD,
    _R.CAMPAIGN_CLOSED: _A.HOLD,
    _R.SOLD_OUT: _A.GIVE_UP,
    _R.BUSY: _A.AGAIN,
    _R.OVERLOADED: _A.AGAIN,
    _R.UNAVAILABLE: _A.AGAIN,
    _R.INTERNAL: _A.AGAIN,
}


def written(wish: Wish) -> str:
    """As it is kept: equal text exactly for equal wishes."""
    return msgspec.json.encode(wish).decode()


def read(text: str) -> Wish:
    """The way back."""
    return msgspec.json.decode(text, type=Wish)


def sku_of(products: Mapping[str, int], product: str) -> int | None:
    """Which SKU a house's product stands for: as it is mapped, whatever the case of its platform;
    else as its bare number is."""
    by_lower = {name.lower(): sku_id for name, sku_id in products.items()}
    bare = product.rpartition(":")[2].lower()
    return by_lower.get(product.lower(), by_lower.get(bare))


def later(steps: tuple[float, ...], attempts: int) -> float:
    """The pause after so many."""
    return steps[min(attempts, len(steps) - 1)]
