"""The goofish channel over our orders: its requests onto the same intake as every other order.

The channel's `order_no` is the partner's `out_order_no`, so that its repeats are our replays:
the stored result with the same cards. Codes are sealed to the channel's own key like to any
partner's, and opened here, at the last moment: each view is recorded (via "channel").
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from connectors.channels.goofish import answers
from connectors.channels.goofish.answers import Goods, OrderAnswer
from connectors.channels.goofish.requests import (
    CreateRequest,
    DetailRequest,
    GoodsListRequest,
    GoodsRequest,
    Request,
)
from connectors.channels.goofish.wire import (
    Code,
    GoodsStatus,
    GoodsType,
    GoofishRefused,
    Operation,
)
from gateway.catalog.rules import CurrentCatalog, Key, Sku, SkuKind
from gateway.channels.goofish_order import TYPE_OF_KIND, order_answer, seconds, view_of
from gateway.channels.goofish_refusals import WORDS
from gateway.channels.rules import ChannelAccount
from gateway.codes.levels import StockLevels
from gateway.codes.shelving import ShelfBook
from gateway.ledger.accounts import Accounts
from gateway.orders.finding import OrderDesk
from gateway.orders.place import Placement
from gateway.orders.refusal import Refusal
from gateway.orders.rules import QUANTITY_MAX, OrderContent
from gateway.prices.rules import PriceBook, Priced, price_of

STOCK_SHOWN_MAX: Final = 9_999  # more are not counted
_OUT_ORDER_NO: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class Goofish:
    """Obeys the channel's requests."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        placement: Placement,
        desk: OrderDesk,
        accounts: Accounts,
        stock_levels: StockLevels,
        expect_order: Callable[[ChannelAccount, str, str], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        """`expect_order` commits where the result of a number goes, before it is ordered."""
        self._catalog = catalog
        self._placement = placement
        self._desk = desk
        self._accounts = accounts
        self._stock_levels = stock_levels
        self._expect_order = expect_order
        self._now = now

    async def obey(self, account: ChannelAccount, operation: Operation, request: Request) -> Any:
        """`data` of the answer. Raises GoofishRefused, StoreUnavailableError."""
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
        money = await self._accounts.account(account.partner_id)
        return answers.merchant_info(money.available)

    # ------------------------------------------------------------ orders

    def may_repeat(self, account: ChannelAccount, request: CreateRequest) -> bool:
        """Whether the channel may have ordered this before, as far as is known here."""
        number = _content(account, request).out_order_no
        return self._placement.may_repeat(self._key(account), number)

    async def _create(self, account: ChannelAccount, request: CreateRequest) -> OrderAnswer:
        """Place an order; the same again gets the stored one, other content under its number
        1203."""
        key = self._key(account)
        sku = self._catalog.now.skus.get(request.goods_no)
        if sku is not None and not _may_be(request.order_type, sku):
            raise GoofishRefused(Code.GOODS_NOT_FOUND, "goods_no")
        content = _content(account, request)
        await self._expect_order(account, content.out_order_no, request.notify_url)
        placed = await self._placement.place(key, content, channel=account.name)
        if isinstance(placed, Refusal):
            raise GoofishRefused(*WORDS[placed.reason])
        answer = await self._shown(account, placed.settled.order_id)
        if answer is None:
            raise GoofishRefused(Code.ORDER_TIMEOUT)
        return answer

    async def _detail(self, account: ChannelAccount, request: DetailRequest) -> OrderAnswer:
        if request.order_no is not None:
            order_id = await self._desk.find(account.partner_id, request.order_no)
        else:
            order_id = _order_id(request.out_order_no or "")
        answer = None if order_id is None else await self._shown(account, order_id)
        recharge = GoodsType.RECHARGE
        if answer is None or (answer.order_type is recharge) != (request.order_type is recharge):
            raise GoofishRefused(Code.ORDER_NOT_FOUND)
        return answer

    async def _shown(self, account: ChannelAccount, order_id: int) -> OrderAnswer | None:
        self._key(account)
        shown = await self._desk.show(view_of(account, order_id))
        if shown is None:
            return None
        return order_answer(account, shown, self._catalog.now.skus_by_id[shown.record.sku_id])

    def _key(self, account: ChannelAccount) -> Key:
        """The channel's key, while it works: revoking it closes the channel."""
        key = self._catalog.now.keys.get(account.key_id)
        if key is None:
            raise GoofishRefused(Code.BAD_SIGN)
        return key

    # ------------------------------------------------------------ goods

    async def _list_goods(
        self, account: ChannelAccount, request: GoodsListRequest
    ) -> dict[str, Any]:
        wanted = (request.keyword or "").casefold()
        found = sorted(
            (
                sku
                for sku in self._catalog.now.skus.values()
                if sku.offered_to(account.partner_id)
                and sku.kind in TYPE_OF_KIND
                and self._price(account, sku).sound
                and request.goods_type in (None, TYPE_OF_KIND[sku.kind])
                and (wanted in sku.name.casefold() or wanted == sku.sku.casefold())
            ),
            key=lambda sku: sku.sku,
        )
        start = (request.page_no - 1) * request.page_size
        page = found[start : start + request.page_size]
        return answers.goods_page([await self._goods(account, sku) for sku in page], len(found))

    async def _goods_detail(self, account: ChannelAccount, request: GoodsRequest) -> dict[str, Any]:
        sku = self._catalog.now.skus.get(request.goods_no)
        if (
            sku is None
            or not sku.offered_to(account.partner_id)
            or sku.kind not in TYPE_OF_KIND
            or request.goods_type not in (None, TYPE_OF_KIND[sku.kind])
        ):
            raise GoofishRefused(Code.GOODS_NOT_FOUND)
        return answers.goods_data(await self._goods(account, sku))

    async def _goods(self, account: ChannelAccount, sku: Sku) -> Goods:
        stock, priced = await self._stock(account, sku), self._price(account, sku)
        return Goods(
            goods_no=sku.sku,
            goods_type=TYPE_OF_KIND[sku.kind],
            goods_name=sku.name,
            price_minor=priced.minor,
            stock=stock,
            status=GoodsStatus.ON_SALE
            if sku.on_sale and stock and priced.sound
            else GoodsStatus.OFF_SALE,
            update_time_s=seconds(sku.updated_at),
        )

    def _price(self, account: ChannelAccount, sku: Sku) -> Priced:
        """What one of it costs now through this channel."""
        prices = self._catalog.now.book(PriceBook).lists[sku.id]
        return price_of(
            prices, account.partner_id, 1, campaign=None, channel=account.name, now=self._now
        )

    async def _stock(self, account: ChannelAccount, sku: Sku) -> int:
        shelves = self._catalog.now.book(ShelfBook)
        outlet = shelves.outlet_for(sku, channel=account.name, campaign=None)
        if outlet is None:
            # Nobody counts what an upstream has: it is there while a route is open.
            return STOCK_SHOWN_MAX if self._catalog.now.has_open_route(sku) else 0
        wanted = (outlet, STOCK_SHOWN_MAX)
        return min(STOCK_SHOWN_MAX, (await self._stock_levels.of([wanted]))[wanted])


def _content(account: ChannelAccount, request: CreateRequest) -> OrderContent:
    if not _OUT_ORDER_NO.fullmatch(request.order_no):
        raise GoofishRefused(Code.BAD_PARAMETERS, "order_no")
    if request.buy_quantity > QUANTITY_MAX:
        raise GoofishRefused(Code.BAD_PARAMETERS, "buy_quantity")
    target = request.target
    extras = {
        "channel": account.name,
        "biz_order_no": request.biz_order_no,
        "notify_url": request.notify_url,
        "game_name": target and target.game_name,
        "game_role": target and target.game_role,
        "game_area": target and target.game_area,
        "game_server": target and target.game_server,
        "buyer_area": target and target.buyer_area,
    }
    return OrderContent(
        out_order_no=request.order_no,
        sku=request.goods_no,
        quantity=request.buy_quantity,
        account=target.account if target is not None else None,
        max_amount_minor=request.max_amount_minor,
        buyer_ip=target.buyer_ip if target is not None else None,
        metadata={name: value for name, value in extras.items() if value},
    )


def _order_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _may_be(order_type: GoodsType, sku: Sku) -> bool:
    """Whether goods are ordered at the right address; cards and tickets are both codes of ours."""
    is_recharge = sku.kind is SkuKind.TOPUP
    return is_recharge == (order_type is GoodsType.RECHARGE)
