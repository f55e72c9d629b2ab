"""Placing an order in the sandbox: refused, made or repeated as a real one would be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import orjson

from gateway.catalog.rules import Key, Scope
from gateway.ground.http.address import read_address
from gateway.ground.http.problems import ProblemError
from gateway.ground.moment import rfc3339
from gateway.orders.checks import OWN_NUMBERS
from gateway.orders.problems import problem_of
from gateway.orders.record import OrderFilter
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import OrderContent
from gateway.partners.sandbox_keys import scope_in_sandbox
from gateway.sandbox.goods import GOODS, Good, code_of
from gateway.sandbox.record import SandboxOrder, read_plan, sandbox_json, write_plan
from gateway.sandbox.rules import (
    A_DAY_MAX,
    HELD_S,
    SUCCESS,
    Behaviour,
    behaviour_of,
    plan_of,
    stands,
)
from gateway.webhooks.message import message_body

NOWHERE: Final = Good(
    sku="", name="", kind=GOODS["sandbox:code"].kind, price_minor=0, face_value_minor=0
)
ONCE_AFTER_S: Final = "1"  # Retry-After of what is refused at the first try
FULL_AFTER_S: Final = "3600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a partner is to be told of an order, and when."""

    id: int
    type: str
    body: bytes
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order that is to be, if nothing is against it. `since`: orders of ids from it on count
    towards `most`."""

    order: SandboxOrder
    notify_url: str | None
    is_refused: bool
    fails_once: bool
    since: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlaced:
    """An order that stands; whether this very line made it, and how its answer is given."""

    order: SandboxOrder
    is_new: bool
    behaviour: Behaviour


class Outcome(Protocol):
    """What became of a line; see the store."""

    @property
    def outcome(self) -> str: ...
    @property
    def known(self) -> int | None: ...


class Orders(Protocol):
    """See the store."""

    async def place(self, new: NewOrder, messages: Sequence[Message]) -> Outcome: ...
    async def by_id(self, partner_id: int, order_id: int) -> SandboxOrder | None: ...


class Sealing(Protocol):
    """See sealing.py."""

    def seal(self, key_id: str, contents: list[dict[str, str]]) -> bytes: ...


class SandboxPlacement:
    """Places orders, and shows them; `now` is the database's clock."""

    def __init__(
        self,
        orders: Orders,
        seals: Sealing,
        *,
        now: Callable[[], datetime],
        next_ids: Callable[[int], list[int]],
    ) -> None:
        self._orders = orders
        self._seals = seals
        self._now = now
        self._next_ids = next_ids

    async def place(self, key: Key, content: OrderContent, base: str = "") -> SandboxPlaced:
        """The order of this number. Raises ProblemError: there is none, and nothing is left of it.

        `base` is prepended to the pointers of errors. An accepted number is repeated, whatever the
        rules say by now.
        """
        good = GOODS.get(content.sku, NOWHERE)
        behaviour = behaviour_of(content.out_order_no, content.account, is_top_up=good.is_top_up)
        refusal = _judge(content, good, behaviour)
        new = self._new(key, content, good, behaviour, is_refused=refusal is not None)
        messages = [] if refusal is not None else self._messages(new.order)
        found = await self._orders.place(new, messages)
        match found.outcome:
            case "created":
                return SandboxPlaced(order=new.order, is_new=True, behaviour=behaviour)
            case "none" if refusal is not None:
                raise problem_of(refusal, base)
            case "once":
                raise ProblemError(
                    behaviour.once or "overloaded",
                    "The sandbox refuses this number at the first try.",
                    headers={"Retry-After": ONCE_AFTER_S},
                )
            case "full":
                raise ProblemError(
                    "rate-limited",
                    f"The sandbox takes {A_DAY_MAX} orders of a partner in 24 hours.",
                    headers={"Retry-After": FULL_AFTER_S},
                )
        order = await self._orders.by_id(key.partner_id, found.known or 0)
        if order is None:  # forgotten, or told by a worker that died: it is tried again
            raise ProblemError("busy")
        if not content.is_meant_by(order.content_hash):
            raise problem_of(Refusal(Reason.CONFLICT, order_id=order.id), base)
        return SandboxPlaced(order=order, is_new=False, behaviour=SUCCESS)

    def shown(self, key: Key, order: SandboxOrder, *, when: datetime | None = None) -> bytes:
        """The order as the key may see it."""
        stand = order.stand(self._now() if when is None else when)
        codes = None
        if scope_in_sandbox(Scope.CODES_READ) in key.scopes:
            good = GOODS.get(order.sku, NOWHERE)
            count = 0 if good.is_top_up else stand.delivered
            try:
                codes = self._seals.seal(
                    key.key_id, [code_of(good.kind, order.id, n) for n in range(count)]
                )
            except LookupError:
                raise ProblemError("unauthenticated") from None
        return sandbox_json(order, stand, codes)

    def _new(
        self, key: Key, content: OrderContent, good: Good, behaviour: Behaviour, *, is_refused: bool
    ) -> NewOrder:
        now = self._now()
        (order_id,) = self._next_ids(1)
        metadata = content.metadata
        order = SandboxOrder(
            id=order_id,
            partner_id=key.partner_id,
            out_order_no=content.out_order_no,
            content_hash=content.digest(),
            sku=content.sku,
            quantity=content.quantity,
            amount=good.price_minor * content.quantity,
            account=content.account,
            metadata=None if metadata is None else orjson.dumps(metadata).decode(),
            plan=write_plan(plan_of(behaviour, content.quantity, is_top_up=good.is_top_up)),
            held_until=now + timedelta(seconds=HELD_S) if behaviour.held else None,
            cancelled_at=None,
            created_at=now,
        )
        lowest, _ = OrderFilter(created_from=now - timedelta(days=1)).ids()
        return NewOrder(
            order=order,
            notify_url=content.notify_url,
            is_refused=is_refused,
            fails_once=behaviour.once is not None,
            since=lowest,
            most=A_DAY_MAX,
        )

    def _messages(self, order: SandboxOrder) -> list[Message]:
        """What will be told of it: each with the order as it will stand then."""
        plan = read_plan(order.plan)
        ids = self._next_ids(len(plan))
        return [
            _message(order, ids[n], n + 1, order.created_at + timedelta(seconds=event.after_s))
            for n, event in enumerate(plan)
        ]


