"""A dujiao-next site over our orders: its requests onto the same intake as every other order.

Its `downstream_order_no` is the partner's `out_order_no`. Each of our SKUs is a product there with
one SKU; both have the SKU's id, which never changes.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from connectors.channels.call import Call
from connectors.channels.dujiao import answers, shapes, wire
from connectors.channels.dujiao.requests import (
    CreateRequest,
    read_create,
    read_products,
)
from connectors.channels.dujiao.wire import DujiaoRefused, Error
from gateway.catalog.rules import Sku, SkuKind
from gateway.channels.content import content_of, number_of_request
from gateway.channels.counter import Counter, Goods, by_id
from gateway.channels.dujiao_order import order_answer
from gateway.channels.dujiao_refusals import WORDS
from gateway.channels.face import Enter, Reply
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.ground.http.problems import ProblemError
from gateway.ground.moment import rfc3339
from gateway.orders.cancel import Kept
from gateway.orders.refusal import Refusal

SITE_NAME: Final = "Quangate"
_ONE: Final = re.compile(rf"{wire.ROOT}/(products|orders)/([0-9]{{1,19}})(/cancel)?")
_UNKNOWN: Final = DujiaoRefused(500, Error.INTERNAL_ERROR, "try again")


class Dujiao:
    """Obeys the site's requests; whatever is not 200 is a failure to it."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """See Face."""
        try:
            signed = wire.verify(account.settings, call)
            return Reply(body=await self._obey(account, call, enter, signed))
        except DujiaoRefused as refused:
            return _said(refused)

    def unknown(self) -> Reply:
        """The site tries again with the same number."""
        return _said(_UNKNOWN)

    def closed(self) -> Reply:
        """As if its user were disabled."""
        return _said(DujiaoRefused(403, Error.USER_DISABLED))

    async def _obey(self, account: ChannelAccount, call: Call, enter: Enter, signed: str) -> bytes:
        """The body of the answer. Raises DujiaoRefused."""
        one = _ONE.fullmatch(call.path)
        path = call.path.removeprefix(wire.ROOT) if one is None else f"/{one[1]}/ID{one[3] or ''}"
        if (call.method, path) == ("POST", "/orders"):
            return await self._create(account, call, enter, signed)
        obey = _CALLS.get((call.method, path))
        if obey is None or not call.path.startswith(wire.ROOT):
            raise DujiaoRefused(404, Error.NOT_FOUND, "no such call")
        _enter(enter, None)
        self._counter.key(account)
        return await obey(self, account, call.query if one is None else one[2])

    async def _ping(self, account: ChannelAccount, _: str) -> bytes:
        money = await self._counter.money(account)
        return answers.ping(SITE_NAME, account.partner_id, money.available, money.currency)

    # ------------------------------------------------------------ orders

    async def _create(
        self, account: ChannelAccount, call: Call, enter: Enter, signed: str
    ) -> bytes:
        """Place an order; the same again gets the stored one, other content 409."""
        request = read_create(call.body)
        number = request.downstream_order_no or number_of_request(signed)
        _enter(enter, number)
        content = content_of(
            account,
            number=number,
            sku=self._counter.wanted(account, str(request.sku_id), by_id),
            quantity=request.quantity,
            recipient=self._recipient(account, request),
            max_amount_minor=None,
            extras={"callback_url": request.callback_url},
        )
        if content is None:
            raise DujiaoRefused(400, Error.BAD_REQUEST, "downstream_order_no or quantity")
        placed = await self._counter.place(account, content, notify_url=request.callback_url)
        if isinstance(placed, Refusal):
            raise DujiaoRefused(*WORDS[placed.reason])
        return answers.created(order_answer(account, placed))

    def _recipient(self, account: ChannelAccount, request: CreateRequest) -> str | None:
        """A form is for top-ups; of other goods it means nothing, as at their own sites."""
        sku = self._counter.find(account, str(request.sku_id), by_id)
        return request.account if sku is not None and sku.kind is SkuKind.TOPUP else None

    async def _order(self, account: ChannelAccount, number: str) -> ChannelOrder:
        order = await self._counter.by_id(account, number)
        if order is None:
            raise DujiaoRefused(404, Error.ORDER_NOT_FOUND)
        return order

    async def _detail(self, account: ChannelAccount, number: str) -> bytes:
        return answers.order_detail(order_answer(account, await self._order(account, number)))

    async def _cancel(self, account: ChannelAccount, number: str) -> bytes:
        order = await self._order(account, number)
        cancelled = await self._counter.cancel(account, order)
        if isinstance(cancelled, Kept):
            raise DujiaoRefused(409, Error.CANCEL_NOT_ALLOWED)
        return answers.canceled(order_answer(account, cancelled))

    # ------------------------------------------------------------ goods

    async def _categories(self, account: ChannelAccount, _: str) -> bytes:
        shelves = self._counter.shelves_of(self._counter.offered(account, by_id))
        return answers.categories(
            shapes.Category(id=row.id, parent_id=row.parent_id, name=row.name) for row in shelves
        )

    async def _products(self, account: ChannelAccount, query: str) -> bytes:
        asked = read_products(query)
        found = [
            sku
            for sku in self._counter.offered(account, by_id)
            if (asked.include_inactive or (sku.on_sale and not account.paused))
            and _is_newer(sku, asked.updated_after)
        ]
        start = (asked.page - 1) * asked.page_size
        page = found[start : start + asked.page_size]
        goods = await self._counter.goods(account, page, by_id)
        return answers.products(map(self._shown, goods), len(found), asked)

    async def _product(self, account: ChannelAccount, number: str) -> bytes:
        sku = self._counter.find_offered(account, str(int(number)), by_id)
        if sku is None:
            raise DujiaoRefused(404, Error.PRODUCT_NOT_FOUND)
        [goods] = await self._counter.goods(account, [sku], by_id)
        if not goods.active:
            raise DujiaoRefused(404, Error.PRODUCT_UNAVAILABLE)
        return answers.product(self._shown(goods))

    def _shown(self, goods: Goods) -> shapes.Product:
        sku = goods.sku
        path = self._counter.path_of(sku)
        return shapes.Product(
            id=int(goods.number),
            slug=sku.sku,
            name=sku.name,
            price_minor=goods.price_minor,
            currency=sku.currency,
            stock=goods.stock,
            active=goods.active,
            automatic=sku.kind is not SkuKind.TOPUP,
            category_id=path[-1].id if path else 0,
            tags=sku.tags,
            updated_at=rfc3339(sku.updated_at),
        )


# What is asked, and who answers, given a query or the number in the path.
_CALLS: Final[Mapping[tuple[str, str], Callable[..., Awaitable[bytes]]]] = {
    ("POST", "/ping"): Dujiao._ping,
    ("GET", "/categories"): Dujiao._categories,
    ("GET", "/products"): Dujiao._products,
    ("GET", "/products/ID"): Dujiao._product,
    ("GET", "/orders/ID"): Dujiao._detail,
    ("POST", "/orders/ID/cancel"): Dujiao._cancel,
}


def _enter(enter: Enter, number: str | None) -> None:
    try:
        enter(number)
    except ProblemError:
        raise _UNKNOWN from None


def _is_newer(sku: Sku, moment: datetime | None) -> bool:
    return moment is None or sku.updated_at > moment


def _said(refused: DujiaoRefused) -> Reply:
    return Reply(status=refused.status, body=answers.refusal(refused))
