"""Buyers who remember every order they sent and every answer they got, over crashes and restarts.

The ledger notices at once what must never happen: two different answers for one number, one
code in two orders, a number created twice.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.ground.outside.client import Answer, Client
from tests.chaos.world import World

REQUEST_TIMEOUT_S = 120.0  # also a database that hangs is told as 503 long before
SETTLE_DEADLINE_S = 300.0
TRY_AGAIN_S = 0.05
LOOPS = 8  # buyers under_load; the gateway, PostgreSQL and they share few cores
# Answers after which the same number is to be tried again.
TRY_AGAIN = {"unanswered", "busy", "overloaded", "maintenance", "rate-limited", "hold-limit"}
HELD_S = 900  # a hold of theirs: as long as there may be


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a number was answered with."""

    order_no: str
    codes: frozenset[str]


@dataclass(slots=True)
class Ledger:
    """All that was sent and said. `wrong` must stay empty."""

    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    last_word: dict[str, str] = field(default_factory=dict)  # number → accepted or a problem code
    answers: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)  # number → answers of 201
    owner: dict[str, str] = field(default_factory=dict)  # code → number
    wrong: list[str] = field(default_factory=list)

    def accept(self, number: str, status: int, accepted: Accepted) -> None:
        """An order came back."""
        self._note(number, "accepted")
        if status == 201:
            self.created[number] += 1
            if self.created[number] > 1:
                self.wrong.append(f"{number} was created twice")
        known = self.accepted.setdefault(number, accepted)
        if known != accepted:
            self.wrong.append(f"{number} was answered differently: {known} and {accepted}")
        if len(accepted.codes) != self.sent[number]["quantity"]:
            self.wrong.append(f"{number} got {len(accepted.codes)} codes: {self.sent[number]}")
        for code in accepted.codes:
            if self.owner.setdefault(code, number) != number:
                self.wrong.append(f"{number} and {self.owner[code]} got the same code")

    def refuse(self, number: str, problem: str) -> None:
        """A problem came back, or nothing."""
        self._note(number, problem)
        if number in self.accepted and problem not in TRY_AGAIN:
            self.wrong.append(f"{number} was accepted, then answered with {problem}")

    def _note(self, number: str, word: str) -> None:
        self.last_word[number] = word
        self.answers[word] += 1

    @property
    def unsettled(self) -> list[str]:
        """Numbers whose last answer says: try again."""
        return [number for number, word in self.last_word.items() if word in TRY_AGAIN]

    @property
    def codes_accepted(self) -> int:
        """Codes over all accepted orders."""
        return sum(len(accepted.codes) for accepted in self.accepted.values())


