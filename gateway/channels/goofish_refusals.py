"""Why there is no order, in goofish's words: one row for every reason.

What may pass by itself is ORDER_TIMEOUT, the one code that is not a refusal: the channel asks for
the detail, and orders again if there is none.
"""

from collections.abc import Mapping
from typing import Final

from connectors.channels.goofish.wire import Code
from gateway.orders.refusal import Reason

_R, _C = Reason, Code
# The code, and what is said behind its message: the member of an order that is wrong.
WORDS: Final[Mapping[Reason, tuple[Code, str]]] = {
    _R.SALES_CLOSED: (_C.ORDER_TIMEOUT, ""),
    _R.OWN_NUMBER: (_C.BAD_PARAMETERS, "/out_order_no"),
    _R.BUYER_ADDRESS: (_C.BAD_PARAMETERS, "/buyer/ip"),
    _R.UNKNOWN_SKU: (_C.GOODS_NOT_FOUND, ""),
    _R.NOT_OFFERED: (_C.GOODS_UNAVAILABLE, ""),
    _R.NOT_ON_SALE: (_C.ORDER_TIMEOUT, ""),
    _R.RULE_UNUSABLE: (_C.ORDER_TIMEOUT, ""),
    _R.ACCOUNT_MISSING: (_C.BAD_PARAMETERS, "/account"),
    _R.ACCOUNT_UNFIT: (_C.BAD_PARAMETERS, "/account"),
    _R.QUANTITY: (_C.BAD_PARAMETERS, "/quantity"),
    _R.CAMPAIGN_UNKNOWN: (_C.GOODS_UNAVAILABLE, ""),
    _R.CAMPAIGN_OF_OTHERS: (_C.GOODS_UNAVAILABLE, ""),
    _R.PASS_MISSING: (_C.GOODS_UNAVAILABLE, ""),
    _R.PASS_UNFIT: (_C.GOODS_UNAVAILABLE, ""),
    _R.BUYER_MISSING: (_C.BAD_PARAMETERS, "/buyer/id"),
    _R.DEVICE_MISSING: (_C.BAD_PARAMETERS, "/buyer/device"),
    _R.IP_MISSING: (_C.BAD_PARAMETERS, "/buyer/ip"),
    _R.RECIPIENT_MISSING: (_C.BAD_PARAMETERS, "/account"),
    _R.PRICE_CHANGED: (_C.BELOW_COST, ""),
    _R.PRICE_UNSOUND: (_C.GOODS_UNAVAILABLE, ""),
    _R.NO_ROUTE: (_C.ORDER_TIMEOUT, ""),
    _R.ROUTES_FULL: (_C.ORDER_TIMEOUT, ""),
    _R.CONFLICT: (_C.ORDER_EXISTS, ""),
    _R.INSUFFICIENT_BALANCE: (_C.GOODS_UNAVAILABLE, ""),
    _R.QUOTA: (_C.GOODS_UNAVAILABLE, ""),
    _R.PASS_USED: (_C.GOODS_UNAVAILABLE, ""),
    _R.BOUGHT_BEFORE: (_C.GOODS_UNAVAILABLE, ""),
    _R.CAMPAIGN_CLOSED: (_C.GOODS_UNAVAILABLE, ""),
    _R.HOLD_EXPIRED: (_C.OUT_OF_STOCK, ""),
    _R.HOLD_RELEASED: (_C.OUT_OF_STOCK, ""),
    _R.SOLD_OUT: (_C.OUT_OF_STOCK, ""),
    _R.BUSY: (_C.ORDER_TIMEOUT, ""),
    _R.OVERLOADED: (_C.ORDER_TIMEOUT, ""),
    _R.UNAVAILABLE: (_C.ORDER_TIMEOUT, ""),
    _R.INTERNAL: (_C.ORDER_TIMEOUT, ""),
}
