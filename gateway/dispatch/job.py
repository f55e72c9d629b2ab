"""An attempt in memory, and what settling needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from connectors.contract import (
    Answer,
    CallbackEvent,
    CallbackRequest,
    Capabilities,
    Ordered,
    QueryRequest,
    SubmitRequest,
)
from connectors.judgement import Judgement
from gateway.dispatch.attempt import News
from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.attempt_record import AttemptRecord
from gateway.dispatch.purchase import Purchase, PurchaseVerdict
from gateway.orders.line import Line, PlannedAttempt


@dataclass(slots=True, kw_only=True)
class Job:
    """One attempt this worker works on. Amounts in minor units, moments in Unix seconds.

    `since` is the moment of its last send, or of its creation when there was none.
    """

    attempt_id: int
    partner_id: int
    order_id: int
    sku_id: int
    upstream_id: int
    product_id: str
    account: str
    quantity: int
    amount_minor: int
    cost_max_minor: int | None
    face_minor: int | None
    ordered_at: float
    since: float
    state: str = "created"
    upstream_no: str | None = None
    queries: int = 0
    not_found: int = 0
    sends: int = 0  # as the database counts them
    mark_doubted: bool = False  # the last mark may have been committed
    not_sent: int = 0  # sends in a row that never left us
    unsent: bool = True  # provably nothing was sent under this number
    succeeded_before: bool = False
    cost_minor: int | None = None  # the upstream's price, once it told one

    @property
    def lane(self) -> tuple[int, str]:
        """Upstream and product."""
        return self.upstream_id, self.product_id

    @property
    def price_minor(self) -> int:
        """What the order paid for one, rounded down."""
        return self.amount_minor // self.quantity

    @property
    def buys_codes(self) -> bool:
        """Whether it brings codes: there is no account to top up."""
        return not self.account


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """One line for SQL's settle. Only `attempt_id` and `news` are always there."""

    attempt_id: int
    news: News
    webhook_id: int
    upstream_no: str | None = None
    cost_minor: int | None = None
    delivered: int | None = None
    refund_minor: int | None = None
    code: str | None = None
    message: str | None = None
    check_in_s: float | None = None
    queries: int | None = None
    not_found: int | None = None
    next_attempt: Job | None = None
    park: str | None = None  # what a person has to decide
    purchase: Purchase | None = None  # the codes it brings


class Platform(Protocol):
    """One upstream as the dispatcher drives it; connectors.upstream.Upstream."""

    @property
    def capabilities(self) -> Capabilities: ...
    async def submit(self, request: SubmitRequest) -> Judgement: ...
    async def query(self, request: QueryRequest) -> Judgement: ...
    def parse_callback(self, call: CallbackRequest) -> CallbackEvent: ...
    def judge(self, answer: Answer, ordered: Ordered) -> Judgement: ...


class Requests(Protocol):
    """Builds the connectors' request values from a job; wired by `topups`."""

    def submit(self, job: Job) -> SubmitRequest: ...
    def query(self, job: Job) -> QueryRequest: ...


class Attempts(Protocol):
    """Attempts; see store.AttemptStore."""

    async def settle(self, news: Sequence[AttemptNews]) -> list[str]: ...
    async def living(self) -> str: ...
    async def take_due(
        self, limit: int, hold_s: float, *, orphans: bool
    ) -> list[AttemptRecord]: ...
    async def mark_sent(
        self, attempt_ids: Sequence[int], sends: Sequence[int], doubted: Sequence[bool]
    ) -> set[int]: ...
    async def mark_unsent(self, attempt_ids: Sequence[int], sends: Sequence[int]) -> None: ...
    async def keep_numbers(
        self,
        attempt_ids: Sequence[int],
        upstream_nos: Sequence[str | None],
        costs_minor: Sequence[int | None],
    ) -> None: ...
    async def release(self, attempt_ids: Sequence[int]) -> None: ...
    async def by_ids(self, attempt_ids: Sequence[int]) -> list[AttemptRecord]: ...
    async def keep_callbacks(self, columns: Sequence[Sequence[Any]]) -> None: ...
    async def count_callbacks(self, columns: Sequence[Sequence[Any]]) -> None: ...
    async def write_lanes(self, columns: Sequence[Sequence[Any]]) -> None: ...
    async def forget_lanes(self) -> None: ...
    async def tried_routes(self, order_id: int) -> list[tuple[int, str]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """An upstream as configured; `settings` is still wrapped by the vault."""

    id: int
    name: str
    connector: str
    base_url: str
    settings: bytes = field(repr=False)
    callback_token: str = field(repr=False)
    paused: bool


class TopUpAttempts(Attempts, Protocol):
    """The same, with what the service itself asks."""

    async def upstreams(self) -> list[UpstreamSettings]: ...
    async def cancel_order(self, partner_id: int, order_id: int, webhook_id: int) -> bool: ...


class Purchases(Protocol):
    """The store of codes bought on demand; see purchase_store.PurchaseStore."""

    async def settle(
        self, news: Sequence[AttemptNews], purchases: Sequence[Purchase]
    ) -> list[PurchaseVerdict]: ...


def job_of(record: AttemptRecord, now: float) -> Job:
    """A stored attempt, to be worked on; `now` in Unix seconds."""
    return Job(
        attempt_id=record.id,
        partner_id=record.partner_id,
        order_id=record.order_id,
        sku_id=record.sku_id,
        upstream_id=record.upstream_id,
        product_id=record.product_id,
        account=record.account,
        quantity=record.quantity,
        amount_minor=record.amount,
        cost_max_minor=record.cost_max,
        face_minor=record.face_value,
        ordered_at=now - record.order_age_s,
        since=now - record.age_s,
        state=record.state,
        upstream_no=record.upstream_no,
        queries=record.queries,
        not_found=record.not_found,
        sends=record.sends,
        unsent=record.unsent,
        succeeded_before=record.succeeded_before,
        cost_minor=record.cost,
    )


def job_of_line(line: Line, plan: PlannedAttempt, now: float) -> Job:
    """An attempt just committed with its order; `now` in Unix seconds."""
    return Job(
        attempt_id=plan.attempt_id,
        partner_id=line.partner_id,
        order_id=line.order_id,
        sku_id=line.sku.id,
        upstream_id=plan.upstream_id,
        product_id=plan.product_id,
        account=line.account or "",
        quantity=line.quantity,
        amount_minor=line.amount_minor,
        cost_max_minor=plan.cost_max_minor,
        face_minor=plan.face_minor,
        ordered_at=now,
        since=now,
    )


def as_news(line: Settlement) -> AttemptNews:
    """A line as SQL's settle takes it."""
    following = line.next_attempt
    return AttemptNews(
        attempt=line.attempt_id,
        news=line.news.value,
        webhook=line.webhook_id,
        upstream_no=line.upstream_no,
        cost=line.cost_minor,
        delivered=line.delivered,
        refund=line.refund_minor,
        code=_clean(line.code),
        message=_clean(line.message),
        check_s=line.check_in_s,
        queries=line.queries,
        not_found=line.not_found,
        next=None if following is None else following.attempt_id,
        next_upstream=None if following is None else following.upstream_id,
        next_product=None if following is None else following.product_id,
        next_cost_max=None if following is None else following.cost_max_minor,
        park=_clean(line.park),
    )


def _clean(text: str | None) -> str | None:
    """Upstreams' words as the database takes them: no NUL, bounded."""
    return None if text is None else text.replace("\0", "")[:500]
