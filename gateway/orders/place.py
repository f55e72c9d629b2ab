"""Placing an order: the use case behind every face that takes orders (partner API, channels).

It answers with the order that stands or with the reason why there is none. Faces read what they
are sent, ask here, and say the answer in their own words; they decide nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec
import orjson

from gateway.campaigns.judge_pass import PassJudge
from gateway.campaigns.passes import UsedPass
from gateway.campaigns.rules import Campaign
from gateway.catalog.rules import CurrentCatalog, Key, Sku, SkuKind
from gateway.codes.shelving import ShelfBook
from gateway.ground.native import PlainLines
from gateway.orders.checks import FREE, judge
from gateway.orders.line import Answered, Line, PlannedAttempt
from gateway.orders.over_quota import over_quota
from gateway.orders.plain_batch import Opened, PlainBatch, plain_batch
from gateway.orders.pricing import window_of
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.refused import refusal_of
from gateway.orders.rules import LineOutcome, OrderContent
from gateway.partners.zones import ZoneBook
from gateway.prices.rules import NO_PRICES, PriceBook, Priced, PriceList, price_of
from gateway.quotas.rules import QuotaBook

_CREATED: Final = LineOutcome.CREATED  # to look it up for every line costs 0.1 µs
_REPLAYED: Final = LineOutcome.REPLAYED


class Lines(Protocol):
    """What takes lines and answers each exactly once; see orders/intake.py."""

    def submit(self, line: Line) -> Answered | asyncio.Future[Answered]: ...

    def submit_plain(
        self, batch: PlainBatch
    ) -> "asyncio.Future[bytes | Sequence[Opened]] | None": ...

    def may_repeat(self, partner_id: int, out_order_no: str) -> bool: ...


class Buying(Protocol):
    """What knows where an order for an upstream would go; see gateway.dispatch.topups."""

    def plan(self, sku: Sku, quantity: int, amount_minor: int) -> PlannedAttempt | Refusal: ...


class Submitted(msgspec.Struct, frozen=True, gc=False):
    """An order on its way; `outcome` is at hand or will be."""

    line: Line
    outcome: Answered | asyncio.Future[Answered]


class Placed(msgspec.Struct, frozen=True, gc=False):
    """An order that stands: it was made just now, or its number was accepted before."""

    line: Line
    answered: Answered

    @property
    def is_new(self) -> bool:
        """Whether this very line made it."""
        return self.answered.outcome is _CREATED


class Placement:
    """Places orders for partners: the rules, the plan, the intake."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        now: Callable[[], datetime],
        lines: Lines,
        buying: Buying,
        passes: PassJudge,
        count: list[int],
        refused: Callable[[str, Refusal], None],
    ) -> None:
        """`now` is the database's clock; `count` has a place for every outcome; `refused` is told
        of each refusal, and of the campaign it was in."""
        self._catalog = catalog
        self._now = now
        self._lines = lines
        self._submit = lines.submit
        self._buying = buying
        self._passes = passes
        self._count = count
        self._refused = refused

    async def place(
        self,
        key: Key,
        content: OrderContent,
        *,
        channel: str | None = None,
        pass_: str | None = None,
        waits_until: float | None = None,
        unless_known: Refusal | None = None,
    ) -> Placed | Refusal:
        """The order of a partner's key, durable; or why there is none, and then nothing is.

        `pass_`: of its campaign's waiting room; `waits_until` (monotonic): what is not committed by
        then is dropped. `unless_known`: the face's no to a number that was not accepted before.
        """
        line = self.prepare(key, content, channel=channel, pass_=pass_)
        line.waits_until = waits_until
        if unless_known is not None:
            line.refusal, line.attempt = unless_known, None
        outcome = self._submit(line)
        return self.end(line, outcome if isinstance(outcome, Answered) else await outcome)

    def may_repeat(self, key: Key, out_order_no: str) -> bool:
        """Whether the number may be one of this partner's that was accepted, or is on its way.

        As far as this worker knows, without asking anybody: both answers may be wrong.
        """
        return self._lines.may_repeat(key.partner_id, out_order_no)

    async def place_plain(
        self, key: Key, lines: PlainLines, waits_until: float | None
    ) -> bytes | Sequence[Submitted] | None:
        """The members of a batch's `results` if all of its lines became orders; else the lines, on
        their way; None: they have to be entered one by one, nothing was done."""
        batch = plain_batch(self._catalog.now, key, lines, waits_until)
        outcome = None if batch is None else self._lines.submit_plain(batch)
        if outcome is None:
            return None
        told = await outcome
        if isinstance(told, bytes):
            self.count_created(len(lines))
            return told
        return [Submitted(line, future) for line, future in told]

    def enter(self, line: Line) -> Submitted:
        """Put a prepared line on its way, one of many; `end` says what became of it."""
        return Submitted(line, self._submit(line))

    def end(self, line: Line, answered: Answered) -> Placed | Refusal:
        """What became of a line, counted: once for each line."""
        outcome = answered.outcome
        self._count[outcome] += 1
        if outcome is _CREATED or outcome is _REPLAYED:
            return Placed(line, answered)
        refusal = self._why_not(line, answered)
        if line.content is not None and line.content.campaign is not None:
            self._refused(line.content.campaign, refusal)
        return refusal

    def count_created(self, orders: int) -> None:
        """So many orders were made of which no line came here."""
        self._count[_CREATED] += orders

    def _why_not(self, line: Line, answered: Answered) -> Refusal:
        if answered.outcome is LineOutcome.PURCHASE_LIMIT:
            quota = self._catalog.now.book(QuotaBook).by_id.get(answered.quota)
            zone = self._catalog.now.book(ZoneBook).of(line.partner_id)
            return over_quota(answered, quota, line.quantity, self._now(), zone)
        return refusal_of(answered)

    def prepare(
        self,
        key: Key,
        content: OrderContent,
        *,
        channel: str | None = None,
        pass_: str | None = None,
        agreed_minor: int | None = None,
    ) -> Line:
        """What the intake takes; a rule that says no goes along, in case the number is known.

        `agreed_minor`: what all of it costs was agreed before, and all else decided: nothing is
        judged, and nothing planned.
        """
        partner_id = key.partner_id
        catalog = self._catalog.now
        sku = catalog.skus.get(content.sku)
        known = sku if sku is not None else _UNKNOWN_SKU
        books = catalog.books  # `book` would be three calls more
        if agreed_minor is None:
            prices = books[PriceBook].lists.get(known.id, NO_PRICES)
            priced = prices.plain
            if prices.rows:
                priced = self._price(prices, partner_id, content, channel)
            amount_minor = priced.minor * content.quantity
            judged = judge(catalog, partner_id, content, sku, priced, now=self._now)
        else:
            priced, amount_minor, judged = NO_PRICES.plain, agreed_minor, FREE
        campaign = judged.campaign
        used_pass = refusal = None
        if campaign is not None and campaign.room_id is not None:
            used_pass, refusal = self._judge_pass(partner_id, campaign, content.buyer_id, pass_)
        window: tuple[str | None, str | None] = (None, None)
        if campaign is not None or priced.since is not None or priced.until is not None:
            window = window_of(campaign, priced)
        notify = content.notify_url is not None or partner_id in catalog.webhook_partners
        metadata = content.metadata
        outlet = known.pool_id
        if outlet is not None and (known.min_life_days or books[ShelfBook].divided):
            outlet = books[ShelfBook].outlet_for(known, channel=channel, campaign=content.campaign)
        attempt = None
        bought = known.bought
        if bought and judged.refusal is None and agreed_minor is None:
            attempt = self._buying.plan(known, content.quantity, amount_minor)
        return Line(
            partner_id=partner_id,
            key_id=key.key_id,
            reads_codes=key.reads_codes,
            sku=known,
            outlet=outlet,
            channel=channel,
            out_order_no=content.out_order_no,
            content_hash=content.digest(),
            quantity=content.quantity,
            amount_minor=amount_minor,
            # Codes go to no account; what tells a top-up from them later is that it has one.
            account=None if bought and known.buys_codes else content.account,
            metadata=None if metadata is None else orjson.dumps(metadata).decode(),
            details=content.details(),
            quotas=judged.quotas,
            opens_at=window[0],
            closes_at=window[1],
            notify=notify,
            notify_url=content.notify_url,
            refusal=attempt if isinstance(attempt, Refusal) else judged.refusal or refusal,
            used_pass=used_pass,
            attempt=None if isinstance(attempt, Refusal) else attempt,
            content=content,
        )

    def _price(
        self, prices: PriceList, partner_id: int, content: OrderContent, channel: str | None
    ) -> Priced:
        return price_of(
            prices, partner_id, content.quantity, campaign=content.campaign, channel=channel,
            now=self._now,
        )  # fmt: skip

    def _judge_pass(
        self, partner_id: int, campaign: Campaign, buyer_id: str | None, text: str | None
    ) -> tuple[UsedPass | None, Refusal | None]:
        used = None
        if text is not None:
            used = self._passes.judge(
                text, partner_id=partner_id, campaign=campaign, buyer_id=buyer_id
            )
        if used is not None:
            return used, None
        if not campaign.is_open(self._now()):  # as far as we know; nobody is sent for a pass then
            return None, Refusal(Reason.CAMPAIGN_UNKNOWN, campaign=campaign.name)
        if text is None:
            return None, Refusal(Reason.PASS_MISSING, campaign=campaign.name)
        return None, Refusal(Reason.PASS_UNFIT)


_UNKNOWN_SKU: Final = Sku(
    id=0, sku="", name="", kind=SkuKind.CODE, pool_id=None, price_minor=0, currency="CNY",
    face_value_minor=None, account_rule=None, per_buyer=None, low_stock=0, offered_to_all=False,
    on_sale=False, updated_at=datetime.min.replace(tzinfo=UTC),
)  # fmt: skip


def outlet_of_line(current: CurrentCatalog, line: Line) -> int | None:
    """What a line that was prepared before sells from today."""
    catalog = current.now
    return catalog.book(ShelfBook).outlet_for(
        catalog.skus_by_id.get(line.sku.id, line.sku),
        channel=line.channel,
        campaign=None if line.content is None else line.content.campaign,
    )
