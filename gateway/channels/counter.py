"""Where every house buys: our goods at its channel's prices, orders under its own numbers.

A house's order number is the partner's `out_order_no`, so that its repeats are our replays: the
stored order with the same codes. Faces read what they are asked, come here, and say it in their
words.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.catalog.rules import CurrentCatalog, Key, Sku, SkuKind
from gateway.channels.content import OUT_ORDER_NO
from gateway.channels.reading_orders import ChannelOrders
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.codes.levels import StockLevels
from gateway.codes.shelving import ShelfBook
from gateway.ground.errors import InvariantBrokenError
from gateway.ledger.accounts import Accounts
from gateway.ledger.rules import AccountFacts
from gateway.orders.cancel import Cancellation, Kept, KeptReason
from gateway.orders.place import Placement
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import OrderContent
from gateway.prices.rules import PriceBook, Priced, price_of

STOCK_SHOWN_MAX: Final = 9_999  # more are not counted

OwnNumber = Callable[[Sku], str]  # what we call a SKU in a house's protocol


def by_name(sku: Sku) -> str:
    """Where a protocol knows goods by texts."""
    return sku.sku


def by_id(sku: Sku) -> str:
    """Where a protocol wants numbers: the id never changes, and is given to no other SKU."""
    return str(sku.id)


class ClosedError(Exception):
    """The channel's key does not work any more, and so the channel does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A SKU as the channel may see it; `number` is the channel's.

    `stock` None: nobody counts what an upstream has, and a route is open.
    """

    sku: Sku
    number: str
    price_minor: int
    stock: int | None
    active: bool  # whatever there is of it

    @property
    def on_sale(self) -> bool:
        """Whether one can be had now."""
        return self.active and self.stock != 0

    @property
    def stock_shown(self) -> int:
        """A number in any case."""
        return STOCK_SHOWN_MAX if self.stock is None else self.stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Where goods are filed; `parent_id` 0: at the top."""

    id: int
    name: str
    parent_id: int


