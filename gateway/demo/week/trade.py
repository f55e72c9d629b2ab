"""What partners do in a slot: orders of codes and top-ups, by API and by a channel, and cases."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp

from gateway.demo.flash import LATER
from gateway.demo.shops import BOUGHT, Shop
from gateway.demo.week import goods
from gateway.demo.week.plan import Slot
from gateway.ground.outside.client import Answer, Client
from gateway.ground.outside.crowd import in_parallel

AT_ONCE: Final = 8
SETTLE_S: Final = 1.0  # a slot waits so long at most for what platforms do in it
LOOK_S: Final = 0.02
BY_CHANNEL: Final = 0.12  # of the seller's orders of codes
IN_CAMPAIGN: Final = 0.4  # of the orders of its SKU, while it is on

# How a top-up ends: the last three digits of its number, as the simulators' script knows them;
# and how many of DECK end so, and of all at most.
WELL: Final = "500"
DECK: Final = 60
HELD: Final = "774"
CONTRADICTED: Final = "773"  # by a callback, which only the platform of the first SKU sends here
ODD_ENDS: Final[Mapping[str, tuple[str, int, int]]] = {
    "771": ("failed", 2, 99),
    "772": ("executed_dropped", 2, 99),
    CONTRADICTED: ("contradicted", 1, 3),
    HELD: ("processing", 1, 3),
    "775": ("reversed", 1, 6),
    "776": ("rejected", 2, 99),
}
SCRIPT: Final[Mapping[str, Any]] = {
    "rules": [{"account": f"{tail}$", "do": does} for tail, (does, _, _) in ODD_ENDS.items()]
}
WHY: Final = (
    ("reissue", "the code was used already", "买家截图显示“该卡已被使用”"),
    ("question", "the buyer does not see the balance", "用户反馈未到账, 请协助核实"),
    ("refund", "bought twice by mistake", "重复下单, 申请退款"),
    ("reissue", "the platform says invalid", "兑换页提示卡密无效"),
)


class Trade:
    """Buys as the partners' programs would; `done` are the orders so far."""

    def __init__(
        self, clients: Mapping[str, Client], session: aiohttp.ClientSession, shop: Shop,
        chance: random.Random,
    ) -> None:  # fmt: skip
        self._clients = clients
        self._session = session
        self._shop = shop
        self._chance = chance
        self._numbers = itertools.count(1)
        self._accounts = itertools.count(10_000, 37)
        self._deck: list[str] = []
        self._dealt: Counter[str] = Counter()
        self._coded = {one.sku for one in goods.CODED}
        self._skus = {one.sku: one.share for one in (*goods.CODED, *goods.TOPPED)}
        self.campaign_is_on = False
        self.done = 0
        self.refused: Counter[str] = Counter()
        self.sold: list[tuple[str, str]] = []  # partner and number of orders of codes by API
        self.cases = 0

    async def play(self, slot: Slot) -> None:
        """The orders of a slot; it ends when the platforms have done what they will do soon."""
        await in_parallel(AT_ONCE, [self._buy(slot) for _ in range(slot.orders)])
        try:
            async with asyncio.timeout(SETTLE_S):
                while await self._under_way():  # noqa: ASYNC110 - another process ends it
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            pass  # some are meant to stay

    async def _under_way(self) -> bool:
        answers = await asyncio.gather(
            *(one.get("/v1/orders?state=processing&limit=50") for one in self._clients.values())
        )
        held = sum(
            not str(order.get("account")).endswith(HELD)
            for answer in answers
            for order in answer.body["data"]
        )
        return held > 0

    async def _buy(self, slot: Slot) -> None:
        partner = self._one_of(goods.PARTNERS)
        sku = self._one_of(self._skus)
        number = f"{slot.at:%m%d}-{next(self._numbers):05d}"
        if sku in self._coded and partner == goods.SELLER and self._chance.random() < BY_CHANNEL:
            await self._buy_by_platform(f"GF{number}", sku)
            return
        order: dict[str, Any] = {"out_order_no": number, "sku": sku}
        if sku in self._coded:
            order["buyer"] = {"id": f"u{self._chance.randrange(100_000, 999_999)}"}
            order["quantity"] = self._chance.choice((1, 1, 1, 1, 1, 2, 3))
            if self.campaign_is_on and sku == "VIP-MONTH" and self._chance.random() < IN_CAMPAIGN:
                order |= {"campaign": goods.CAMPAIGN, "quantity": 1}
        else:
            order["account"] = self._account()
            if order["account"].endswith(CONTRADICTED):
                order["sku"] = sku = goods.TOPPED[0].sku
        answer = await self._clients[partner].post("/v1/orders", order)
        while answer.body.get("code") in LATER:  # a machine that is busy: the same number again
            await asyncio.sleep(min(1, answer.retry_after_s))
            answer = await self._clients[partner].post("/v1/orders", order)
        self._note(partner, sku, answer)

    async def _buy_by_platform(self, number: str, sku: str) -> None:
        try:
            code, _ = await self._shop.buy(self._session, number, sku)
        except ValueError:  # no answer of its protocol, as where there is too much to do
            self.refused["platform"] += 1
        else:
            self.done += code is BOUGHT

    def _note(self, partner: str, sku: str, answer: Answer) -> None:
        if answer.status not in {200, 201}:
            self.refused[answer.body["code"]] += 1
            return
        self.done += 1
        if sku in self._coded:
            self.sold.append((partner, answer.body["order_no"]))

    def _account(self) -> str:
        """A number to top up that nobody had yet; its end says how that goes."""
        if not self._deck:
            odd = [
                tail
                for tail, (_, of_deck, most) in ODD_ENDS.items()
                for _ in range(min(of_deck, most - self._dealt[tail]))
            ]
            self._dealt.update(odd)
            first = [*odd, *[WELL] * (DECK * 2 // 3 - len(odd))]  # a small week deals no more
            self._chance.shuffle(first)
            self._deck = [*[WELL] * (DECK - len(first)), *first]
        head = self._chance.choice(("138", "139", "150", "186", "177"))
        return f"{head}{next(self._accounts):05d}{self._deck.pop()}"

    def _one_of(self, shares: Mapping[str, float]) -> str:
        return self._chance.choices(list(shares), weights=list(shares.values()))[0]

    async def complain(self) -> str | None:
        """A partner opens a case about one of the orders of codes; its number."""
        if not self.sold:
            return None
        partner, order_no = self.sold.pop(self._chance.randrange(len(self.sold)))
        kind, reason, detail = WHY[self.cases % len(WHY)]
        self.cases += 1
        answer = await self._clients[partner].post(
            f"/v1/orders/{order_no}/cases",
            {
                "kind": kind,
                "reason": reason,
                "detail": detail,
                "out_case_no": f"AS-{self.cases:04d}",
            },
        )
        return str(answer.body["case_no"]) if answer.status == 201 else None

    def some_sold(self, count: int) -> Sequence[str]:
        """Numbers of orders of codes."""
        return [
            order_no for _, order_no in self._chance.sample(self.sold, min(count, len(self.sold)))
        ]
