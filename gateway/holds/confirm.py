"""Confirming a hold: it becomes an order, an ordinary line of the intake at the price of the hold.

Its codes are those that were held. When its time was over before and they went back, the line
claims others as any order does: then it is late, and may find none.
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import msgspec

from gateway.catalog.rules import CurrentCatalog, Key
from gateway.codes.stock import Run
from gateway.holds.memory import RecentHolds
from gateway.holds.port import Making, Reading
from gateway.holds.record import HoldRecord
from gateway.holds.rules import ConfirmAsked, HoldState
from gateway.orders.checks import MISSING, OWN_NUMBERS, asked_of
from gateway.orders.line import Answered, HeldGoods, Line
from gateway.orders.place import Buying, Placed
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import LineOutcome, OrderContent
from gateway.quotas.rules import Per, QuotaBook

NO_LEASE: Final = 0  # what a run of held codes has in place of a lease
# A late line found nothing that it could have: the partner is to give the money back.
_NOTHING_LEFT: Final = frozenset({LineOutcome.SOLD_OUT, LineOutcome.PURCHASE_LIMIT})


class Unconfirmed(StrEnum):
    """Why there is no order, beside what an order would be told."""

    NOT_FOUND = "not-found"


class Contradiction(msgspec.Struct, frozen=True, gc=False):
    """A member that was repeated says something else than the hold."""

    member: str


class Ordering(Protocol):
    """What makes lines, takes them, and says what became of them; see orders.place.Placement."""

    def prepare(self, key: Key, content: OrderContent, *, agreed_minor: int) -> Line: ...
    def end(self, line: Line, answered: Answered) -> Placed | Refusal: ...


class Taking(Protocol):
    """What answers each line exactly once; see orders.intake.Intake."""

    def submit(self, line: Line) -> Answered | asyncio.Future[Answered]: ...


class Confirmation:
    """Confirms holds."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        ordering: Ordering,
        taking: Taking,
        buying: Buying,
        making: Making,
        reading: Reading,
        recent: RecentHolds,
    ) -> None:
        self._catalog = catalog
        self._ordering = ordering
        self._submit = taking.submit
        self._buying = buying
        self._making = making
        self._reading = reading
        self._recent = recent

    async def confirm(
        self, key: Key, hold_id: int, asked: ConfirmAsked, *, waits_until: float | None = None
    ) -> Placed | Refusal | Contradiction | Unconfirmed:
        """The order, durable; or why there is none, and then nothing is but what was told.

        What is not committed by `waits_until` (monotonic) is dropped, and its hold is as it was.
        """
        hold = await self._find(key.partner_id, hold_id)
        if hold is None:
            return Unconfirmed.NOT_FOUND
        member = asked.contradicts(hold.content)
        if member is not None:
            return Contradiction(member)
        is_late = hold.state == HoldState.EXPIRED
        attempt = partial(self._try, key, hold, asked, waits_until)
        line, answered = await attempt(is_late=is_late)
        if answered.outcome is LineOutcome.HOLD_EXPIRED and not is_late:
            is_late = True
            line, answered = await attempt(is_late=True)
        if is_late and answered.outcome in _NOTHING_LEFT:
            await self._making.refuse_late(
                key.partner_id, hold_id, hold.content.sku, asked.notify_url
            )
            # Refused now, or ended otherwise meanwhile: the commit says which.
            line, answered = await attempt(is_late=False)
        self._recent.forget(key.partner_id, hold_id)
        return self._ordering.end(line, answered)

    async def _find(self, partner_id: int, hold_id: int) -> HoldRecord | None:
        recent = self._recent.get(partner_id, hold_id)
        if recent is not None:
            return recent
        key = (partner_id, hold_id)
        return (await self._reading.by_ids([key], with_records=True)).get(key)

    async def _try(
        self,
        key: Key,
        hold: HoldRecord,
        asked: ConfirmAsked,
        waits_until: float | None,
        *,
        is_late: bool,
    ) -> tuple[Line, Answered]:
        line = self._line(key, hold, asked, is_late=is_late)
        line.waits_until = waits_until
        outcome = self._submit(line)
        return line, outcome if isinstance(outcome, Answered) else await outcome

    def _line(self, key: Key, hold: HoldRecord, asked: ConfirmAsked, *, is_late: bool) -> Line:
        """The line of an order as if it were made anew, but for what the hold decided: its price,
        its window and, unless it is late, its goods and units of quotas."""
        content = asked.order(hold.id, hold.content)
        line = self._ordering.prepare(key, content, agreed_minor=hold.amount)
        line.refusal = _refused(asked, hold)
        if self._catalog.now.sales_closed:
            line.refusal = Refusal(Reason.SALES_CLOSED)
        line.hold = HeldGoods(id=hold.id, late=is_late)
        if is_late:  # units of quotas went back; else its hold has them
            asks = asked_of(
                self._catalog.now.book(QuotaBook).quotas_of(line.sku.id, hold.content.campaign),
                key.partner_id,
                content,
            )
            if isinstance(asks, Per):
                line.refusal = line.refusal or Refusal(MISSING[asks])
            else:
                line.quotas = asks
        if line.sku.bought and line.refusal is None:  # anew: for what it will cost
            planned = self._buying.plan(line.sku, line.quantity, hold.amount)
            if isinstance(planned, Refusal):
                line.refusal = planned
            else:
                line.attempt = planned
        if not is_late and hold.seqs is not None:
            line.runs = runs_of(hold.seqs)
            line.outlet = None
            if hold.records:
                numbered = tuple(zip(hold.seqs, hold.records, strict=True))
                line.hold = HeldGoods(id=hold.id, late=False, records=numbered)
        return line


def _refused(asked: ConfirmAsked, hold: HoldRecord) -> Refusal | None:
    if asked.out_order_no.startswith(OWN_NUMBERS):
        return Refusal(Reason.OWN_NUMBER)
    most = asked.max_amount_minor
    if most is not None and hold.amount > most:
        return Refusal(Reason.PRICE_CHANGED, total_minor=hold.amount, most=most)
    return None


def runs_of(seqs: Sequence[int]) -> list[Run]:
    """Held codes as the commit takes them: runs in their order, under no lease."""
    runs: list[Run] = []
    for seq in seqs:
        if runs and runs[-1][2] + runs[-1][3] == seq:
            _, _, first, length = runs.pop()
            runs.append((NO_LEASE, NO_LEASE, first, length + 1))
        else:
            runs.append((NO_LEASE, NO_LEASE, seq, 1))
    return runs
