"""The campaign: shelves, two channels that borrow, holds of which some expire, ten times more
buyers than codes, and a partner who floods.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import aiohttp

from gateway.demo.flash_book import FlashBook, Holds
from gateway.demo.flood import QuietPartner
from gateway.demo.shops import AGAIN, OUT_OF_STOCK, Shop
from gateway.demo.steps import Bar, Pace, Steps
from gateway.ground.outside.client import Answer, Client, Credentials
from gateway.ground.outside.crowd import in_parallel

SKU: Final = "FLASH"
POOL: Final = "flash"
CAMPAIGN: Final = "1111"
MAIN: Final = "main"
CHANNELS: Final = ("live", "mini")
TIMES: Final = 10  # so many more buyers than codes
CONNECTIONS: Final = 64
SHOP_CONNECTIONS: Final = 8
HOLD_TTL_S: Final = 4  # the demo's own holds.min_ttl_s
OVER_S: Final = 60.0  # holds are over by then, however slow the machine is
POLL_S: Final = 0.2
CONFIRMED: Final = frozenset({"confirmed", "late_confirmed"})  # a slow machine is late
Held: TypeAlias = tuple[str, Mapping[str, str]]  # its number, and whom for
LATER: Final = frozenset({"busy", "overloaded", "maintenance", "rate-limited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashScale:
    """How large it is: codes on each shelf, holds, the quiet partner's pace and turns."""

    campaign: int
    live: int
    mini: int
    main: int
    holds: int
    per_s: float
    seconds: float
    rounds: int

    @property
    def stock(self) -> int:
        """All codes."""
        return self.campaign + self.live + self.mini + self.main

    @property
    def total(self) -> int:
        """Units that the campaign's buyers may have together: a tenth goes back at its end."""
        return self.campaign * 9 // 10


