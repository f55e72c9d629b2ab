"""Holding goods: the use case behind POST /v1/holds.

What may be ordered may be held, and is judged by the same rules, at the same price; budgets keep
anybody from holding all of it. What is held of a SKU without codes is units of its quotas, of which
one counts a total: that is its stock. The database decides, of many at a time (together.py).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import msgspec

from gateway.catalog.rules import CurrentCatalog, Key
from gateway.holds.memory import RecentHolds
from gateway.holds.port import Making, Reading
from gateway.holds.record import HoldAnswer, HoldRecord, NewHold
from gateway.holds.rules import HeldContent, HoldAsked, HoldState, Limits
from gateway.holds.together import Awaited, Together
from gateway.orders.line import Answered, Line
from gateway.orders.over_quota import over_quota
from gateway.orders.pricing import price_again
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import LineOutcome, OrderContent
from gateway.partners.zones import ZoneBook
from gateway.quotas.rules import QuotaBook, is_counted
from gateway.settings.rules import SettingsBook

RECALL_PAUSE_S: Final = 0.02  # between asking for codes that lie with workers and trying again
TRIES_MAX: Final = 12  # then "busy"


class Outcome(StrEnum):
    """Why there is no hold, beside what an order would be told."""

    CONFLICT = "conflict"  # the number has other content
    TTL = "ttl"  # out of its bounds
    NO_STOCK = "no-stock"  # it is bought when it is ordered, and no total of it is counted
    LIMIT = "limit"  # a budget is used up


class Unheld(msgspec.Struct, frozen=True, gc=False):
    """Why there is no hold. `which` budget is used up (buyer, ip, partner, pool; share: it is more
    than may ever be held), and when the first hold ends that counts there; `least` and `most` are
    the bounds of `ttl_s`."""

    outcome: Outcome
    hold_id: int = 0
    which: str = ""
    retry_after_s: int = 0
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold that stands; `is_new`: this very request made it."""

    record: HoldRecord
    is_new: bool


class Preparing(Protocol):
    """What makes a line of an order's content; see orders.place.Placement."""

    def prepare(self, key: Key, content: OrderContent, *, pass_: str | None) -> Line: ...


class Recalling(Protocol):
    """What asks for codes that lie with workers; see codes.stock.Stock."""

    async def recall(self, outlet: int) -> None: ...
    async def give_back(self, outlet: int) -> None: ...


# What SQL's hold_goods says of a line.
MADE, REPLAYED, CONFLICT, USED_UP, SOLD_OUT, BUSY, CLOSED = 1, 2, 3, 5, 6, 7, 11
ELSEWHERE, DUE, LIMIT, LEASED, PASS_USED, BOUGHT = 13, 14, 23, 24, 30, 31
_REASONS: Final = {
    SOLD_OUT: Reason.SOLD_OUT, BUSY: Reason.BUSY, LEASED: Reason.BUSY, ELSEWHERE: Reason.BUSY,
    DUE: Reason.BUSY, CLOSED: Reason.CAMPAIGN_CLOSED, PASS_USED: Reason.PASS_USED,
    BOUGHT: Reason.BOUGHT_BEFORE,
}  # fmt: skip

# What is said of an account only where something can be held for it.
_OF_ACCOUNTS: Final = frozenset({Reason.ACCOUNT_MISSING, Reason.ACCOUNT_UNFIT})
# Codes, or units, that others have just now; or what somebody bought is not learnt yet.
_ELSEWHERE: Final = frozenset({LEASED, ELSEWHERE, DUE})


def limits_of(settings: SettingsBook) -> Limits:
    """The budgets in force."""
    return Limits(**{name: settings.number(f"holds.{name}") for name in Limits.__struct_fields__})


