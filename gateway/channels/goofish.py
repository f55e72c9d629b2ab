"""The goofish channel over our orders: its requests onto the same intake as every other order.

The channel's `order_no` is the partner's `out_order_no`, so that its repeats are our replays:
the stored result with the same cards.
"""

from typing import Any, Final

from connectors.channels.call import Call
from connectors.channels.goofish import answers, wire
from connectors.channels.goofish.answers import Goods, OrderAnswer
from connectors.channels.goofish.requests import (
    CreateRequest,
    DetailRequest,
    GoodsListRequest,
    GoodsRequest,
    Request,
    read_request,
)
from connectors.channels.goofish.wire import (
    Code,
    GoodsStatus,
    GoodsType,
    GoofishRefused,
    Operation,
)
from gateway.catalog.rules import Sku, SkuKind
from gateway.channels import counter
from gateway.channels.content import OUT_ORDER_NO, content_of
from gateway.channels.counter import Counter, by_name
from gateway.channels.face import Enter, Reply
from gateway.channels.goofish_order import TYPE_OF_KIND, order_answer, seconds
from gateway.channels.goofish_refusals import WORDS
from gateway.channels.rules import ChannelAccount
from gateway.ground.http.problems import ProblemError
from gateway.orders.refusal import Refusal
from gateway.orders.rules import OrderContent

_UNKNOWN: Final = GoofishRefused(Code.ORDER_TIMEOUT)


