"""Why there is no order: a reason and its facts. Each face words them in a table of its own."""

from enum import StrEnum
from typing import Final

import msgspec


class Reason(StrEnum):
    """Everything that can be said of an order that is not accepted."""

    # Rules, before the commit.
    SALES_CLOSED = "sales-closed"  # all of them: the shop was restored, and is not checked yet
    OWN_NUMBER = "own-number"  # one of those that the gateway gives its own orders
    BUYER_ADDRESS = "buyer-address"  # is none
    UNKNOWN_SKU = "unknown-sku"
    NOT_OFFERED = "not-offered"  # to this partner
    NOT_ON_SALE = "not-on-sale"
    RULE_UNUSABLE = "rule-unusable"  # of its accounts: none fits any more; the doctor names it
    ACCOUNT_MISSING = "account-missing"
    ACCOUNT_UNFIT = "account-unfit"
    QUANTITY = "quantity"  # more than the SKU, or what sells it, has in one order
    CAMPAIGN_UNKNOWN = "campaign-unknown"  # not there, not of this SKU, or surely closed
    CAMPAIGN_OF_OTHERS = "campaign-of-others"  # not for this partner
    BUYER_MISSING = "buyer-missing"  # and a quota counts by buyers; so with the next three
    DEVICE_MISSING = "device-missing"
    IP_MISSING = "ip-missing"
    RECIPIENT_MISSING = "recipient-missing"
    PASS_MISSING = "pass-missing"  # noqa: S105 - and its campaign takes orders only with one
    PASS_UNFIT = "pass-unfit"  # noqa: S105 - something is wrong with it
    PRICE_CHANGED = "price-changed"  # more than the partner would pay
    PRICE_UNSOUND = "price-unsound"  # below a floor, or 0 where that was not meant
    NO_ROUTE = "no-route"  # no upstream sells it now
    ROUTES_FULL = "routes-full"  # too much waits for those that do
    # Found by the commit, or on the way to it.
    CONFLICT = "conflict"  # the number belongs to other content
    INSUFFICIENT_BALANCE = "insufficient-balance"
    QUOTA = "quota"  # it is used up, or has too little left
    HOLD_EXPIRED = "hold-expired"  # and nothing is left: money is to be given back
    HOLD_RELEASED = "hold-released"
    PASS_USED = "pass-used"  # noqa: S105 - by another order
    BOUGHT_BEFORE = "bought-before"  # and its campaign is for buyers who never did
    CAMPAIGN_CLOSED = "campaign-closed"  # at the moment of the commit, by the database's clock
    SOLD_OUT = "sold-out"  # proven empty
    BUSY = "busy"  # the tail of a pool
    OVERLOADED = "overloaded"  # too much is going on, or this worker is leaving
    UNAVAILABLE = "unavailable"  # the database does not answer
    INTERNAL = "internal"  # a bug of ours


# Work that was broken off, which says that there is too much of it.
GIVEN_UP: Final = frozenset({Reason.OVERLOADED, Reason.UNAVAILABLE})


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A reason and what is known about it; a fact that says nothing about it is empty.

    `most` is the most there can be: pieces in one order (QUANTITY) or left of `quota` (QUOTA; until
    `resets_at`, in `retry_after_s`, if that is said); minor units the partner would pay
    (PRICE_CHANGED) or has (INSUFFICIENT_BALANCE).
    """

    reason: Reason
    sku: str = ""
    campaign: str = ""
    account_rule: str = ""
    order_id: int = 0  # of the order that has the number
    retry_after_s: int = 0  # when it may be otherwise; 0: as always for that reason
    total_minor: int = 0
    most: int = 0
    quota: str = ""
    resets_at: str = ""  # RFC 3339
