"""Tells partners of products that changed: `product.changed`, by comparing what each sees now with
what it was told.

One worker of all does it. It looks again at what changed in the catalog, at what price windows
open and end, and at what is sold out, or there again, for a minute; the database remembers what
was told. So nothing is lost when a worker goes, the last state is always told, a SKU at most once
a second, and no partner has more than one message about it under way. What a partner sees for the
first time is no news.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from gateway.catalog.rules import Catalog, CurrentCatalog, Sku
from gateway.ground.errors import StoreUnavailableError
from gateway.orders.products import NONE, ProductsSeen, StockLevel
from gateway.prices.rules import PriceBook
from gateway.webhooks.product_news import News, State, gone, state

log = structlog.get_logger()

EVERY_S: Final = 1.0
PAUSE_S: Final = 0.1  # however often the catalog changes
STOCK_EVERY_S: Final = 2.0
STOCK_LASTS_S: Final = 60.0  # what is refilled at once was not sold out to anybody
AT_ONCE: Final = 500  # SKUs of one partner in a turn


class Told(Protocol):
    """What was told; see product_store.ProductsTold."""

    async def lead(self) -> bool: ...
    async def tell(self, partner_id: int, news: Sequence[News]) -> Sequence[str]: ...


class ProductTelling:
    """A service of the worker (see ground.wiring.Service)."""

    def __init__(
        self,
        *,
        told: Told,
        seen: ProductsSeen,
        catalog: CurrentCatalog,
        now: Callable[[], datetime],
    ) -> None:
        """`now` is the database's clock."""
        self._told = told
        self._seen = seen
        self._catalog = catalog
        self._now = now
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forget()

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """What was not told is found by whoever goes on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def changed(self) -> None:
        """Another catalog is in force."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                if await self._told.lead():
                    await self._turn()
                else:
                    self._forget()
            except StoreUnavailableError:
                self._forget()  # whether we still lead is not known
            except Exception:
                log.exception("products.not_told")
                self._forget()
            await asyncio.sleep(PAUSE_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), EVERY_S)
            self._wake.clear()

    def _forget(self) -> None:
        """Whatever we knew may be otherwise when it is our turn again."""
        self._compared: Catalog | None = None
        self._facts: dict[int, Any] = {}
        self._levels: dict[int, StockLevel] = {}  # as they are
        self._lasting: dict[int, StockLevel] = {}  # as they were for a while
        self._other_since: dict[int, float] = {}  # those that are not as they were
        self._stock_seen_at = float("-inf")
        self._windows: list[tuple[datetime, int]] = []
        self._listeners: set[int] = set()
        # By partner the SKUs to compare, and since when each is so; None: since now.
        self._waiting: dict[int, dict[int, datetime | None]] = defaultdict(dict)

    async def _turn(self) -> None:
        catalog = self._catalog.now
        await self._look_at_stock(catalog)
        if catalog is not self._compared:
            self._compare(catalog)
        self._open_windows()
        for partner_id in list(self._waiting):
            await self._tell(catalog, partner_id)
            await asyncio.sleep(0)  # orders go on between two partners

    # ------------------------------------------------------------ what may have changed

    async def _look_at_stock(self, catalog: Catalog) -> None:
        moment = asyncio.get_running_loop().time()
        same = catalog is self._compared
        if same and moment < self._stock_seen_at + STOCK_EVERY_S:
            return
        self._stock_seen_at = moment
        self._levels = dict(await self._seen.levels(list(catalog.skus.values())))
        lasting = []
        for sku_id, level in self._levels.items():
            was = self._lasting.setdefault(sku_id, level)
            if (level == NONE) is (was == NONE):
                self._other_since.pop(sku_id, None)
            elif moment >= self._other_since.setdefault(sku_id, moment) + STOCK_LASTS_S:
                self._lasting[sku_id] = level
                del self._other_since[sku_id]
                lasting.append(sku_id)
        self._mark(lasting)

    def _compare(self, catalog: Catalog) -> None:
        """Which SKUs are not what they were, and who listens since then."""
        prices = catalog.book(PriceBook).lists
        facts = {
            sku.id: (
                sku,
                prices[sku.id],
                catalog.has_open_route(sku),
                self._seen.quantity_max(sku),
            )
            for sku in catalog.skus.values()
        }
        changed = [id_ for id_, fact in facts.items() if self._facts.get(id_) != fact]
        self._facts, self._compared = facts, catalog
        self._windows = sorted(
            (moment, id_)
            for id_ in facts
            for row in prices[id_].rows
            for moment in (row.starts_at, row.ends_at)
            if moment is not None and moment > self._now()
        )
        listening = catalog.webhook_partners
        for partner_id in self._waiting.keys() - listening:
            del self._waiting[partner_id]
        self._listeners &= listening
        self._mark(changed)
        for partner_id in listening - self._listeners:
            self._waiting[partner_id] = dict.fromkeys(facts)
        self._listeners |= listening

    def _open_windows(self) -> None:
        moment = self._now()
        while self._windows and self._windows[0][0] <= moment:
            opened, sku_id = self._windows.pop(0)
            self._mark([sku_id], opened)

    def _mark(self, skus: Iterable[int], since: datetime | None = None) -> None:
        marked = dict.fromkeys(skus, since)
        if marked:
            for partner_id in self._listeners:
                self._waiting[partner_id] |= marked

    # ------------------------------------------------------------ telling

    async def _tell(self, catalog: Catalog, partner_id: int) -> None:
        waiting = self._waiting[partner_id]
        batch = list(waiting)[:AT_ONCE]
        skus = [catalog.skus_by_id[id_] for id_ in batch if id_ in catalog.skus_by_id]
        news = [self._news(sku, partner_id, waiting[sku.id]) for sku in skus]
        outcomes = await self._told.tell(partner_id, news) if news else []
        if "lost" in outcomes:
            self._forget()
            return
        became = {each.sku_id: one for each, one in zip(news, outcomes, strict=True)}
        for sku_id in batch:
            since = waiting.pop(sku_id)
            outcome = became.get(sku_id, "")
            if outcome == "held":
                waiting[sku_id] = since  # behind the others
            elif outcome == "told":
                waiting[sku_id] = None  # what will be is told next
        if not waiting:
            del self._waiting[partner_id]

    def _news(self, sku: Sku, partner_id: int, since: datetime | None) -> News:
        now = self._now()
        if not sku.offered_to(partner_id):
            return News(sku_id=sku.id, now=gone(self._seen.product(sku, partner_id, NONE), now))
        current = self._state(sku, partner_id, now, since)
        until = self._seen.price(sku, partner_id, now).until
        ahead = None if until is None else self._state(sku, partner_id, until)
        if ahead is not None and ahead.digest == current.digest:
            ahead = None
        return News(sku_id=sku.id, now=current, ahead=ahead)

    def _state(
        self, sku: Sku, partner_id: int, moment: datetime, since: datetime | None = None
    ) -> State:
        """What is told is what is there; whether it is news, what was so for a while."""
        level = self._levels.get(sku.id, NONE)
        product = self._seen.product(sku, partner_id, level, moment)
        lasting = self._lasting.get(sku.id, level)
        compared = self._seen.product(sku, partner_id, lasting, moment)
        return state(product, since or moment, compared=compared, on_sale=sku.on_sale)
