"""A shop that docks as at 咔咔云 over our orders: onto the same intake as every other order.

Its `usorderno` is the partner's `out_order_no`; goods have our SKUs' ids, which never change. The
protocol has one currency: goods in another are not shown.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partialmethod
from typing import Any, Final

from connectors.channels.call import Call
from connectors.channels.kakayun import answers, wire
from connectors.channels.kakayun.requests import (
    CODES,
    read_create,
    read_goods,
    read_order,
    read_product,
)
from connectors.channels.kakayun.wire import Code, KakayunRefused, Operation
from gateway.catalog.rules import Sku, SkuKind
from gateway.channels.content import content_of, number_of_request
from gateway.channels.counter import Counter, Goods, by_id
from gateway.channels.face import Enter, Reply
from gateway.channels.kakayun_order import order_answer
from gateway.channels.kakayun_refusals import WORDS
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.ground.http.problems import ProblemError
from gateway.orders.cancel import Kept
from gateway.orders.refusal import Refusal
from gateway.orders.rules import QUANTITY_MAX

CURRENCY: Final = "CNY"
_UNKNOWN: Final = KakayunRefused(Code.UNKNOWN)
Members = Mapping[str, Any]


class Kakayun:
    """Obeys the shop's requests: HTTP 200 whatever happens, `code` tells."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """See Face."""
        try:
            members, signed = wire.read_verified(account.settings, call)
            operation = wire.operation_of(call.path)
            if operation is Operation.ORDER_CREATE:
                return Reply(body=await self._create(account, members, enter, signed))
            _enter(enter, None)
            self._counter.key(account)
            return Reply(body=await _OPERATIONS[operation](self, account, members))
        except KakayunRefused as refused:
            return Reply(body=answers.refusal(refused))

    def unknown(self) -> Reply:
        """The shop asks for the order."""
        return Reply(body=answers.refusal(_UNKNOWN))

    def closed(self) -> Reply:
        """Its account is disabled."""
        return Reply(body=answers.refusal(KakayunRefused(Code.DISABLED)))

    async def _user_info(self, account: ChannelAccount, _: Members) -> bytes:
        money = await self._counter.money(account)
        return answers.user_info(account.settings.userid, money.balance, money.credit_limit)

    # ------------------------------------------------------------ orders

    async def _create(
        self, account: ChannelAccount, members: Members, enter: Enter, signed: str
    ) -> bytes:
        """Place an order; the same again gets the stored one, other content under its number
        1205."""
        request = read_create(members)
        number = request.number or number_of_request(signed)
        _enter(enter, number)
        sku = self._counter.find(account, request.product, by_id)
        if sku is not None and sku.currency != CURRENCY:
            raise KakayunRefused(Code.GOODS_GONE)
        is_codes = sku is not None and sku.kind is not SkuKind.TOPUP
        recipient, *others = (*request.fields, None)
        content = content_of(
            account,
            number=number,
            sku=self._counter.wanted(account, request.product, by_id),
            quantity=request.quantity,
            recipient=None if is_codes else recipient,
            max_amount_minor=request.most_minor,
            extras={
                "callbackurl": request.callback_url,
                **{f"attach{place}": value for place, value in enumerate(others, 2)},
            },
        )
        if content is None:
            raise KakayunRefused(Code.BAD_FIELD, "usorderno, buynum")
        placed = await self._counter.place(account, content, notify_url=request.callback_url)
        if isinstance(placed, Refusal):
            raise KakayunRefused(*WORDS[placed.reason])
        return answers.created(order_answer(placed))

    async def _order_get(self, account: ChannelAccount, members: Members) -> bytes:
        return answers.order_detail(order_answer(await self._order(account, members)))

    async def _order_cancel(self, account: ChannelAccount, members: Members) -> bytes:
        cancelled = await self._counter.cancel(account, await self._order(account, members))
        if isinstance(cancelled, Kept):
            raise KakayunRefused(Code.NOT_ALLOWED)
        return answers.created(order_answer(cancelled))

    async def _order(self, account: ChannelAccount, members: Members) -> ChannelOrder:
        """The order of either number; the document contradicts itself on which of two wins, so
        two that do not agree are none."""
        asked = read_order(members)
        if asked.ours is not None:
            order = await self._counter.by_id(account, asked.ours)
        else:
            order = await self._counter.by_number(account, asked.theirs or "")
        if order is None or asked.theirs not in (None, order.record.out_order_no):
            raise KakayunRefused(Code.NO_ORDER)
        return order

    # ------------------------------------------------------------ goods

    async def _goods_group(self, account: ChannelAccount, _: Members) -> bytes:
        skus = self._counter.offered(account, by_id, currency=CURRENCY)
        return answers.groups(
            answers.Group(id=row.id, name=row.name, parent_id=row.parent_id)
            for row in self._counter.shelves_of(skus)
        )

    async def _goods_all(self, account: ChannelAccount, members: Members) -> bytes:
        asked = read_goods(members)
        wanted = asked.name.casefold()
        found = [
            sku
            for sku in self._counter.offered(account, by_id, currency=CURRENCY)
            if wanted in sku.name.casefold()
            and asked.goods_type in (None, _type(sku))
            and asked.product in (None, account.number_of(sku.id, by_id(sku)))
            and (asked.group is None or asked.group in self._groups(sku))
        ]
        start = (asked.page - 1) * asked.limit
        page = found[start : start + asked.limit]
        goods = await self._counter.goods(account, page, by_id)
        return answers.goods_page(map(self._shown, goods), len(found))

    async def _goods_details(
        self, account: ChannelAccount, members: Members, *, lite: bool = False
    ) -> bytes:
        sku = self._counter.find_offered(account, read_product(members), by_id)
        if sku is None or sku.currency != CURRENCY:
            raise KakayunRefused(Code.GOODS_GONE)
        [goods] = await self._counter.goods(account, [sku], by_id)
        return answers.goods_details(self._shown(goods), lite=lite)

    _goods_details_lite = partialmethod(_goods_details, lite=True)

    def _groups(self, sku: Sku) -> list[int]:
        return [row.id for row in self._counter.path_of(sku)]

    def _shown(self, goods: Goods) -> answers.Goods:
        sku = goods.sku
        return answers.Goods(
            id=int(goods.number),
            group_id=next(reversed(self._groups(sku)), 0),
            name=sku.name,
            is_codes=sku.kind is not SkuKind.TOPUP,
            price_minor=goods.price_minor,
            on_sale=goods.active,
            stock=goods.stock_shown,
            most=min(QUANTITY_MAX, sku.quantity_max or QUANTITY_MAX),
        )


_OPERATIONS: Final[Mapping[Operation, Callable[..., Awaitable[bytes]]]] = {
    Operation.USER_INFO: Kakayun._user_info,
    Operation.GOODS_GROUP: Kakayun._goods_group,
    Operation.GOODS_ALL: Kakayun._goods_all,
    Operation.GOODS_DETAILS: Kakayun._goods_details,
    Operation.GOODS_DETAILS_LITE: Kakayun._goods_details_lite,
    Operation.ORDER_GET: Kakayun._order_get,
    Operation.ORDER_CANCEL: Kakayun._order_cancel,
}


def _enter(enter: Enter, number: str | None) -> None:
    try:
        enter(number)
    except ProblemError:
        raise _UNKNOWN from None


def _type(sku: Sku) -> int:
    return 1 if sku.kind is SkuKind.TOPUP else CODES
