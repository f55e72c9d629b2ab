"""Why there is no order, in 卡速售's words: one row for every reason.

400 means that nothing was ordered. What may pass by itself is 500: the shop asks for the order.
"""

from collections.abc import Mapping
from typing import Final

from connectors.channels.kasushou.wire import Code
from gateway.orders.refusal import Reason

_R = Reason
_NO, _UNKNOWN = Code.REFUSED, Code.UNKNOWN
WORDS: Final[Mapping[Reason, tuple[str, Code]]] = {
    _R.SALES_CLOSED: ("系统维护中", _UNKNOWN),
    _R.OWN_NUMBER: ("参数错误: external_orderno", _NO),
    _R.BUYER_ADDRESS: ("参数错误", _NO),
    _R.UNKNOWN_SKU: ("商品不存在", _NO),
    _R.NOT_OFFERED: ("商品不存在", _NO),
    _R.NOT_ON_SALE: ("商品已暂停销售", _NO),
    _R.RULE_UNUSABLE: ("商品维护中", _UNKNOWN),
    _R.ACCOUNT_MISSING: ("充值账号不能为空", _NO),
    _R.ACCOUNT_UNFIT: ("充值账号格式错误", _NO),
    _R.QUANTITY: ("购买数量超出限制", _NO),
    _R.CAMPAIGN_UNKNOWN: ("商品已暂停销售", _NO),
    _R.CAMPAIGN_OF_OTHERS: ("商品已暂停销售", _NO),
    _R.BUYER_MISSING: ("商品不支持接口下单", _NO),
    _R.DEVICE_MISSING: ("商品不支持接口下单", _NO),
    _R.IP_MISSING: ("商品不支持接口下单", _NO),
    _R.RECIPIENT_MISSING: ("充值账号不能为空", _NO),
    _R.PASS_MISSING: ("商品不支持接口下单", _NO),
    _R.PASS_UNFIT: ("商品不支持接口下单", _NO),
    _R.PRICE_CHANGED: ("商品价格高于safe_price", _NO),
    _R.PRICE_UNSOUND: ("商品已暂停销售", _NO),
    _R.NO_ROUTE: ("商品维护中", _UNKNOWN),
    _R.ROUTES_FULL: ("系统繁忙", _UNKNOWN),
    _R.CONFLICT: ("外部订单号重复", _NO),
    _R.INSUFFICIENT_BALANCE: ("账户余额不足", _NO),
    _R.QUOTA: ("购买数量超出限制", _NO),
    _R.HOLD_EXPIRED: ("库存不足", _NO),
    _R.HOLD_RELEASED: ("库存不足", _NO),
    _R.PASS_USED: ("商品已暂停销售", _NO),
    _R.BOUGHT_BEFORE: ("购买数量超出限制", _NO),
    _R.CAMPAIGN_CLOSED: ("商品已暂停销售", _NO),
    _R.SOLD_OUT: ("库存不足", _NO),
    _R.BUSY: ("系统繁忙", _UNKNOWN),
    _R.OVERLOADED: ("系统繁忙", _UNKNOWN),
    _R.UNAVAILABLE: ("系统繁忙", _UNKNOWN),
    _R.INTERNAL: ("系统错误", _UNKNOWN),
}
