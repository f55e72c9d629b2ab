"""A 卡速售 shop over our orders: its requests onto the same intake as every other order.

Its `external_orderno` is the partner's `out_order_no`; goods have our SKUs' ids, which never
change. The protocol has one currency: goods in another are not shown.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from connectors.channels.call import Call
from connectors.channels.kasushou import answers, wire
from connectors.channels.kasushou.requests import (
    read_buy,
    read_goods_list,
    read_info,
    read_number,
    read_product,
)
from connectors.channels.kasushou.wire import Code, KasushouRefused, Operation
from connectors.loose import yuan
from gateway.catalog.rules import Sku, SkuKind
from gateway.channels.content import content_of, number_of_request
from gateway.channels.counter import Counter, Goods, by_id
from gateway.channels.face import Enter, Reply
from gateway.channels.kasushou_order import order_answer
from gateway.channels.kasushou_refusals import WORDS
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.ground.http.problems import ProblemError
from gateway.orders.cancel import Kept
from gateway.orders.refusal import Refusal
from gateway.orders.rules import QUANTITY_MAX

CURRENCY: Final = "CNY"
_UNKNOWN: Final = KasushouRefused("系统繁忙", Code.UNKNOWN)
Members = Mapping[str, Any]


class Kasushou:
    """Obeys the shop's requests: HTTP 200 whatever happens, `code` tells."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """See Face."""
        try:
            members, signed = wire.read_verified(account.settings, call)
            operation = wire.operation_of(call.path)
            if operation is Operation.ORDER_BUY:
                return Reply(body=await self._buy(account, members, enter, signed))
            _enter(enter, None)
            self._counter.key(account)
            return Reply(body=await _OPERATIONS[operation](self, account, members))
        except KasushouRefused as refused:
            return Reply(body=answers.refusal(refused))

    def unknown(self) -> Reply:
        """The shop asks for the order."""
        return Reply(body=answers.refusal(_UNKNOWN))

    def closed(self) -> Reply:
        """As if its account were disabled."""
        return Reply(body=answers.refusal(KasushouRefused("用户已禁用")))

    async def _user_info(self, account: ChannelAccount, _: Members) -> bytes:
        money = await self._counter.money(account)
        return answers.success({"balance": yuan(money.available)})

    # ------------------------------------------------------------ orders

    async def _buy(
        self, account: ChannelAccount, members: Members, enter: Enter, signed: str
    ) -> bytes:
        """Place an order; the same again gets the stored one, other content is refused.

        `safe_price` is for one: the whole may cost so many times that.
        """
        request = read_buy(members)
        number = request.number or number_of_request(signed)
        _enter(enter, number)
        sku = self._find(account, request.product)
        is_codes = sku is not None and sku.kind is not SkuKind.TOPUP
        safe_minor = request.safe_price_minor
        content = content_of(
            account,
            number=number,
            sku=self._counter.wanted(account, request.product, by_id),
            quantity=request.quantity,
            recipient=None if is_codes else request.account,
            max_amount_minor=None if safe_minor is None else safe_minor * request.quantity,
            extras={"url": request.url, "mark": request.mark, **request.labels},
        )
        if content is None:
            raise KasushouRefused("参数错误: external_orderno, quantity")
        if sku is None and self._counter.find(account, request.product, by_id) is not None:
            raise KasushouRefused("商品不存在")  # in another currency
        placed = await self._counter.place(account, content, notify_url=request.url)
        if isinstance(placed, Refusal):
            raise KasushouRefused(*WORDS[placed.reason])
        return answers.bought(order_answer(placed))

    async def _order_info(self, account: ChannelAccount, members: Members) -> bytes:
        request = read_info(members)
        found = [await self._counter.by_number(account, number) for number in request.theirs]
        found += [await self._counter.by_id(account, number) for number in request.ours]
        orders = {order.record.id: order for order in found if order is not None}
        since = self._counter.now() - timedelta(days=min(request.days, 36_500))
        return answers.order_rows(
            order_answer(order)
            for order in orders.values()
            if not request.days or order.record.created_at >= since
        )

    async def _order_close(self, account: ChannelAccount, members: Members) -> bytes:
        order: ChannelOrder | None = await self._counter.by_id(
            account, read_number(members, "ordersn")
        )
        if order is None:
            raise KasushouRefused("订单不存在")
        if isinstance(await self._counter.cancel(account, order), Kept):
            raise KasushouRefused("订单状态不允许取消")
        return answers.success(message="撤单成功")

    # ------------------------------------------------------------ goods

    def _find(self, account: ChannelAccount, number: str) -> Sku | None:
        sku = self._counter.find(account, number, by_id)
        return sku if sku is not None and sku.currency == CURRENCY else None

    async def _goods_cate(self, account: ChannelAccount, _: Members) -> bytes:
        skus = self._counter.offered(account, by_id, currency=CURRENCY)
        return answers.categories(
            answers.Category(id=row.id, name=row.name, pid=row.parent_id)
            for row in self._counter.shelves_of(skus)
        )

    async def _goods_list(self, account: ChannelAccount, members: Members) -> bytes:
        asked = read_goods_list(members)
        wanted = asked.keyword.casefold()
        found = [
            sku
            for sku in self._counter.offered(account, by_id, currency=CURRENCY)
            if wanted in sku.name.casefold()
            and (
                asked.category is None
                or any(row.id == asked.category for row in self._counter.path_of(sku))
            )
        ]
        start = (asked.page - 1) * asked.limit
        page = found[start : start + asked.limit]
        goods = await self._counter.goods(account, page, by_id)
        return answers.goods_page(map(_goods, goods), len(found))

    async def _goods_info(self, account: ChannelAccount, members: Members) -> bytes:
        return answers.goods_info(await self._one(account, read_product(members, "id")))

    async def _goods_attach(self, account: ChannelAccount, members: Members) -> bytes:
        return answers.goods_attach(await self._one(account, read_product(members, "goods_id")))

    async def _goods_pricelog(self, _: ChannelAccount, __: Members) -> bytes:
        return answers.goods_page((), 0)  # what prices were is not kept; they are in the list

    async def _one(self, account: ChannelAccount, number: str) -> answers.Goods:
        sku = self._counter.find_offered(account, number, by_id)
        if sku is None or sku.currency != CURRENCY:
            raise KasushouRefused("商品不存在")
        [goods] = await self._counter.goods(account, [sku], by_id)
        return _goods(goods)


