"""The top-up act: two upstreams, one of which fails in the middle of the sale.

North is the cheaper one. While it fails it refuses some top-ups and takes the others but
drops the connection before it answers: whether they were executed must be found out, never
guessed. Its breaker opens, south takes over, and north is tried again when it is well.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from connectors.sdk.client import AsyncQuangate, Order, QuangateError
from gateway.demo.receiver import Receiver
from gateway.demo.steps import Steps
from gateway.ground.outside.crowd import in_parallel
from gateway.ground.outside.process import quangate

SKU: Final = "MOBILE-50"
PRICE_MINOR: Final = 5000
AT_ONCE: Final = 32
ROUNDS: Final = 16  # a phase comes in rounds, so that breakers have time to open and close
ROUND_S: Final = 0.25
DEADLINE_S: Final = 60.0  # for each wait; over it, what is missing is reported
POLL_S: Final = 0.2
PAGE: Final = 200  # orders of a list at a time

# The phases, and the digit their accounts have in common.
PHASES: Final[Mapping[str, int]] = {"both_well": 3, "north_fails": 5, "north_is_back": 7}
FAILING: Final = {
    "rules": [
        {"account": "[0-2]$", "do": "rejected"},  # the product is refused: fails over at once
        {"account": "", "do": "executed_dropped"},  # executed, but nobody is told
    ]
}
WELL: Final[Mapping[str, object]] = {"rules": []}
ENDED: Final = frozenset({"delivered", "partial", "failed", "reversed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpVerdict:
    """What the act reports; the names are those of the demo's JSON."""

    topups_accepted: int
    topups_delivered: int
    executed_upstream: int
    executed_by_phase: dict[str, dict[str, int]]  # phase → upstream → executions
    double_executions: int
    executed_undelivered: int  # paid upstream, and not delivered to the partner
    uncertain_seen: int  # orders that were uncertain for a while
    uncertain_left: int  # orders that did not end
    topup_refusals: dict[str, int]
    webhooks_delivered: int
    webhooks_missing: int  # ended orders whose end was not told
    webhooks_refused: int  # wrongly signed

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        phases = self.executed_by_phase
        return (
            self.topups_delivered == self.topups_accepted == self.executed_upstream > 0
            and self.double_executions == self.executed_undelivered == 0
            and self.uncertain_left == self.webhooks_missing == self.webhooks_refused == 0
            and not self.topup_refusals
            and phases["north_fails"]["south"] > 0
            and phases["north_is_back"]["north"] > 0
        )


async def set_up(data: Path, *, north_url: str, south_url: str) -> None:
    """Two upstreams and a SKU that both sell."""
    await asyncio.gather(
        quangate(
            data, "upstream", "add", "north", "--connector", "fulu", "--base-url", north_url,
            "--set", "app_key=demo_app_key", "--set", "secret=0123456789abcdef0123456789abcdef",
        ),
        quangate(
            data, "upstream", "add", "south", "--connector", "kasushou", "--base-url", south_url,
            "--set", "userid=demo_userid", "--set", "apikey=demo_apikey",
        ),
    )  # fmt: skip
    await quangate(
        data, "sku", "create", SKU, "--name", "Mobile, 50", "--kind", "topup",
        "--price", str(PRICE_MINOR), "--account-rule", "cn-mobile",
        "--route", "north:10000001:0:4900", "--route", "south:1:1:4950",
    )  # fmt: skip


@dataclass(slots=True)
class _Book:
    """What was ordered: account by out_order_no, and what was ever seen uncertain."""

    accounts: dict[str, str] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    uncertain: set[str] = field(default_factory=set)


