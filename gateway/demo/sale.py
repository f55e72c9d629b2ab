"""The flash sale: who buys what, how often, and with which tricks."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

from gateway.demo.flash import FlashScale
from gateway.demo.steps import Steps
from gateway.demo.tally import Tally
from gateway.ground.outside.client import Client
from gateway.ground.outside.crowd import in_parallel

CONNECTIONS = 128
BATCH_LINES = 100
TOGETHER = 50  # equal orders sent at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large a sale is. `stock` codes are on sale; demand is always larger."""

    file_codes: int  # in the imported file, duplicates and a spoiled line come on top
    single_orders: int
    together_rounds: int
    poor_orders: int
    late_orders: int
    top_ups: int
    flash: FlashScale


FULL = Scale(
    file_codes=200_000, single_orders=12_000, together_rounds=20, poor_orders=600,
    late_orders=4_000, top_ups=1_500,
    flash=FlashScale(campaign=600, live=300, mini=300, main=800, holds=60, per_s=40.0,
                     seconds=1.5, rounds=5),
)  # fmt: skip
SMALL = Scale(
    file_codes=8_000, single_orders=1_500, together_rounds=4, poor_orders=80,
    late_orders=400, top_ups=240,
    flash=FlashScale(campaign=100, live=60, mini=60, main=160, holds=18, per_s=30.0,
                     seconds=1.0, rounds=2),
)  # fmt: skip

PRICE_MINOR = 1990
POOR_ORDERS_PAID = 50  # what the poor partner's balance is enough for


class Sale:
    """Runs the acts against a gateway and tallies every answer."""

    def __init__(
        self, *, clients: dict[str, Client], sku: str, scale: Scale, tally: Tally,
        steps: Steps,
    ) -> None:  # fmt: skip
        self._clients = clients
        self._sku = sku
        self._scale = scale
        self._tally = tally
        self._steps = steps
        self._chance = random.Random(20260101)  # noqa: S311 - a demo, repeatable
        self.seconds = 0.0

    async def run(self) -> None:
        """The rush until everything is sold, then the latecomers and the retries."""
        began = time.perf_counter()
        await asyncio.gather(self._rush(), self._same_number_at_once(), self._poor_partner())
        await self._wholesale()
        self.seconds = time.perf_counter() - began
        await self._latecomers()
        await self._retries()

    # ------------------------------------------------------------ acts

    async def _rush(self) -> None:
        """Single orders over many connections; some are sent again, some again but changed."""
        self._steps.step("single orders, retries, conflicts", self._tally.counts)

        async def buy(number: int) -> None:
            order = self._order(f"R{number}")
            await self._single("rush", order)
            draw = self._chance.random()
            if draw < 0.05:
                await self._single("rush", order)
            elif draw < 0.07:
                await self._single("rush", {**order, "quantity": 2})

        await in_parallel(CONNECTIONS, (buy(n) for n in range(self._scale.single_orders)))

    async def _same_number_at_once(self) -> None:
        """Fifty equal orders at the same moment, again and again: one is created."""
        for number in range(self._scale.together_rounds):
            order = self._order(f"T{number}")
            await asyncio.gather(*(self._single("rush", order) for _ in range(TOGETHER)))

    async def _poor_partner(self) -> None:
        """A partner whose money runs out in the middle."""
        orders = (
            self._single("poor", self._order(f"P{n}")) for n in range(self._scale.poor_orders)
        )
        await in_parallel(16, orders)

    async def _wholesale(self) -> None:
        """Batches of a hundred lines until the pool is sold out, and a little longer."""
        self._steps.step("batches until everything is sold", self._tally.counts)
        sold_out = asyncio.Event()

        async def buy_batches(buyer: int) -> None:
            number = 0
            while not sold_out.is_set():
                lines = [
                    {
                        **self._order(f"W{buyer}-{number}-{line}"),
                        "quantity": self._chance.randint(1, 5),
                    }
                    for line in range(BATCH_LINES)
                ]
                number += 1
                if await self._batch("wholesale", lines) == 0:
                    sold_out.set()

        await asyncio.gather(*(buy_batches(buyer) for buyer in range(8)))

    async def _latecomers(self) -> None:
        """Everything is sold: the answer is "sold out", quickly."""
        self._steps.step("latecomers, after the last code", self._tally.counts)
        orders = (
            self._single("rush", self._order(f"L{n}")) for n in range(self._scale.late_orders)
        )
        await in_parallel(CONNECTIONS, orders)

    async def _retries(self) -> None:
        """Retries of numbers accepted long ago still get their own codes."""
        self._steps.step("retries of early orders", self._tally.counts)
        numbers = sorted(number for partner, number in self._tally.accepted if partner == "rush")
        chosen = self._chance.sample(numbers, min(200, len(numbers)))
        await in_parallel(32, (self._single("rush", self._order(number)) for number in chosen))

    # ------------------------------------------------------------ sending

    def _order(self, number: str) -> dict[str, Any]:
        return {"out_order_no": number, "sku": self._sku, "buyer": {"id": f"buyer-{number}"}}

    async def _single(self, partner: str, order: dict[str, Any]) -> None:
        client = self._clients[partner]
        answer = await client.post("/v1/orders", order)
        if answer.status in {200, 201}:
            self._tally.order(partner, answer.status, answer.body, client.open_codes(answer.body))
            self._tally.latencies_s.append(answer.seconds)
        else:
            self._tally.problem(answer.body["code"])

    async def _batch(self, partner: str, lines: list[dict[str, Any]]) -> int:
        """Send a batch; how many lines were accepted."""
        client = self._clients[partner]
        answer = await client.post("/v1/orders/batch", {"orders": lines})
        if answer.status != 200:
            self._tally.problem(answer.body["code"])
            return 0 if answer.body["code"] == "sold-out" else 1
        accepted = 0
        for result in answer.body["results"]:
            if result["status"] in {200, 201}:
                accepted += 1
                order = result["order"]
                self._tally.order(partner, result["status"], order, client.open_codes(order))
            else:
                self._tally.problem(result["problem"]["code"])
        return accepted
