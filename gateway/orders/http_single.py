"""POST /v1/orders of orders that say nothing unusual: read by one call, and answered by one for all
that were committed together. Whatever is not plain is left to OrderPlacing.place, which decides."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import inf
from typing import Final

import structlog

from gateway.catalog.rules import Catalog, CurrentCatalog, Key, Scope
from gateway.ground.http.answers import JSON_TYPE
from gateway.ground.http.direct_answer import DirectAnswer, Leads
from gateway.ground.http.meters import RouteMeter
from gateway.ground.http.plain_front import Exchange
from gateway.ground.http.request import Asked
from gateway.ground.native import PlainLines, PlainOrders
from gateway.ground.traffic.admission import Work
from gateway.orders.gathering import Gathering, Terms
from gateway.orders.line import Answered, Line
from gateway.orders.place import Placed, Placement
from gateway.orders.plain_batch import Opened, offer_of
from gateway.orders.plain_entrance import PlainEntrance
from gateway.orders.refusal import Refusal
from gateway.partners.authentication import Gate

log = structlog.get_logger()

_CREATED: Final = 201
_clock: Final = time.perf_counter
Answer = Callable[[Asked, Key, Placed | Refusal], Awaitable[DirectAnswer]]


class Singles:
    """Of one worker. `answer` says what became of an order that went the other way."""

    def __init__(
        self,
        gate: Gate,
        placement: Placement,
        catalog: CurrentCatalog,
        entrance: PlainEntrance,
        answer: Answer,
    ) -> None:
        self._gate, self._placement = gate, placement
        self._admission, self._keyring = gate.door.admission, gate.keyring
        self._door = gate.door
        self._catalog, self._entrance = catalog, entrance
        self._answer = answer
        self._orders = PlainOrders()
        self._known_of: Catalog | None = None  # whose terms are known
        self._lead = Leads(_CREATED, JSON_TYPE)
        self._meter: RouteMeter | None = None

    def take(self, data: bytes, at: int, exchange: Exchange, meter: RouteMeter) -> int:
        """See AtOnce."""
        catalog, orders = self._catalog.now, self._orders
        if catalog is not self._known_of:
            orders.forget()
            self._entrance.part()
            self._known_of = catalog
        if self._door.is_tight:
            return 0
        now_s = time.time()
        found = orders.read(self._keyring, data, at, now_s, exchange.is_watched)
        if found is None:
            return 0
        terms: Terms | None
        end, terms, number = found
        if terms is None:
            terms = self._terms(catalog)
            if terms is None:
                return 0
        if terms.ends_at <= now_s:
            return 0
        gathering = self._entrance.gather(terms, orders, number)
        if gathering is None:
            return 0
        self._meter = meter
        self._admission.more(1 + orders.quantity)
        gathering.exchanges.append(exchange)
        gathering.began.append(_clock())
        return end

    def _terms(self, catalog: Catalog) -> Terms | None:
        """By what orders like the last one are taken; None: not here."""
        orders = self._orders
        key = self._gate.plain_key(orders.key_id, Scope.ORDERS_WRITE)
        sku = catalog.skus.get(orders.sku)
        unusual = key is None or catalog.sales_closed or key.partner_id in catalog.webhook_partners
        if key is None or sku is None or unusual:
            orders.know(None)
            return None
        offer = offer_of(catalog, key.partner_id, sku)
        if offer is None:
            orders.know(None)
            return None
        terms = Terms(
            key=key,
            ends_at=inf if key.expires_at is None else key.expires_at.timestamp(),
            sku=sku,
            outlet=offer[2],
            asks=bool(offer[6]),
            begin=partial(self._begin, key),
            may=partial(self._gate.has_token, key),
        )
        return terms if orders.know((terms, offer)) else None

    def _begin(self, key: Key) -> Gathering:
        return Gathering(
            partner_id=key.partner_id,
            key_id=key.key_id,
            reads_codes=key.reads_codes,
            lines=PlainLines.begin(key.partner_id),
            skus=[],
            outlets=[],
            asks=False,
            quantity=0,
            waits_until=None,
            waiters=[],
            exchanges=[],
            began=[],
            lead=self._lead,
            told=self,
            key=key,
        )

    # ------------------------------------------------------------ what became of them

    def created(self, gathering: Gathering, answers: Sequence[bytes]) -> None:
        """All of them are orders, each with its whole answer."""
        began, count = gathering.began, len(answers)
        ended = _clock()
        work = Work(gathering.partner_id, count + gathering.quantity, sum(began) / count)
        self._admission.end(work, ended)
        self._placement.count_created(count)
        if self._meter is not None:
            self._meter.observe_all(_CREATED, began, ended)
        for exchange, answer in zip(gathering.exchanges, answers, strict=True):
            try:
                exchange.tell(answer)
            except Exception:  # the others are told all the same
                log.exception("orders.not_answered")

    def opened(self, gathering: Gathering, lines: Sequence[Opened]) -> None:
        """They are lines now, each of which has an end of its own."""
        told = zip(gathering.exchanges, gathering.began, lines, strict=True)
        for exchange, began, (line, future) in told:
            work = Work(gathering.partner_id, 1 + line.quantity, began)
            try:
                exchange.run(partial(self._end, gathering.key, line, future), work, self._admission)
            except Exception:
                log.exception("orders.not_answered")

    async def _end(
        self, key: Key, line: Line, outcome: "asyncio.Future[Answered]", request: Asked
    ) -> DirectAnswer:
        return await self._answer(request, key, self._placement.end(line, await outcome))