class TopUpAct:
    """Sells `count` top-ups through a client and looks at what the simulators executed."""

    def __init__(
        self, *, client: AsyncQuangate, session: aiohttp.ClientSession,
        simulators: Mapping[str, str], receiver: Receiver, count: int, steps: Steps,
    ) -> None:  # fmt: skip
        self._client = client
        self._session = session
        self._simulators = simulators  # north, south → URL
        self._receiver = receiver
        self._per_phase = max(1, count // len(PHASES))
        self._steps = steps
        self._book = _Book()
        self._chance = random.Random(20260102)  # noqa: S311 - a demo, repeatable

    async def run(self) -> TopUpVerdict:
        """The three phases, then the wait until everything has ended and was told."""
        watching = asyncio.create_task(self._watch_uncertain())
        self._steps.step("top-ups over two upstreams", self._counts)
        await self._sell("both_well", self._per_phase)
        await _until(self._all_ended)
        self._steps.step("north refuses, or executes and hangs up", self._counts)
        await self._script(FAILING)
        await self._sell_in_rounds("north_fails")
        await self._script(WELL)
        self._steps.step("north is well again", self._counts)
        await self._sell_until_north_is_back()
        self._steps.step("finding out about the uncertain ones", self._counts)
        await _until(self._all_ended)
        watching.cancel()
        orders = [order async for order in self._client.orders.list(limit=PAGE)]
        self._steps.step("webhooks", lambda: f"{self._receiver.delivered:,} received")
        await _until(lambda: self._all_told(orders))
        return await self._judge(orders)

    @property
    def _uncertain(self) -> set[str]:
        """Orders that were uncertain, as far as anybody saw or was told."""
        return self._book.uncertain | self._receiver.uncertain

    def _counts(self) -> str:
        delivered = self._receiver.kinds["order.delivered"]
        uncertain = len(self._uncertain)
        return (
            f"{len(self._book.accounts):,} orders, {delivered:,} told, {uncertain:,} were uncertain"
        )

    # ------------------------------------------------------------ selling

    async def _sell(self, phase: str, count: int) -> None:
        await in_parallel(AT_ONCE, (self._buy(phase) for _ in range(count)))

    async def _buy(self, phase: str) -> None:
        # Three digits that mean nothing to a simulator, and a number never used twice.
        number = len(self._book.accounts) + sum(self._book.refusals.values())
        account = f"13{PHASES[phase]}{number:05d}{self._chance.randrange(100, 1000)}"
        out_order_no = f"M{account}"
        self._book.accounts[out_order_no] = account
        try:
            await self._client.orders.place(out_order_no=out_order_no, sku=SKU, account=account)
        except QuangateError as error:
            del self._book.accounts[out_order_no]
            self._book.refusals[error.code] += 1

    async def _sell_in_rounds(self, phase: str) -> None:
        for _ in range(ROUNDS):
            await self._sell(phase, max(1, self._per_phase // ROUNDS))
            await asyncio.sleep(ROUND_S)

    async def _sell_until_north_is_back(self) -> None:
        await self._sell_in_rounds("north_is_back")
        deadline = time.monotonic() + DEADLINE_S
        while await self._north_waits() and time.monotonic() < deadline:
            await self._sell("north_is_back", 1)
            await asyncio.sleep(ROUND_S)

    async def _north_waits(self) -> bool:
        """Whether north has executed nothing since it is well again."""
        executions = await self._executions("north")
        return not any(_phase_of(each["account"]) == "north_is_back" for each in executions)

    # ------------------------------------------------------------ looking

    async def _watch_uncertain(self) -> None:
        with contextlib.suppress(QuangateError):
            while True:
                async for order in self._client.orders.list(state="uncertain", limit=PAGE):
                    self._book.uncertain.add(order.order_no)
                await asyncio.sleep(POLL_S)

    async def _all_ended(self) -> bool:
        for state in ("processing", "uncertain"):
            async for _ in self._client.orders.list(state=state, limit=1):
                return False
        return True

    async def _all_told(self, orders: list[Order]) -> bool:
        return self._count_untold(orders) == 0

    def _count_untold(self, orders: list[Order]) -> int:
        told = self._receiver.finished
        return sum(
            told.get(order.order_no) != f"order.{order.state}"
            for order in orders
            if order.state in ENDED
        )

    async def _script(self, script: Mapping[str, object]) -> None:
        async with self._session.post(f"{self._simulators['north']}/_script", json=script) as said:
            said.raise_for_status()

    async def _executions(self, name: str) -> list[dict[str, Any]]:
        async with self._session.get(f"{self._simulators[name]}/_ledger") as said:
            executions: list[dict[str, Any]] = (await said.json())["executions"]
        return executions

    async def _judge(self, orders: list[Order]) -> TopUpVerdict:
        ledgers = {name: await self._executions(name) for name in self._simulators}
        executed = Counter(each["account"] for ledger in ledgers.values() for each in ledger)
        delivered = {order.account for order in orders if order.state == "delivered"}
        return TopUpVerdict(
            topups_accepted=len(self._book.accounts),
            topups_delivered=len(delivered),
            executed_upstream=sum(executed.values()),
            executed_by_phase={
                phase: {
                    name: sum(_phase_of(each["account"]) == phase for each in ledger)
                    for name, ledger in ledgers.items()
                }
                for phase in PHASES
            },
            double_executions=sum(count - 1 for count in executed.values()),
            executed_undelivered=len(executed.keys() - delivered),
            uncertain_seen=len(self._uncertain),
            uncertain_left=sum(order.state not in ENDED for order in orders),
            topup_refusals=dict(self._book.refusals),
            webhooks_delivered=self._receiver.delivered,
            webhooks_missing=self._count_untold(orders),
            webhooks_refused=self._receiver.refused,
        )


def _phase_of(account: str) -> str:
    """The phase in which an account was topped up."""
    return next((phase for phase, digit in PHASES.items() if account[2] == str(digit)), "")


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it holds or the deadline is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():  # noqa: ASYNC110 - what it asks is another process
                await asyncio.sleep(POLL_S)