class Goofish:
    """Obeys the channel's requests: HTTP 200 whatever happens, `code` tells."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """See Face."""
        try:
            wire.verify(account.settings, call.query, call.body, call.now)
            operation = _operation(call.path)
            asked = read_request(operation, call.body)
            number = None
            if isinstance(asked, CreateRequest):
                number = _content(account, asked, asked.goods_no).out_order_no
            try:
                enter(number)
            except ProblemError:
                raise _UNKNOWN from None
            return Reply(body=answers.success(await self._obey(account, operation, asked)))
        except GoofishRefused as refused:
            return Reply(body=answers.refusal(refused))

    def unknown(self) -> Reply:
        """Not a refusal: the channel asks for the detail, and orders again if there is none."""
        return Reply(body=answers.refusal(_UNKNOWN))

    def closed(self) -> Reply:
        """As if its signature were wrong."""
        return Reply(body=answers.refusal(GoofishRefused(Code.BAD_SIGN)))

    async def _obey(self, account: ChannelAccount, operation: Operation, request: Request) -> Any:
        """`data` of the answer. Raises GoofishRefused."""
        match request:
            case CreateRequest():
                return answers.order_data(await self._create(account, request))
            case DetailRequest():
                return answers.order_data(await self._detail(account, request))
            case GoodsListRequest() if operation is Operation.GOODS_LIST:
                return await self._list_goods(account, request)
            case GoodsListRequest():
                return answers.goods_page((), 0)  # nobody subscribes: see below
            case GoodsRequest() if operation is Operation.GOODS_DETAIL:
                return await self._goods_detail(account, request)
            case GoodsRequest():
                # open/info says that changes are not pushed; the channel has to ask for the list.
                raise GoofishRefused(Code.BAD_PARAMETERS, "goods changes are not pushed")
            case _:
                return await self._info(account, operation)

    async def _info(self, account: ChannelAccount, operation: Operation) -> dict[str, Any]:
        if operation is Operation.PLATFORM_INFO:
            return answers.platform_info(account.settings)
        return answers.merchant_info((await self._counter.money(account)).available)

    # ------------------------------------------------------------ orders

    async def _create(self, account: ChannelAccount, request: CreateRequest) -> OrderAnswer:
        """Place an order; the same again gets the stored one, other content under its number
        1203."""
        sku = self._counter.find(account, request.goods_no, by_name)
        if sku is not None and not _may_be(request.order_type, sku):
            raise GoofishRefused(Code.GOODS_NOT_FOUND, "goods_no")
        wanted = self._counter.wanted(account, request.goods_no, by_name)
        content = _content(account, request, wanted)
        placed = await self._counter.place(
            account, content, notify_url=request.notify_url, with_codes=True
        )
        if isinstance(placed, Refusal):
            raise GoofishRefused(*WORDS[placed.reason])
        return order_answer(account, placed)

    async def _detail(self, account: ChannelAccount, request: DetailRequest) -> OrderAnswer:
        if request.order_no is not None:
            order = await self._counter.by_number(account, request.order_no)
        else:
            order = await self._counter.by_id(account, request.out_order_no or "")
        recharge = GoodsType.RECHARGE
        answer = None if order is None else order_answer(account, order)
        if answer is None or (answer.order_type is recharge) != (request.order_type is recharge):
            raise GoofishRefused(Code.ORDER_NOT_FOUND)
        return answer

    # ------------------------------------------------------------ goods

    async def _list_goods(
        self, account: ChannelAccount, request: GoodsListRequest
    ) -> dict[str, Any]:
        wanted = (request.keyword or "").casefold()
        found = sorted(
            (
                sku
                for sku in self._counter.offered(account, by_name)
                if sku.kind in TYPE_OF_KIND
                and request.goods_type in (None, TYPE_OF_KIND[sku.kind])
                and (wanted in sku.name.casefold() or wanted == sku.sku.casefold())
            ),
            key=lambda sku: sku.sku,
        )
        start = (request.page_no - 1) * request.page_size
        page = found[start : start + request.page_size]
        goods = await self._counter.goods(account, page, by_name)
        return answers.goods_page(map(_goods, goods), len(found))

    async def _goods_detail(self, account: ChannelAccount, request: GoodsRequest) -> dict[str, Any]:
        sku = self._counter.find_offered(account, request.goods_no, by_name)
        if (
            sku is None
            or sku.kind not in TYPE_OF_KIND
            or request.goods_type not in (None, TYPE_OF_KIND[sku.kind])
        ):
            raise GoofishRefused(Code.GOODS_NOT_FOUND)
        [goods] = await self._counter.goods(account, [sku], by_name)
        return answers.goods_data(_goods(goods))


def _goods(goods: counter.Goods) -> Goods:
    sku = goods.sku
    return Goods(
        goods_no=goods.number,
        goods_type=TYPE_OF_KIND[sku.kind],
        goods_name=sku.name,
        price_minor=goods.price_minor,
        stock=goods.stock_shown,
        status=GoodsStatus.ON_SALE if goods.on_sale else GoodsStatus.OFF_SALE,
        update_time_s=seconds(sku.updated_at),
    )


def _operation(path: str) -> Operation:
    operation = wire.operation_of(path)
    if operation is None:
        raise GoofishRefused(Code.BAD_PARAMETERS, "no such operation")
    return operation


def _content(account: ChannelAccount, request: CreateRequest, sku: str) -> OrderContent:
    target = request.target
    content = content_of(
        account,
        number=request.order_no,
        sku=sku,
        quantity=request.buy_quantity,
        recipient=target.account if target is not None else None,
        max_amount_minor=request.max_amount_minor,
        buyer_ip=target.buyer_ip if target is not None else None,
        extras={
            "biz_order_no": request.biz_order_no,
            "notify_url": request.notify_url,
            "game_name": target and target.game_name,
            "game_role": target and target.game_role,
            "game_area": target and target.game_area,
            "game_server": target and target.game_server,
            "buyer_area": target and target.buyer_area,
        },
    )
    if content is None:
        known = OUT_ORDER_NO.fullmatch(request.order_no)
        raise GoofishRefused(Code.BAD_PARAMETERS, "buy_quantity" if known else "order_no")
    return content


def _may_be(order_type: GoodsType, sku: Sku) -> bool:
    """Whether goods are ordered at the right address; cards and tickets are both codes of ours."""
    is_recharge = sku.kind is SkuKind.TOPUP
    return is_recharge == (order_type is GoodsType.RECHARGE)
