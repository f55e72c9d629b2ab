"""Buyers of scarce things, who remember when they asked and were told: tests/chaos/scarce.py."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import aiohttp

from gateway.ground.outside.client import Answer, Client
from tests.chaos.buyers import Accepted, Ledger
from tests.chaos.scarce_books import Claim, Count, Refused, ScarceBooks

HOLD_S: Final = (2, 4)
AGAIN_S: Final = 0.05
WAIT_S_MAX: Final = 120.0  # for an answer that stays, over kills and a lease's time of 3 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One number, and what is done with it."""

    number: str
    kind: str
    sku: str
    units: int
    buyer: str
    campaign: str | None = None

    def counts(self, partner: str) -> list[Count]:
        """Which counts of quotas it asks."""
        who = f"{partner}/{self.buyer}"
        asked = [("each", who)]
        if self.campaign is not None:
            asked += [("rush-each", who), ("rush-total", "")]
        return asked + ([("b-total", "")] if self.sku == "B" else [])

    def goods(self) -> dict[str, Any]:
        """What order and hold say alike."""
        more = {} if self.campaign is None else {"campaign": self.campaign}
        return {"sku": self.sku, "quantity": self.units, "buyer": {"id": self.buyer}, **more}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that stays: first sent, last sent, answered."""

    status: int
    body: Mapping[str, Any]
    first: float
    sent: float
    answered: float

    @property
    def is_good(self) -> bool:
        """An order or a hold came back."""
        return self.status in {200, 201}


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Buyers of one partner. `at_the_end`: nobody gives anything back any more."""

    client: Client
    partner: str
    books: ScarceBooks
    ledger: Ledger = field(default_factory=Ledger)
    refused: list[Wish] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    heard: int = 0  # answers that stay
    at_the_end: bool = False

    async def wish(self, wish: Wish, rng: random.Random) -> bool:
        """Do it to its end; whether something was had."""
        self.ledger.sent[wish.number] = {"quantity": wish.units}
        if wish.kind == "order":
            return await self._order(wish)
        return await self._hold(wish, rng)

    async def _order(self, wish: Wish) -> bool:
        said = await self._ask("/v1/orders", {"out_order_no": wish.number, **wish.goods()})
        if said.is_good:
            self._accept(wish, said)
            self._claim(wish, sent=said.first, begins=said.answered)
        else:
            self._refuse(wish, said, is_order=True)
        return said.is_good

    async def _hold(self, wish: Wish, rng: random.Random) -> bool:
        asked = {"out_hold_no": f"h-{wish.number}", "ttl_s": rng.randint(*HOLD_S), **wish.goods()}
        held = await self._ask("/v1/holds", asked)
        if not held.is_good:
            if held.body["code"] != "hold-limit":
                self._refuse(wish, held, is_order=False)
            return False
        expires = datetime.fromisoformat(held.body["expires_at"]).timestamp()
        place, ends, over = f"/v1/holds/{held.body['hold_no']}", expires, expires
        given = taken = None
        if wish.kind == "race":
            given, taken = await asyncio.gather(
                self._ask(f"{place}/release", {}), self._confirm(place, wish)
            )
        elif wish.kind == "release":
            given = await self._ask(f"{place}/release", {})
        elif wish.kind != "forget":
            late = max(0.0, expires - time.time()) + rng.uniform(0, 1.5)
            await asyncio.sleep(rng.uniform(0, 0.5) if wish.kind == "confirm" else late)
            taken = await self._confirm(place, wish)
        if given is not None:
            ends, over = self._released(wish, given, taken, expires)
        if taken is not None and taken.body.get("code") != "hold-released":
            ends, over = await self._confirmed(wish, place, held, taken, expires)
        if held.answered < ends or over > held.first:
            self._claim(
                wish, sent=held.first, begins=held.answered, ends=ends, over=over, is_hold=True
            )
        return taken is not None and taken.is_good

    async def _confirm(self, place: str, wish: Wish) -> Said:
        return await self._ask(f"{place}/confirm", {"out_order_no": wish.number})

    def _released(
        self, wish: Wish, given: Said, taken: Said | None, expires: float
    ) -> tuple[float, float]:
        """Until when a hold that was released had its units surely, and at most; `taken`: it was
        confirmed at the same moment, and one of the two was too late."""
        became_order = taken is not None and taken.is_good
        if given.body.get("code") == "not-cancellable" and became_order:
            return 0.0, 0.0
        if given.status != 200 or (became_order and given.body["state"] == "released"):
            self.wrong.append(f"{wish}: released, {given}, and {taken}")
        is_released = given.body.get("state") == "released"
        return min(expires, given.first), min(expires, given.answered) if is_released else expires

    async def _confirmed(
        self, wish: Wish, place: str, held: Said, taken: Said, expires: float
    ) -> tuple[float, float]:
        """Until when the hold had its units surely, and at most."""
        if not taken.is_good:
            if taken.body["code"] != "hold-expired" or taken.body["refund_due"] is not True:
                self.wrong.append(f"{wish}: confirmed, {taken}")
            return expires, expires
        self._accept(wish, taken)
        state = (await self._ask(place, None)).body["state"]
        if state == "confirmed":
            self._claim(wish, sent=held.first, begins=held.answered)
            return 0.0, 0.0  # it is the order's claim
        self._claim(wish, sent=taken.first, begins=taken.answered)
        return expires, expires

    def _claim(self, wish: Wish, **spans: Any) -> None:
        self.books.claims.append(
            Claim(who=wish.number, sku=wish.sku, units=wish.units,
                  counts=wish.counts(self.partner), **spans)
        )  # fmt: skip

    def _accept(self, wish: Wish, said: Said) -> None:
        codes = frozenset(self.client.open_codes(dict(said.body)))
        self.ledger.accept(wish.number, said.status, Accepted(said.body["order_no"], codes))

    def _refuse(self, wish: Wish, said: Said, *, is_order: bool) -> None:
        code = said.body["code"]
        self.ledger.refuse(wish.number, code)
        if code not in {"purchase-limit", "sold-out"}:
            self.wrong.append(f"{wish}: {said}")
        self.books.refusals.append(
            Refused(who=wish.number, sku=wish.sku, units=wish.units,
                    counts=wish.counts(self.partner), quota=said.body.get("quota", ""),
                    sent=said.sent, answered=said.answered, at_the_end=self.at_the_end,
                    is_order=is_order)
        )  # fmt: skip
        self.refused.append(wish)

    async def _ask(self, path: str, document: Any) -> Said:
        """Again and again until the answer stays."""
        first, tries = time.time(), list[Any]()
        while True:
            sent = time.time()
            try:
                answer: Answer | None = (
                    await self.client.get(path) if document is None
                    else await self.client.post(path, document)
                )  # fmt: skip
            except (aiohttp.ClientError, OSError, TimeoutError):
                answer = None
            now = time.time()
            self.slowest_s = max(self.slowest_s, now - first)
            if answer is not None and answer.status != 503:
                self.answers[answer.body.get("code") or str(answer.status)] += 1
                self.heard += 1
                return Said(answer.status, answer.body, first, sent, now)
            self.answers["unanswered" if answer is None else answer.body["code"]] += 1
            tries.append((round(sent - first, 1), round(now - sent, 1), answer and answer.body))
            if now - first > WAIT_S_MAX:
                raise AssertionError(f"no answer that stays to {document}: {tries[-40:]}")
            await asyncio.sleep(AGAIN_S)
