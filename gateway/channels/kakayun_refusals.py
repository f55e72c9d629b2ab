"""Why there is no order, in dock v3's words: one row for every reason.

What may pass by itself is 9999, the one code that is not a refusal: the shop asks for the order.
"""

from collections.abc import Mapping
from typing import Final

from connectors.channels.kakayun.wire import Code
from gateway.orders.refusal import Reason

_R, _C = Reason, Code
# The code, and the member of an order that is wrong.
WORDS: Final[Mapping[Reason, tuple[Code, str]]] = {
    _R.SALES_CLOSED: (_C.UNKNOWN, ""),
    _R.OWN_NUMBER: (_C.BAD_FIELD, "usorderno"),
    _R.BUYER_ADDRESS: (_C.BAD_FIELD, ""),
    _R.UNKNOWN_SKU: (_C.GOODS_GONE, ""),
    _R.NOT_OFFERED: (_C.GOODS_GONE, ""),
    _R.NOT_ON_SALE: (_C.GOODS_GONE, ""),
    _R.RULE_UNUSABLE: (_C.UNKNOWN, ""),
    _R.ACCOUNT_MISSING: (_C.ACCOUNT_EMPTY, ""),
    _R.ACCOUNT_UNFIT: (_C.BAD_FIELD, "attach"),
    _R.QUANTITY: (_C.BAD_FIELD, "buynum"),
    _R.CAMPAIGN_UNKNOWN: (_C.GOODS_GONE, ""),
    _R.CAMPAIGN_OF_OTHERS: (_C.GOODS_GONE, ""),
    _R.BUYER_MISSING: (_C.NOT_BY_API, ""),
    _R.DEVICE_MISSING: (_C.NOT_BY_API, ""),
    _R.IP_MISSING: (_C.NOT_BY_API, ""),
    _R.RECIPIENT_MISSING: (_C.ACCOUNT_EMPTY, ""),
    _R.PASS_MISSING: (_C.NOT_BY_API, ""),
    _R.PASS_UNFIT: (_C.NOT_BY_API, ""),
    _R.PRICE_CHANGED: (_C.BELOW_COST, ""),
    _R.PRICE_UNSOUND: (_C.GOODS_GONE, ""),
    _R.NO_ROUTE: (_C.UNKNOWN, ""),
    _R.ROUTES_FULL: (_C.UNKNOWN, ""),
    _R.CONFLICT: (_C.NUMBER_EXISTS, ""),
    _R.INSUFFICIENT_BALANCE: (_C.BALANCE, ""),
    _R.QUOTA: (_C.NOT_ALLOWED, ""),
    _R.HOLD_EXPIRED: (_C.OUT_OF_STOCK, ""),
    _R.HOLD_RELEASED: (_C.OUT_OF_STOCK, ""),
    _R.PASS_USED: (_C.NOT_BY_API, ""),
    _R.BOUGHT_BEFORE: (_C.NOT_ALLOWED, ""),
    _R.CAMPAIGN_CLOSED: (_C.GOODS_GONE, ""),
    _R.SOLD_OUT: (_C.OUT_OF_STOCK, ""),
    _R.BUSY: (_C.UNKNOWN, ""),
    _R.OVERLOADED: (_C.UNKNOWN, ""),
    _R.UNAVAILABLE: (_C.UNKNOWN, ""),
    _R.INTERNAL: (_C.UNKNOWN, ""),
}