class Holding:
    """Makes holds."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        preparing: Preparing,
        making: Making,
        reading: Reading,
        stock: Recalling,
        recent: RecentHolds,
        next_id: Callable[[], int],
    ) -> None:
        self._catalog = catalog
        self._prepare = preparing.prepare
        self._making = making
        self._reading = reading
        self._stock = stock
        self._recent = recent
        self._next_id = next_id
        self._together = Together(making, self._limits_now)
        self._settings: SettingsBook | None = None  # that `_limits` are of
        self._limits: Limits

    async def hold(
        self,
        key: Key,
        asked: HoldAsked,
        *,
        pass_: str | None = None,
        waits_until: float | None = None,
    ) -> Held | Refusal | Unheld:
        """The hold of a partner's key, durable; or why there is none, and then nothing is.

        `pass_`: of its campaign's waiting room; the hold uses it up, whatever becomes of it. Raises
        OverloadedError when its turn comes after `waits_until` (monotonic): then nothing is held.
        """
        limits = self._limits_now()
        line = self._prepare(key, asked.goods, pass_=pass_)
        refusal = self._refused(line, asked, limits)
        if refusal is not None:
            known = await self._known(key.partner_id, asked)
            return refusal if known is None else known
        new = self._new(line, asked, limits)
        answer = await self._make(line, Awaited(new, waits_until))
        if answer.outcome == CLOSED:  # its campaign is over, or another price is in force by now
            over = price_again(self._catalog.now, line, answer.made_at)
            if over is not None:
                return over
            new = self._new(line, asked, limits)
            answer = await self._make(line, Awaited(new, waits_until))
        if answer.outcome == MADE:
            record = _record(new, asked, answer, line)
            self._recent.put(record)
            return Held(record=record, is_new=True)
        if answer.known is not None:
            return await self._again(key.partner_id, answer.known, same=answer.outcome == REPLAYED)
        return self._why_not(new, answer)

    def _limits_now(self) -> Limits:
        """The budgets in force: read once for each book, which nobody changes."""
        settings = self._catalog.now.book(SettingsBook)
        if settings is not self._settings:
            self._settings, self._limits = settings, limits_of(settings)
        return self._limits

    def _why_not(self, new: NewHold, answer: HoldAnswer) -> Refusal | Unheld:
        if answer.outcome == LIMIT:
            return Unheld(
                Outcome.LIMIT, which=answer.why or "", retry_after_s=max(0, answer.after_s or 0)
            )
        if answer.outcome == USED_UP:
            return self._over_quota(new, answer)
        return Refusal(_REASONS[answer.outcome], retry_after_s=answer.after_s or 0)

    def _over_quota(self, new: NewHold, answer: HoldAnswer) -> Refusal:
        answered = Answered(
            LineOutcome.PURCHASE_LIMIT,
            amount=answer.left_over or 0,
            quota=answer.refused or 0,
            refused_at=answer.made_at,
        )
        quota = self._catalog.now.book(QuotaBook).by_id.get(answered.quota)
        zone = self._catalog.now.book(ZoneBook).of(new.partner_id)
        return over_quota(answered, quota, new.quantity, answer.made_at, zone)

    async def _make(self, line: Line, new: Awaited) -> HoldAnswer:
        """Made, or why not; what lies with others is asked for, for a while."""
        submit = partial(self._together.submit, line.sku.pool_id, line.outlet)
        answer = await submit(new)
        tries = 1
        while answer.outcome in _ELSEWHERE and tries < TRIES_MAX:
            if answer.outcome == LEASED and line.outlet is not None:
                await self._stock.recall(line.outlet)
                await self._stock.give_back(line.outlet)
                await asyncio.sleep(RECALL_PAUSE_S)
            if answer.outcome == DUE:
                await self._making.expire_for_units()
            answer = await submit(new)
            tries += 1
        return answer

    def _new(self, line: Line, asked: HoldAsked, limits: Limits) -> NewHold:
        return NewHold(
            partner_id=line.partner_id,
            id=self._next_id(),
            out_hold_no=asked.out_hold_no,
            content_hash=asked.digest(),
            sku_id=line.sku.id,
            quantity=line.quantity,
            amount_minor=line.amount_minor,
            ttl_s=limits.max_ttl_s if asked.ttl_s is None else asked.ttl_s,
            account=asked.goods.account,
            buyer_id=asked.goods.buyer_id,
            buyer_ip=asked.goods.buyer_ip,
            details=HeldContent.of(asked.goods).details(),
            opens_at=line.opens_at,
            closes_at=line.closes_at,
            quotas=line.quotas,
            room_id=None if line.used_pass is None else line.used_pass.room_id,
            pass_number=None if line.used_pass is None else line.used_pass.number,
        )

    def _refused(self, line: Line, asked: HoldAsked, limits: Limits) -> Refusal | Unheld | None:
        """As an order would be; and for what is no reason to refuse one."""
        if line.refusal is None or line.refusal.reason in _OF_ACCOUNTS:
            if asked.ttl_s is not None and not limits.min_ttl_s <= asked.ttl_s <= limits.max_ttl_s:
                return Unheld(Outcome.TTL, least=limits.min_ttl_s, most=limits.max_ttl_s)
            quotas = self._catalog.now.book(QuotaBook).quotas_of(line.sku.id, asked.goods.campaign)
            if line.sku.pool_id is None and not is_counted(quotas, asked.goods.campaign):
                return Unheld(Outcome.NO_STOCK)
        return line.refusal

    async def _known(self, partner_id: int, asked: HoldAsked) -> Held | Unheld | None:
        """The hold that has the number already: what was accepted is repeated, whatever is so."""
        hold_id = await self._reading.id_of(partner_id, asked.out_hold_no)
        if hold_id is None:
            return None
        found = await self._reading.by_ids([(partner_id, hold_id)])
        same = found[partner_id, hold_id].content_hash == asked.digest()
        return await self._again(partner_id, hold_id, same=same)

    async def _again(self, partner_id: int, hold_id: int, *, same: bool) -> Held | Unheld:
        if not same:
            return Unheld(Outcome.CONFLICT, hold_id=hold_id)
        found = await self._reading.by_ids([(partner_id, hold_id)])
        return Held(record=found[partner_id, hold_id], is_new=False)


def _record(new: NewHold, asked: HoldAsked, answer: HoldAnswer, line: Line) -> HoldRecord:
    """What was just made; saves reading it back."""
    moment: datetime = answer.made_at
    return HoldRecord(
        partner_id=new.partner_id,
        id=new.id,
        out_hold_no=new.out_hold_no,
        content_hash=new.content_hash,
        content=HeldContent.of(asked.goods),
        amount=new.amount_minor,
        currency=line.sku.currency,
        state=HoldState.HELD,
        is_over=False,
        pool_id=line.sku.pool_id,
        seqs=answer.seqs,
        order_id=None,
        expires_at=answer.expires_at or moment,
        created_at=moment,
        updated_at=moment,
        records=answer.records or (),
    )