_OPERATIONS: Final[Mapping[Operation, Callable[..., Awaitable[bytes]]]] = {
    Operation.USER_INFO: Kasushou._user_info,
    Operation.GOODS_CATE: Kasushou._goods_cate,
    Operation.GOODS_LIST: Kasushou._goods_list,
    Operation.GOODS_INFO: Kasushou._goods_info,
    Operation.GOODS_ATTACH: Kasushou._goods_attach,
    Operation.GOODS_PRICELOG: Kasushou._goods_pricelog,
    Operation.ORDER_INFO: Kasushou._order_info,
    Operation.ORDER_CLOSE: Kasushou._order_close,
}


def _enter(enter: Enter, number: str | None) -> None:
    try:
        enter(number)
    except ProblemError:
        raise _UNKNOWN from None


def _goods(goods: Goods) -> answers.Goods:
    sku = goods.sku
    return answers.Goods(
        id=int(goods.number),
        name=sku.name,
        is_codes=sku.kind is not SkuKind.TOPUP,
        face_minor=goods.price_minor if sku.face_value_minor is None else sku.face_value_minor,
        price_minor=goods.price_minor,
        on_sale=goods.active,
        stock=goods.stock_shown,
        most=min(QUANTITY_MAX, sku.quantity_max or QUANTITY_MAX),
    )
