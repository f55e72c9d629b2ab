"""Webhooks to partners: the schedule, what an answer means, an order as an event saw it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.orders.record import OrderRecord

# The pause before each attempt (api.md "Webhooks to partners"): the first goes at once.
DELAYS_S: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX: Final = len(DELAYS_S)
JITTER: Final = 0.2  # added share at most: never earlier than the schedule says
RETRY_AFTER_S_MAX: Final = 86_400.0  # nobody may ask for more than our own longest pause

GONE: Final = 410
SLOW_DOWN: Final = frozenset({429, 503})
NOT_ALLOWED: Final = "address not allowed"


class WebhookState(StrEnum):
    """What became of a message; DEAD is a dead letter that can be replayed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one attempt met: a status, or the reason why there is none."""

    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None
    body: bytes = field(default=b"", repr=False)  # the beginning of a small one


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from an answer.

    `delay_s` is set while the message is pending. `endpoint_gone`: the receiver wants no more.
    `receiver_failed`: it does not answer or wants less; says nothing about the message.
    """

    state: WebhookState
    delay_s: float | None = None
    endpoint_gone: bool = False
    receiver_failed: bool = False


def decide(
    answer: Answer,
    *,
    attempts_before: int,
    chance: float,
    delays_s: Sequence[float] = DELAYS_S,
) -> Decision:
    """What to do after an attempt; `chance` from 0 to 1 spreads the delay.

    `delays_s`: the pause before each attempt there is, the first one's too.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        return Decision(state=WebhookState.DELIVERED)
    if status == GONE:
        return Decision(state=WebhookState.DEAD, endpoint_gone=True)
    failed = status in SLOW_DOWN or (status is None and answer.error != NOT_ALLOWED)
    attempts = attempts_before + 1
    if attempts >= len(delays_s):
        return Decision(state=WebhookState.DEAD, receiver_failed=failed)
    delay_s = delays_s[attempts] * (1 + JITTER * chance)
    if status in SLOW_DOWN and answer.retry_after_s is not None:
        delay_s = max(delay_s, min(answer.retry_after_s, RETRY_AFTER_S_MAX))
    return Decision(state=WebhookState.PENDING, delay_s=delay_s, receiver_failed=failed)


REISSUED: Final = "reissued"  # tells of codes: the order stays in its state
_NOTHING_DELIVERED: Final = frozenset({"processing", "uncertain", "failed"})


def order_at_event(record: OrderRecord, type_: str, moment: datetime) -> OrderRecord:
    """The order in the state the event announced, even if it has moved on since.

    Exact while the order is still in that state. Afterwards `updated_at` is the event's
    moment, and its failure, which was overwritten, is left out.
    """
    state = type_.removeprefix("order.")
    if state in {record.state, REISSUED}:
        return record
    delivered = record.delivered_quantity
    if state == "delivered":
        delivered = record.quantity
    elif state in _NOTHING_DELIVERED:
        delivered = 0
    return replace(
        record, state=state, delivered_quantity=delivered, failure=None, updated_at=moment
    )
