"""Made-up buyers, all at the doors when they open.

Each wants one. Every tenth tries for a second one, with another number: limits are met. Whoever is
told to come again later does, with the same number; whoever has to wait for a pass waits.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any, Final

import aiohttp

from gateway.ground.outside.client import Answer, Client
from gateway.rehearsals.rules import Said, Tally

AT_ONCE: Final = 64  # requests on their way
AGAIN_EVERY: Final = 10
TRIES_MAX: Final = 8
WAIT_S_MAX: Final = 2.0  # however long they are told to wait
LATER: Final = frozenset({429, 503})  # come again
SOLD: Final = frozenset({200, 201})
NO_ANSWER: Final = "no-answer"
FIRST_ADDRESS: Final = int(IPv4Address("10.0.0.0"))  # nobody's


class Crowd:
    """Buyers of one campaign, spread evenly over the partners who sell in it."""

    def __init__(
        self,
        clients: Sequence[Client],
        *,
        campaign: str,
        sku: str,
        wants_pass: bool,
        advance: Callable[[int], None],
    ) -> None:
        """`advance` is told how many buyers are through."""
        self._clients = clients
        self._campaign = campaign
        self._sku = sku
        self._wants_pass = wants_pass
        self._advance = advance
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tally = Tally()
        self._through = 0
        self._began = 0.0

    async def run(self, buyers: int, *, within_s: float) -> Tally:
        """All of them; what is not decided `within_s` seconds is counted as waiting."""
        self._began = time.perf_counter()
        tasks = [asyncio.create_task(self._buyer(number)) for number in range(buyers)]
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        wanted = buyers + len(range(0, buyers, AGAIN_EVERY))
        self._tally.waiting = wanted - len(self._tally.said)
        for task in set(tasks) - late:
            task.result()  # a bug of ours is told, not counted
        return self._tally

    async def _buyer(self, number: int) -> None:
        client = self._clients[number % len(self._clients)]
        for turn in range(2 if number % AGAIN_EVERY == 0 else 1):
            self._tally.said.append(await self._order(client, number, turn))
        self._through += 1
        self._advance(self._through)

    async def _order(self, client: Client, number: int, turn: int) -> Said:
        buyer = {
            "id": f"rehearsal-{number}",
            "ip": str(IPv4Address(FIRST_ADDRESS + number)),
            "device": f"rehearsal-{number}",
        }
        headers: Mapping[str, str] = {}
        if self._wants_pass:
            got = await self._pass(client, buyer["id"])
            if not isinstance(got, str):
                return got
            headers = {"X-Quangate-Pass": got}
        order = {
            "out_order_no": f"R{number}-{turn}",
            "sku": self._sku,
            "campaign": self._campaign,
            "buyer": buyer,
        }
        answer = None
        for _ in range(TRIES_MAX):
            answer = await self._send(client, "/v1/orders", order, headers)
            if answer is None or answer.status not in LATER:
                break
            await asyncio.sleep(min(WAIT_S_MAX, answer.retry_after_s))
        return self._said(answer)

    async def _pass(self, client: Client, buyer_id: str) -> str | Said:
        """A pass, however long it takes; or what was said instead."""
        while True:
            path = f"/v1/campaigns/{self._campaign}/passes"
            answer = await self._send(client, path, {"buyer": buyer_id})
            if answer is None or answer.status not in SOLD | LATER:
                return self._said(answer)
            text = answer.body.get("pass")
            if text is not None:
                return str(text)
            told_s = answer.body.get("retry_after_s", answer.retry_after_s)
            await asyncio.sleep(min(WAIT_S_MAX, max(1, told_s)))

    async def _send(
        self, client: Client, path: str, document: Any, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        async with self._turn:
            try:
                return await client.post(path, document, headers or {})
            except (aiohttp.ClientError, TimeoutError):
                return None

    def _said(self, answer: Answer | None) -> Said:
        at_s = time.perf_counter() - self._began
        if answer is None:
            return Said(at_s=at_s, seconds=0.0, code=NO_ANSWER)
        if answer.status in SOLD:
            return Said(at_s=at_s, seconds=answer.seconds, amount=answer.body["amount"])
        return Said(
            at_s=at_s,
            seconds=answer.seconds,
            code=answer.body["code"],
            quota=answer.body.get("quota"),
        )