class Act:
    """Plays it; `client` is the campaign's partner, `quiet` another, `flooder` has no money."""

    def __init__(
        self, *, scale: FlashScale, client: Client, quiet: Client, flooder: Credentials, url: str,
        shops: Mapping[str, Shop], book: FlashBook, steps: Steps,
    ) -> None:  # fmt: skip
        self._scale = scale
        self._client = client
        self._quiet = quiet
        self._flooder = flooder
        self._url = url
        self._shops = shops
        self.book = book
        self._steps = steps
        self._chance = random.Random(1111)  # noqa: S311 - a demo, repeatable
        self._numbers = itertools.count()
        self._open_holds = 0
        self._pace = Pace()
        self.partner = QuietPartner(
            self._buy_quietly, per_s=scale.per_s, seconds=scale.seconds, rounds=scale.rounds
        )
        self.holds = Holds(made=0, states={}, astray=0)
        self.seconds = 0.0

    async def run(self, *, end_campaign: Any) -> None:
        """Everything until the last code is sold; `end_campaign` ends it by command."""
        self._steps.step("a partner floods at 20 times another's pace", self._counts)
        await self.partner.measure(self._url, self._flooder, SKU)
        self._steps.picture(self._bars)
        began = time.perf_counter()
        self._steps.step("holds: some confirmed, some late, some forgotten", self._counts)
        held = await self._hold()
        in_time, late, forgotten = held[0::3], held[1::3], held[2::3]
        await self._confirm(in_time)
        self._steps.step(f"{TIMES} times more buyers than codes", self._counts)
        buyers = self._buyers()
        wave = [next(buyers) for _ in range(self._scale.campaign // 3)]
        await in_parallel(CONNECTIONS, (self._buy(buyer) for buyer in wave))
        await self._until_over([*late, *forgotten])
        await self._confirm(late)
        shops = asyncio.create_task(self._first_come())
        await in_parallel(CONNECTIONS, (self._buy(buyer) for buyer in buyers))
        await shops
        self._steps.step("the campaign ends; channels borrow the rest", self._counts)
        await end_campaign()
        await self._sell_out()
        self.seconds = time.perf_counter() - began
        self.holds = await self._look_at(
            (in_time, CONFIRMED), (late, {"late_confirmed"}), (forgotten, {"expired"})
        )

    # ------------------------------------------------------------ the picture

    def _counts(self) -> str:
        refused = ", ".join(f"{n:,} {code}" for code, n in self.book.refused.most_common(3))
        sold = len(self.book.codes)
        said = f"{sold:,} codes, {self._pace.of(sold):,.0f}/s"
        return f"{said}; refused: {refused}" if refused else said

    def _bars(self) -> Sequence[Bar]:
        sizes = {CAMPAIGN: self._scale.campaign, "live": self._scale.live, "mini": self._scale.mini}
        sold = self.book.sold
        bars = [Bar(name, sold[name], size) for name, size in sizes.items()]
        return [*bars, Bar("held", self._open_holds, self._scale.holds)]

    # ------------------------------------------------------------ the campaign

    def _buyers(self) -> Any:
        """Ten times as many as codes; five share a device, one in ten comes twice."""
        for number in range(TIMES * self._scale.campaign):
            buyer = {"id": f"buyer-{number}", "device": f"device-{number // 5}"}
            yield buyer
            if self._chance.random() < 0.1:
                yield buyer

    async def _buy(self, buyer: Mapping[str, str]) -> None:
        order = {
            "out_order_no": f"C{next(self._numbers)}", "sku": SKU, "campaign": CAMPAIGN,
            "buyer": buyer,
        }  # fmt: skip
        answer = await self._answered(self._client, "/v1/orders", order)
        self._note(CAMPAIGN, self._client, answer, buyer)

    async def _buy_quietly(self) -> Answer:
        order = {"out_order_no": f"Q{next(self._numbers)}", "sku": SKU}
        answer = await self._answered(self._quiet, "/v1/orders", order)
        self._note(MAIN, self._quiet, answer, None)
        return answer

    def _note(
        self, seller: str, client: Client, answer: Answer, buyer: Mapping[str, str] | None
    ) -> None:
        if answer.status in {200, 201}:
            self.book.bought(seller, list(client.open_codes(answer.body)), buyer)
        else:
            self.book.refusal(answer.body, buyer)

    async def _answered(self, client: Client, path: str, document: Mapping[str, Any]) -> Answer:
        """The answer that stays: whoever is told to come later does, with the same number."""
        answer = await client.post(path, document)
        while answer.body.get("code") in LATER:
            await asyncio.sleep(min(1, answer.retry_after_s))
            answer = await client.post(path, document)
        return answer

    # ------------------------------------------------------------ holds

    async def _hold(self) -> list[Held]:
        made: list[Held] = []

        async def hold(number: int) -> None:
            asked = {
                "out_hold_no": f"H{number}", "sku": SKU, "ttl_s": HOLD_TTL_S, "campaign": CAMPAIGN,
                "buyer": _holder(number),
            }  # fmt: skip
            answer = await self._answered(self._client, "/v1/holds", asked)
            if answer.status == 201:
                made.append((answer.body["hold_no"], _holder(number)))
                self._open_holds += 1
            else:
                self.book.refusal(answer.body)

        await in_parallel(SHOP_CONNECTIONS, (hold(n) for n in range(self._scale.holds)))
        return made

    async def _confirm(self, holds: Sequence[Held]) -> None:
        async def confirm(hold_no: str, buyer: Mapping[str, str]) -> None:
            path = f"/v1/holds/{hold_no}/confirm"
            answer = await self._answered(self._client, path, {"out_order_no": f"H{hold_no}"})
            self._open_holds = max(0, self._open_holds - 1)
            self._note(CAMPAIGN, self._client, answer, buyer)

        await in_parallel(SHOP_CONNECTIONS, (confirm(*held) for held in holds))

    async def _look_at(self, *groups: tuple[Sequence[Held], Set[str]]) -> Holds:
        """How they ended, each group as it should have."""
        states: Counter[str] = Counter()
        astray = 0
        for holds, expected in groups:
            found = [await self._state(hold_no) for hold_no, _ in holds]
            states.update(found)
            astray += sum(state not in expected for state in found)
        return Holds(made=states.total(), states=states, astray=astray)

    async def _until_over(self, holds: Sequence[Held]) -> None:
        """Wait until all of them have expired; the database's clock says when."""
        async with asyncio.timeout(OVER_S):
            for hold_no, _ in holds:
                while await self._state(hold_no) == "held":  # noqa: ASYNC110 - another process ends it
                    await asyncio.sleep(POLL_S)
        self._open_holds = 0

    async def _state(self, hold_no: str) -> str:
        return str((await self._client.get(f"/v1/holds/{hold_no}")).body["state"])

    # ------------------------------------------------------------ channels

    async def _first_come(self) -> None:
        """The live shop sells all it has; the mini-program some of it."""
        mini = self._scale.mini // 4
        await asyncio.gather(self._sell("live", self._scale.live), self._sell("mini", mini))

    async def _sell_out(self) -> None:
        """The live shop borrows what the others left; then what was kept for the mini-program."""
        await self._sell("live", self._scale.stock)
        await self._sell("mini", self._scale.stock)

    async def _sell(self, channel: str, most: int) -> None:
        """At most so many, or until it has none."""
        empty = asyncio.Event()

        async def buy() -> None:
            if empty.is_set():
                return
            number, code = f"{channel}-{next(self._numbers)}", AGAIN
            while code is AGAIN:
                code, codes = await self._shops[channel].buy(session, number, SKU)
            if code is OUT_OF_STOCK:
                self.book.refusal({"code": "sold-out"})
                empty.set()
            elif codes:
                self.book.bought(channel, codes, None)
            else:
                self.book.refusal({"code": code.name})

        async with aiohttp.ClientSession() as session:
            await in_parallel(SHOP_CONNECTIONS, (buy() for _ in range(most)))


def _holder(number: int) -> dict[str, str]:
    """Nobody who comes with the crowd."""
    return {"id": f"holder-{number}", "device": f"holder-{number}"}