def _message(order: SandboxOrder, id_: int, sequence: int, moment: datetime) -> Message:
    stand = stands(read_plan(order.plan), order.created_at, order.cancelled_at, moment)
    type_ = f"order.{stand.state}"
    data = sandbox_json(order, stand, None)
    return Message(
        id=id_, type=type_, body=message_body(type_, rfc3339(moment), data, sequence), due=moment
    )


def cancelled_body(order: SandboxOrder, moment: datetime) -> bytes:
    """What is told of an order that was cancelled."""
    cancelled = replace(order, cancelled_at=moment)
    return _message(cancelled, 0, 1, moment).body


def _judge(  # noqa: PLR0911 - one return per rule reads best
    content: OrderContent, good: Good, behaviour: Behaviour
) -> Refusal | None:
    """Why there is no order, in the order in which real ones are judged."""
    if content.out_order_no.startswith(OWN_NUMBERS):
        return Refusal(Reason.OWN_NUMBER)
    if content.buyer_ip is not None and read_address(content.buyer_ip) is None:
        return Refusal(Reason.BUYER_ADDRESS)
    if good is NOWHERE:
        return Refusal(Reason.UNKNOWN_SKU, sku=content.sku)
    if good.is_top_up and content.account is None:
        return Refusal(Reason.ACCOUNT_MISSING)
    if content.campaign is not None:
        return Refusal(Reason.CAMPAIGN_UNKNOWN, campaign=content.campaign)
    total, most = good.price_minor * content.quantity, content.max_amount_minor
    if most is not None and total > most:
        return Refusal(Reason.PRICE_CHANGED, total_minor=total, most=most)
    match behaviour.refused:
        case None:
            return None
        case Reason.PRICE_CHANGED:
            return Refusal(Reason.PRICE_CHANGED, total_minor=total + 1, most=total)
        case Reason.INSUFFICIENT_BALANCE:
            return Refusal(Reason.INSUFFICIENT_BALANCE, most=0)
    return Refusal(behaviour.refused)
