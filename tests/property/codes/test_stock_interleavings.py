"""Several workers' stocks over one database: whatever order things happen in, no code is stranded.

`found.md` §4: giving back while a refill awaited lost the grants, and a lease nobody knew was
renewed for ever: its codes could not be sold, and its holder said "sold out".
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codes import stock as stock_module
from gateway.codes.stock import Stock
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.native import Allocator
from tests.world.lease_model import POOL, TTL_S, Books, Gates, ModelLeases, Run

QUIET_TURNS = 30  # of the loop: more than any chain of wake-ups between two gates

SALES_MAX = 30  # and refills before a sale


@pytest.fixture(autouse=True, scope="module")
def _no_threads() -> Iterator[None]:
    """Records are looked at in the loop: a thread would take its own time."""

    async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stock_module.asyncio, "to_thread", at_once)
        yield


class World:
    """Workers `a`, `b`, … that sell from one pool."""

    def __init__(self, *, codes: int, workers: int = 2) -> None:
        self.gates = Gates()
        self.books = Books(codes, workers, self.gates)
        self.stocks = [
            Stock(
                allocator=Allocator(),
                leases=ModelLeases(self.books, name),
                find_corrupt=lambda *_: [],
                clock=lambda: 0.0,
            )
            for name in "abcd"[:workers]
        ]
        self.commits: list[tuple[Stock, list[Run]]] = []  # sent, not answered
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, work: Awaitable[Any]) -> None:
        """Begin something that awaits."""
        self.tasks.append(asyncio.ensure_future(work))

    def claim(self, worker: int, quantity: int) -> None:
        """Claim for one order, or ask for more as the tail does."""
        stock = self.stocks[worker]
        (runs,) = stock.claim_many([(POOL, quantity)])
        if runs is None:
            self.start(stock.refill(POOL, quantity))
        else:
            self.commits.append((stock, runs))

    def decide(self, index: int, outcome: int) -> None:
        """A commit is answered: sold; refused; or nobody knows, whether it took place or not."""
        stock, runs = self.commits.pop(index % len(self.commits))
        if outcome == 1:
            stock.unused(POOL, runs)
        elif not self.books.commit(runs):
            stock.lost(POOL, [run[0] for run in runs])
            stock.unused(POOL, runs)
        elif outcome == 2:
            stock.abandon(POOL, runs)
        else:
            stock.used(POOL, runs)

    async def renew(self, worker: int) -> None:
        """A worker's turn of keeping its leases."""
        stock = self.stocks[worker]
        stock.renewed(await ModelLeases(self.books, "abcd"[worker]).renew(list(stock.held())))

    async def quiet(self) -> None:
        """Everything that can go on has; then what anybody concludes must be true."""
        for _ in range(QUIET_TURNS):
            await asyncio.sleep(0)
        for stock in self.stocks:
            if POOL in stock.holdings():
                for quantity in (1, 3):
                    if stock.too_few(POOL, quantity):
                        assert self.books.unsold < quantity, "I8: not too few"
                if stock.sold_out(POOL):
                    assert self.books.unsold == 0, "I8: not sold out"

    async def end(self) -> None:
        """Answer all that waits; then nothing may be stranded one TTL later."""
        while self.gates.waiting or self.commits:
            if self.gates.waiting:
                self.gates.go_on(0)
            else:
                self.decide(0, 0)
            await self.quiet()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            assert not isinstance(result, BaseException) or isinstance(
                result, StoreUnavailableError
            ), repr(result)
        for _ in range(4):  # a lease is renewed three times in its life
            self.books.now += TTL_S / 3
            for worker in range(len(self.stocks)):
                await self.renew(worker)
        for stock, name in zip(self.stocks, "abcd", strict=False):
            assert self.books.active_of(name) == set(stock.held()), "a lease that nobody knows"
        await self._sell_the_rest()

    async def _sell_the_rest(self) -> None:
        """The others give back what is asked of them, and one worker sells all there is."""
        seller, *others = self.stocks
        for _ in range(SALES_MAX):
            if not self.books.unsold:
                return
            (runs,) = seller.claim_many([(POOL, 1)])
            if runs is not None:
                assert self.books.commit(runs)
                seller.used(POOL, runs)
                continue
            for work in (seller.refill(POOL, 1), *(other.give_back(POOL) for other in others)):
                task = asyncio.ensure_future(work)
                while not task.done():
                    await self.quiet()
                    if self.gates.waiting:
                        self.gates.go_on(0)
                assert task.result() in {"granted", "others", "mine", None}
        raise AssertionError(f"{self.books.unsold} codes cannot be sold")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "go", "go", "go", "break", "decide", "recall", "renew"]),
        st.integers(0, 3),
        st.sampled_from([1, 1, 3, 0, 2]),
    ),
    max_size=60,
)


async def _play(world: World, steps: list[tuple[str, int, int]]) -> None:
    for what, index, number in steps:
        worker = index % len(world.stocks)
        if what == "claim":
            world.claim(worker, number or 1)
        elif what in {"go", "break"} and world.gates.waiting:
            world.gates.go_on(index, broken=what == "break")
        elif what == "decide" and world.commits:
            world.decide(index, number)
        elif what == "recall":
            world.start(world.stocks[worker].give_back(POOL))
        elif what == "renew":
            world.books.now += TTL_S / 3
            await world.renew(worker)
        await world.quiet()
    await world.end()


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, codes=st.sampled_from([2, 3, 9]), workers=st.sampled_from([1, 2, 3]))
def test_nothing_is_stranded(steps: list[tuple[str, int, int]], codes: int, workers: int) -> None:
    """Claims, commits of every outcome, recalls, renewals, broken connections: in any order.

    Seen red ("a lease that nobody knows") with all leases in a worker's name renewed.
    """
    asyncio.run(_play(World(codes=codes, workers=workers), steps))


def _orders(run: Callable[[Callable[[int], int]], None]) -> int:
    """Run with every sequence of choices; how many there were."""
    prefix: list[int] = []
    count = 0
    while True:
        taken: list[tuple[int, int]] = []

        def choose(among: int) -> int:
            chosen = prefix[len(taken)] if len(taken) < len(prefix) else 0  # noqa: B023
            taken.append((chosen, among))  # noqa: B023
            return chosen

        run(choose)
        count += 1
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return count
        prefix = [chosen for chosen, _ in taken[:-1]] + [taken[-1][0] + 1]


def test_every_order_of_a_refill_a_recall_and_a_commit() -> None:
    """All interleavings of the awaits: two workers at the tail, each recalled by the other.

    Seen red (codes that cannot be sold) with give_back not held up by a refill under way.
    """

    async def scenario(choose: Callable[[int], int]) -> None:
        world = World(codes=3)
        for worker in (0, 1):
            world.start(world.stocks[worker].refill(POOL, 1))
        await world.quiet()
        for _ in range(4):
            world.gates.go_on(choose(len(world.gates.waiting)))
            await world.quiet()
        for worker in (0, 1):
            if POOL in world.stocks[worker].holdings():
                world.claim(worker, 1)
            world.start(world.stocks[worker].give_back(POOL))
            world.start(world.stocks[worker].refill(POOL, 3))
        await world.quiet()
        for _ in range(6):
            things = len(world.gates.waiting) + len(world.commits)
            if not things:
                break
            chosen = choose(things)
            if chosen < len(world.gates.waiting):
                world.gates.go_on(chosen)
            else:
                world.decide(chosen - len(world.gates.waiting), 0)
            await world.quiet()
        await world.end()

    assert _orders(lambda choose: asyncio.run(scenario(choose))) > 100
