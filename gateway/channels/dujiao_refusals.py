"""Why there is no order, in dujiao-next's words: one row for every reason.

What may pass by itself is 500: the site tries again with the same number. Without money the answer
is HTTP 200, where its sites look for it.
"""

from collections.abc import Mapping
from typing import Final

from connectors.channels.dujiao.wire import Error
from gateway.orders.refusal import Reason

_R, _E = Reason, Error
# HTTP status, `error_code`, and what is said of it.
WORDS: Final[Mapping[Reason, tuple[int, Error, str]]] = {
    _R.SALES_CLOSED: (500, _E.INTERNAL_ERROR, "closed"),
    _R.OWN_NUMBER: (400, _E.BAD_REQUEST, "downstream_order_no"),
    _R.BUYER_ADDRESS: (400, _E.BAD_REQUEST, ""),
    _R.UNKNOWN_SKU: (400, _E.SKU_UNAVAILABLE, "sku not found"),
    _R.NOT_OFFERED: (400, _E.SKU_UNAVAILABLE, ""),
    _R.NOT_ON_SALE: (400, _E.SKU_UNAVAILABLE, "sku is not active"),
    _R.RULE_UNUSABLE: (500, _E.INTERNAL_ERROR, ""),
    _R.ACCOUNT_MISSING: (400, _E.BAD_REQUEST, "manual_form_data"),
    _R.ACCOUNT_UNFIT: (400, _E.BAD_REQUEST, "manual_form_data"),
    _R.QUANTITY: (400, _E.BAD_REQUEST, "quantity"),
    _R.CAMPAIGN_UNKNOWN: (400, _E.SKU_UNAVAILABLE, ""),
    _R.CAMPAIGN_OF_OTHERS: (400, _E.SKU_UNAVAILABLE, ""),
    _R.BUYER_MISSING: (400, _E.SKU_UNAVAILABLE, "not sold this way"),
    _R.DEVICE_MISSING: (400, _E.SKU_UNAVAILABLE, "not sold this way"),
    _R.IP_MISSING: (400, _E.SKU_UNAVAILABLE, "not sold this way"),
    _R.RECIPIENT_MISSING: (400, _E.BAD_REQUEST, "manual_form_data"),
    _R.PASS_MISSING: (400, _E.SKU_UNAVAILABLE, ""),
    _R.PASS_UNFIT: (400, _E.SKU_UNAVAILABLE, ""),
    _R.PRICE_CHANGED: (400, _E.SKU_UNAVAILABLE, ""),
    _R.PRICE_UNSOUND: (400, _E.SKU_UNAVAILABLE, ""),
    _R.NO_ROUTE: (500, _E.INTERNAL_ERROR, ""),
    _R.ROUTES_FULL: (500, _E.INTERNAL_ERROR, ""),
    _R.CONFLICT: (409, _E.BAD_REQUEST, "downstream_order_no belongs to another order"),
    _R.INSUFFICIENT_BALANCE: (200, _E.PAYMENT_FAILED, "insufficient balance"),
    _R.QUOTA: (409, _E.INSUFFICIENT_STOCK, "limit reached"),
    _R.HOLD_EXPIRED: (409, _E.INSUFFICIENT_STOCK, ""),
    _R.HOLD_RELEASED: (409, _E.INSUFFICIENT_STOCK, ""),
    _R.PASS_USED: (400, _E.SKU_UNAVAILABLE, ""),
    _R.BOUGHT_BEFORE: (400, _E.SKU_UNAVAILABLE, ""),
    _R.CAMPAIGN_CLOSED: (400, _E.SKU_UNAVAILABLE, ""),
    _R.SOLD_OUT: (409, _E.INSUFFICIENT_STOCK, ""),
    _R.BUSY: (500, _E.INTERNAL_ERROR, ""),
    _R.OVERLOADED: (500, _E.INTERNAL_ERROR, ""),
    _R.UNAVAILABLE: (500, _E.INTERNAL_ERROR, ""),
    _R.INTERNAL: (500, _E.INTERNAL_ERROR, ""),
}