class Counter:
    """Serves channels."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        placement: Placement,
        orders: ChannelOrders,
        cancellation: Cancellation,
        accounts: Accounts,
        stock_levels: StockLevels,
        expect_order: Callable[[ChannelAccount, str, str], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        """`expect_order` commits where the result of a number goes, before it is ordered."""
        self._catalog = catalog
        self._placement = placement
        self._orders = orders
        self._cancellation = cancellation
        self._accounts = accounts
        self._stock_levels = stock_levels
        self._expect_order = expect_order
        self.now = now

    def key(self, account: ChannelAccount) -> Key:
        """The channel's key, while it works: revoking it closes the channel. ClosedError."""
        key = self._catalog.now.keys.get(account.key_id)
        if key is None:
            raise ClosedError
        return key

    async def money(self, account: ChannelAccount) -> AccountFacts:
        """What the partner may spend, and in what currency."""
        return await self._accounts.account(account.partner_id)

    # ------------------------------------------------------------ goods

    def offered(
        self, account: ChannelAccount, own: OwnNumber, *, currency: str | None = None
    ) -> list[Sku]:
        """What the channel may buy, the oldest first, on sale or not. `currency`: its only one."""
        return sorted(
            (
                sku
                for sku in self._catalog.now.skus.values()
                if self._is_offered(account, sku)
                and currency in (None, sku.currency)
                and account.number_of(sku.id, own(sku)) is not None
                and self.price(account, sku).sound
            ),
            key=lambda sku: sku.id,
        )

    def find(self, account: ChannelAccount, number: str, own: OwnNumber) -> Sku | None:
        """The SKU behind a channel's number, whether or not the channel may buy it."""
        view = self._catalog.now
        if number in account.products:
            return view.skus_by_id.get(account.products[number])
        sku = next((sku for sku in self._named(number, own) if own(sku) == number), None)
        # A SKU that is mapped has the number it is mapped to, and no other.
        if sku is None or account.number_of(sku.id, number) != number:
            return None
        return sku

    def wanted(self, account: ChannelAccount, number: str, own: OwnNumber) -> str:
        """The name of the SKU behind a number; of none what no SKU is called, for the number of
        its order may be known."""
        sku = self.find(account, number, own)
        return f"?{number}" if sku is None else sku.sku

    def find_offered(self, account: ChannelAccount, number: str, own: OwnNumber) -> Sku | None:
        """The same, if the channel may buy it."""
        sku = self.find(account, number, own)
        return sku if sku is not None and self._is_offered(account, sku) else None

    async def goods(
        self, account: ChannelAccount, skus: Sequence[Sku], own: OwnNumber
    ) -> list[Goods]:
        """These SKUs with what one costs and how many there are."""
        return [
            Goods(
                sku=sku,
                number=account.number_of(sku.id, own(sku)) or own(sku),
                price_minor=priced.minor,
                stock=stock,
                active=sku.on_sale and not account.paused and priced.sound,
            )
            for sku in skus
            for priced in [self.price(account, sku)]
            for stock in [await self._stock(account, sku)]
        ]

    def shelves_of(self, skus: Sequence[Sku]) -> list[Category]:
        """The categories that these lie in, those above before those below."""
        rows = {row.id: row for sku in skus for row in self.path_of(sku)}
        return sorted(rows.values(), key=lambda row: (row.parent_id != 0, row.id))

    def path_of(self, sku: Sku) -> list[Category]:
        """The first category of a SKU and the second below it; what is deeper lies in the second,
        since houses know two levels."""
        ids = self._catalog.now.category_ids
        names = sku.categories[::-1][:2]
        above = [0, *(ids[name] for name in names)]
        return [
            Category(id=ids[name], name=name, parent_id=parent)
            for name, parent in zip(names, above, strict=False)
        ]

    def price(self, account: ChannelAccount, sku: Sku, quantity: int = 1) -> Priced:
        """What one of so many costs now through this channel."""
        prices = self._catalog.now.book(PriceBook).lists[sku.id]
        return price_of(
            prices, account.partner_id, quantity, campaign=None, channel=account.name,
            now=self.now,
        )  # fmt: skip

    def _named(self, number: str, own: OwnNumber) -> list[Sku]:
        view = self._catalog.now
        if own is by_id:
            found = view.skus_by_id.get(int(number)) if _is_id(number) else None
        else:
            found = view.skus.get(number)
        return [] if found is None else [found]

    def _is_offered(self, account: ChannelAccount, sku: Sku) -> bool:
        hidden = sku.kind is not SkuKind.TOPUP and not account.plaintext
        return sku.offered_to(account.partner_id) and not hidden

    async def _stock(self, account: ChannelAccount, sku: Sku) -> int | None:
        shelves = self._catalog.now.book(ShelfBook)
        outlet = shelves.outlet_for(sku, channel=account.name, campaign=None)
        if outlet is None:
            return None if self._catalog.now.has_open_route(sku) else 0
        wanted = (outlet, STOCK_SHOWN_MAX)
        return min(STOCK_SHOWN_MAX, (await self._stock_levels.of([wanted]))[wanted])

    # ------------------------------------------------------------ orders

    def may_repeat(self, account: ChannelAccount, number: str) -> bool:
        """Whether the channel may have ordered this before, as far as is known here."""
        return self._placement.may_repeat(self.key(account), number)

    async def place(
        self, account: ChannelAccount, content: OrderContent, *, notify_url: str | None,
        with_codes: bool = False,
    ) -> ChannelOrder | Refusal:  # fmt: skip
        """Place an order, or find the one that has the number and says the same; `with_codes`
        where the house's answer has them.

        What a paused channel orders, and codes that may not leave by it, are not on sale.
        """
        key = self.key(account)
        if notify_url is not None:
            await self._expect_order(account, content.out_order_no, notify_url)
        sku = self._catalog.now.skus.get(content.sku)
        hidden = sku is not None and sku.kind is not SkuKind.TOPUP and not account.plaintext
        # Neither the commit nor the look at it opens, and writes down, what does not leave.
        key = replace(key, reads_codes=with_codes and account.plaintext)
        refusal = None
        if account.paused or hidden:
            refusal = Refusal(Reason.NOT_ON_SALE, sku=content.sku)
        placed = await self._placement.place(
            key, content, channel=account.name, unless_known=refusal
        )
        if isinstance(placed, Refusal):
            return placed
        order_id = placed.answered.order_id
        order = await self._orders.by_id(account, order_id, with_codes=with_codes)
        if order is None:
            raise InvariantBrokenError(f"order {order_id} was placed, and is gone")
        return order

    async def by_number(self, account: ChannelAccount, number: str) -> ChannelOrder | None:
        """The channel's order of its own number. ClosedError."""
        self.key(account)
        if not OUT_ORDER_NO.fullmatch(number):
            return None
        return await self._orders.by_number(account, number)

    async def by_id(self, account: ChannelAccount, number: str) -> ChannelOrder | None:
        """The channel's order of our number. ClosedError."""
        self.key(account)
        return await self._orders.by_id(account, int(number)) if _is_id(number) else None

    async def cancel(self, account: ChannelAccount, order: ChannelOrder) -> ChannelOrder | Kept:
        """The order, cancelled now or before; or why it is not."""
        kept = await self._cancellation.cancel(self.key(account), order.record.id)
        if isinstance(kept, Kept):
            return kept
        shown = await self._orders.by_id(account, order.record.id, with_codes=False)
        return Kept(KeptReason.LOST) if shown is None else shown


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 20 and int(text) < 2**63