class Buyers:
    """Sends orders of one partner to one gateway."""

    def __init__(self, client: Client, ledger: Ledger, *, sku: str) -> None:
        self._client = client
        self.ledger = ledger
        self._sku = sku

    async def single(self, number: str, quantity: int = 1, **members: Any) -> str:
        """One order; what became of it (see Ledger.last_word)."""
        order = self._remember(number, quantity, members)
        answer = await self._post("/v1/orders", order)
        self._hear(number, answer)
        return self.ledger.last_word[number]

    async def by_hold(self, number: str, quantity: int = 1) -> None:
        """One order by way of a hold, both under numbers that can be said again."""
        self._remember(number, quantity, {"held_s": HELD_S})
        await self.again(number)

    async def _hold_and_confirm(self, number: str, order: Mapping[str, Any]) -> None:
        hold = {
            "out_hold_no": f"h-{number}", "sku": order["sku"], "quantity": order["quantity"],
            "ttl_s": order["held_s"],
        }  # fmt: skip
        answer = await self._post("/v1/holds", hold)
        if answer is not None and answer.status in {200, 201}:
            confirm = f"/v1/holds/{answer.body['hold_no']}/confirm"
            answer = await self._post(confirm, {"out_order_no": number})
        self._hear(number, answer)

    async def batch(self, numbers: Sequence[str], quantity: int = 1) -> None:
        """Many orders in one request."""
        orders = [self._remember(number, quantity, {}) for number in numbers]
        answer = await self._post("/v1/orders/batch", {"orders": orders})
        if answer is None or answer.status != 200:
            for number in numbers:
                self._hear(number, answer)
            return
        for number, line in zip(numbers, answer.body["results"], strict=True):
            self._hear(number, Answer(line["status"], line.get("order") or line["problem"], 0.0))

    async def together(self, number: str, copies: int = 50, quantity: int = 1) -> None:
        """Equal orders at the same moment."""
        await asyncio.gather(*(self.single(number, quantity) for _ in range(copies)))

    async def again(self, number: str) -> None:
        """The same order once more, the way it was made."""
        order = self.ledger.sent[number]
        if "held_s" in order:
            await self._hold_and_confirm(number, order)
            return
        self._hear(number, await self._post("/v1/orders", self.ledger.sent[number]))

    async def ask_again_for_all(self) -> None:
        """Retry every number there is, and go on until each got an answer that stays."""
        await self._settle(list(self.ledger.sent))

    async def settle(self, prefix: str = "") -> None:
        """Retry the numbers that were told to try again, until each got an answer that stays."""
        await self._settle(self.ledger.unsettled, prefix)

    async def _settle(self, numbers: Sequence[str], prefix: str = "") -> None:
        deadline = time.monotonic() + SETTLE_DEADLINE_S
        while numbers := [number for number in numbers if number.startswith(prefix)]:
            assert time.monotonic() < deadline, f"never settled: {self.ledger.answers}"
            await in_parallel(64, [lambda n=number: self.again(n) for number in numbers])
            numbers = self.ledger.unsettled

    async def load(self, rng: random.Random, prefix: str, until: asyncio.Event) -> None:
        """Singles, holds, batches, equal orders at once and retries, until told to stop."""
        count = 0
        while not until.is_set():
            count += 1
            number = f"{prefix}-{count}"
            draw = rng.random()
            if draw < 0.55:
                await self.single(number, rng.randint(1, 3))
            elif draw < 0.70:
                await self.by_hold(number, rng.randint(1, 3))
            elif draw < 0.85:
                await self.batch([f"{number}-{line}" for line in range(rng.randint(2, 30))])
            elif draw < 0.88:
                await self.together(number)
            else:
                await self.again(rng.choice(list(self.ledger.sent) or [await self._first(number)]))

    async def _first(self, number: str) -> str:
        await self.single(number)
        return number

    def _remember(self, number: str, quantity: int, members: Mapping[str, Any]) -> dict[str, Any]:
        order = {"out_order_no": number, "sku": self._sku, "quantity": quantity, **members}
        self.ledger.sent.setdefault(number, order)
        return order

    async def _post(self, path: str, document: Any) -> Answer | None:
        try:
            answer = await self._client.post(path, document)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            answer = None  # ValueError: a proxy between us has words of its own
        if answer is None or answer.status == 503:
            await asyncio.sleep(TRY_AGAIN_S)  # like a client with manners; the cores are few
        return answer

    def _hear(self, number: str, answer: Answer | None) -> None:
        if answer is None:
            self.ledger.refuse(number, "unanswered")
        elif answer.status in {200, 201}:
            codes = frozenset(self._client.open_codes(answer.body))
            order_no = answer.body["order_no"]
            self.ledger.accept(number, answer.status, Accepted(order_no, codes))
        else:
            self.ledger.refuse(number, answer.body["code"])


@asynccontextmanager
async def buyers_of(world: World, url: str, ledger: Ledger | None = None) -> AsyncIterator[Buyers]:
    """Buyers with connections of their own."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        client = Client(session, url, world.credentials)
        yield Buyers(client, ledger if ledger is not None else Ledger(), sku=world.sku)


async def in_parallel(width: int, work: Sequence[Any]) -> None:
    """Call and await, at most `width` at a time."""
    queue = iter(work)

    async def worker() -> None:
        for call in queue:
            await call()

    await asyncio.gather(*(worker() for _ in range(width)))


@asynccontextmanager
async def under_load(buyers: Buyers, *, seed: int, prefix: str) -> AsyncIterator[None]:
    """While the body runs, a few loops buy; at its end they finish what they began."""
    until = asyncio.Event()
    loops = [
        asyncio.create_task(buyers.load(random.Random(seed * 1000 + n), f"{prefix}{n}", until))
        for n in range(LOOPS)
    ]
    try:
        yield
    finally:
        until.set()
        await asyncio.gather(*loops)


async def until_accepted(buyers: Buyers, count: int) -> None:
    """Wait until this many numbers were accepted."""
    deadline = time.monotonic() + SETTLE_DEADLINE_S
    while len(buyers.ledger.accepted) < count:
        assert time.monotonic() < deadline, buyers.ledger.answers
        await asyncio.sleep(0.01)
