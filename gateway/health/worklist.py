"""What waits for a person or an upstream, counted now and then so that SREs can be woken by it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from gateway.ground.sql.declared import Statement, Statements

log = structlog.get_logger()

COUNT_EVERY_S: Final = 5.0
DEADLINE_S: Final = 5.0
STOCK_EVERY: Final = 3  # counts; of what costs more to count
BACKLOG_MAX: Final = 10_000  # messages of one state are counted up to here


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Webhook messages of all partners by state, each up to BACKLOG_MAX."""

    due: int
    later: int
    dead: int
    oldest_due_s: float  # exact, however many are due


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a person, or for an upstream's word."""

    parked_orders: int
    uncertain_attempts: int
    oldest_uncertain_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAudit:
    """The last audit (None: there was none), and since when there is something to audit; times in
    Unix seconds."""

    ok: bool | None
    ended_at: float | None
    opened_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Operators who may see no code now."""

    operators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisabledEndpoint:
    """A partner who is told nothing any more."""

    name: str
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOfSku:
    """What is left of a SKU on sale, exact below its low-stock mark."""

    sku: str
    low_stock: int
    for_sale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverOfPool:
    """For how many days the codes of a pool last."""

    pool: str
    days: float


class SQL(Statements, file="health/worklist"):
    """What is counted."""

    waiting: Statement[[], Waiting]
    last_audit: Statement[[], LastAudit]
    frozen: Statement[[], Frozen]
    disabled_endpoints: Statement[[], DisabledEndpoint]
    webhooks: Statement[[int], Backlog]
    stock: Statement[[], StockOfSku]
    cover: Statement[[], CoverOfPool]


class Worklist:
    """The last count; every worker counts the whole database.

    What changed is said by those that `speaks` is true of: of a node's workers one.
    """

    def __init__(self, pool: Any, *, speaks: bool = True) -> None:
        self._pool = pool
        self._speaks = speaks
        self.parked_orders = 0
        self.uncertain_attempts = 0
        self.oldest_uncertain_s = 0.0
        self.operators_frozen = 0
        self.looks = 0
        self.audit_ok: bool | None = None  # None: nobody has audited yet
        self.disabled_endpoints: Mapping[str, str] | None = None  # why, by partner
        self.stock: Mapping[str, tuple[int, int]] = {}  # by SKU on sale: codes left, low below
        self.cover: Mapping[str, float] = {}  # by pool: days that its codes last
        self._sold_out: frozenset[str] | None = None
        self.audited_at = 0.0  # Unix seconds, by the database's clock
        self.unaudited_since: float | None = None  # the same, or when the database was set up
        self.backlog: Backlog | None = None

    async def watch(self) -> None:
        """Count until cancelled; without a database the last count stays."""
        while True:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    row = await SQL.waiting.only(self._pool)
                    audited = await SQL.last_audit.only(self._pool)
                    frozen = await SQL.frozen.only(self._pool)
                    disabled = await SQL.disabled_endpoints.all(self._pool)
                    if self.looks % STOCK_EVERY == 0:
                        self.counted(await SQL.stock.all(self._pool))
                        covers = await SQL.cover.all(self._pool)
                        self.cover = {each.pool: each.days for each in covers}
                        self.backlog = await SQL.webhooks.only(self._pool, BACKLOG_MAX)
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("worklist.not_counted", error=type(error).__name__)
            else:
                self.parked_orders = row.parked_orders
                self.uncertain_attempts = row.uncertain_attempts
                self.oldest_uncertain_s = row.oldest_uncertain_s
                self.operators_frozen = frozen.operators
                self.looks += 1
                self.found_disabled({row.name: row.why or "" for row in disabled})
                self.unaudited_since = audited.ended_at or audited.opened_at
                if audited.ended_at is not None:
                    self.audit_ok, self.audited_at = audited.ok, audited.ended_at
            await asyncio.sleep(COUNT_EVERY_S)

    def counted(self, rows: Sequence[StockOfSku]) -> None:
        """Keep the stock of each SKU, and say which sold out and which are back."""
        self.stock = {row.sku: (row.for_sale, row.low_stock) for row in rows}
        sold_out = frozenset(sku for sku, (left, _) in self.stock.items() if left <= 0)
        before = sold_out if self._sold_out is None or not self._speaks else self._sold_out
        for sku in sorted(sold_out - before):
            log.warning("sku.sold_out", sku=sku)
        for sku in sorted((before - sold_out) & self.stock.keys()):
            log.info("sku.available_again", sku=sku, left=self.stock[sku][0])
        self._sold_out = sold_out

    def found_disabled(self, why: Mapping[str, str]) -> None:
        """Keep whose endpoints get no messages any more, and say where that changed."""
        first = self.disabled_endpoints is None or not self._speaks
        before = why if first else self.disabled_endpoints or {}
        for partner in sorted(why.keys() - before.keys()):
            log.warning("endpoint.disabled", partner=partner, why=why[partner])
        for partner in sorted(before.keys() - why.keys()):
            log.info("endpoint.enabled", partner=partner)
        self.disabled_endpoints = why
