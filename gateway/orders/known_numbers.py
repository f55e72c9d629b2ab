"""Which order numbers were certainly never accepted: lets "sold out" be said without a query.

A sold-out SKU is asked for tens of thousands of times a second, but a retry of an accepted
number must still get its codes. A Bloom filter over all accepted numbers (no false
negatives) separates the two in memory; "perhaps" goes to the database. It is loaded in the
background when it is first missed.

Other workers' numbers are fetched after each proof of "sold out", after which none of them can
accept an order for that pool. They are followed by the entries of each account: these are numbered
under a lock that lasts until the commit, so who sees one sees all before it, whatever the clocks
of their makers, and however long a commit hung. No other conclusion is reached without asking.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.native import NumberFilter
from gateway.orders.events import OrdersCreated
from gateway.orders.ports import Orders

log = structlog.get_logger()

CAPACITY_MIN = 1_000_000
CAPACITY_MAX = 256_000_000  # numbers; 1.5 bytes each
CHUNK = 20_000
ENTRIES_CHUNK = 200  # rows of entries; each is a movement, or the charges of one commit
RETRY_S = 5.0
NEWS_AFTER_S = 1.0  # so old may be what is known of other workers' numbers


class KnownNumbers:
    """The filter, and how far it can be trusted."""

    def __init__(
        self,
        *,
        orders: Orders,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._orders = orders
        self._clock = clock
        self._filter: NumberFilter | None = None  # complete; answers
        self._loading: NumberFilter | None = None  # being read; collects meanwhile
        self._capacity = CAPACITY_MIN
        self._seen_up_to: dict[int, int] = {}  # the number of an entry, by partner
        self._synced_at = float("-inf")
        self._syncing: asyncio.Task[None] | None = None
        self._retry_after = float("-inf")

    def certainly_new(self, partner_id: int, number: str, since: float | None) -> bool:
        """Whether the number was never accepted.

        `since`: after which moment (monotonic) nobody can have accepted it, as the asker proved;
        numbers accepted before then are known, or the answer is False. None: not proved.
        """
        known = self._filter
        if since is None:
            return False
        if known is None or self._synced_at <= since:
            self._start_sync()
            return False
        return not known.may_contain(partner_id, number)

    def perhaps_accepted(self, partner_id: int, number: str) -> bool:
        """Whether it may have been accepted, for those who would rather not be told "perhaps".

        False may be wrong: of numbers not read yet, and of other workers' of the last moment.
        """
        if self._clock() - self._synced_at > NEWS_AFTER_S:
            self._start_sync()
        return self.was_met(partner_id, number)

    def was_met(self, partner_id: int, number: str) -> bool:
        """The same of what is at hand, whatever its age: nothing is read for it."""
        known = self._filter if self._loading is None else self._loading
        return known is not None and known.may_contain(partner_id, number)

    def created(self, event: OrdersCreated) -> None:
        """These were accepted by this worker."""
        for numbers in (self._filter, self._loading):
            if numbers is not None:
                for line in event.lines:
                    numbers.add_one(line.partner_id, line.out_order_no)
                for batch in event.plain:
                    numbers.add_lines(batch.partner_id, batch.lines.numbers_text())

    def _start_sync(self) -> None:
        if self._syncing is None and self._clock() > self._retry_after:
            self._syncing = asyncio.create_task(self._sync())

    async def _sync(self) -> None:
        started = self._clock()
        try:
            if self._filter is None or self._filter.full:
                await self._load_anew()
            else:
                await self._read_news(self._filter)
            self._synced_at = started
        except StoreUnavailableError:
            self._retry_after = self._clock() + RETRY_S
        except Exception:
            log.exception("known_numbers.failed")
            self._retry_after = self._clock() + RETRY_S
        finally:
            self._loading = None
            self._syncing = None

    async def _load_anew(self) -> None:
        """Read all numbers into a filter that is large enough."""
        while self._capacity <= CAPACITY_MAX:
            # Attached before reading: whatever commits meanwhile is either read or collected.
            self._loading = NumberFilter(self._capacity)
            self._seen_up_to.clear()
            await self._read_news(self._loading)
            if not self._loading.full:
                self._filter, self._loading = self._loading, None
                log.info("known_numbers.loaded", numbers=len(self._filter))
                return
            self._capacity *= 4
        log.warning("known_numbers.too_many", most=CAPACITY_MAX)
        self._filter = None
        self._retry_after = self._clock() + 3600.0

    async def _read_news(self, numbers: NumberFilter) -> None:
        """Take in what was committed since; of accounts not seen yet, all there is."""
        for partner_id, last in (await self._orders.last_entries()).items():
            if numbers.full:
                return
            seen = self._seen_up_to.get(partner_id)
            if seen is None:
                # What is committed while we read has a later entry: the next time finds it.
                await self._read_all(numbers, partner_id)
                self._seen_up_to[partner_id] = last
            elif seen < last:
                await self._read_since(numbers, partner_id, seen)

    async def _read_all(self, numbers: NumberFilter, partner_id: int) -> None:
        after, count = 0, CHUNK
        while count == CHUNK and not numbers.full:
            lines, count, after = await self._orders.numbers_after(partner_id, after, CHUNK)
            numbers.add_lines(partner_id, lines)

    async def _read_since(self, numbers: NumberFilter, partner_id: int, seen: int) -> None:
        entries = ENTRIES_CHUNK
        while entries == ENTRIES_CHUNK:
            lines, entries, seen = await self._orders.numbers_since(partner_id, seen, ENTRIES_CHUNK)
            numbers.add_lines(partner_id, lines)
            self._seen_up_to[partner_id] = seen
