"""What becomes of a sandbox's order: read off its digits, and then only a matter of time. Pure.

The recipient's last three digits decide for a top-up, the number's for all else. An order's plan is
made when it is placed and kept with it; nothing runs to move it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.orders.failure import FailureCode
from gateway.orders.refusal import Reason
from gateway.orders.rules import OrderState

A_DAY_MAX: Final = 10_000  # orders of one partner in 24 hours
HELD_S: Final = 60.0
SLOW_S: Final = 10.0

_S, _F = OrderState, FailureCode


class Step(NamedTuple):
    """Where an order stands from `after_s` on, `share` of it delivered: a half is rounded down."""

    after_s: float
    state: OrderState
    share: float = 0.0
    failure: FailureCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What three digits bring about.

    `refused`: there is no order; `once`: there is none at the first try, with this problem. `slow`:
    the answer takes SLOW_S; `drops`: it never comes, though the order stands. `held`: nothing is
    sent upstream for HELD_S, in which it may be cancelled.
    """

    steps: Sequence[Step] = (Step(1, _S.DELIVERED, 1.0),)
    refused: Reason | None = None
    once: str | None = None
    slow: bool = False
    drops: bool = False
    held: bool = False


SUCCESS: Final = Behaviour()
_UNSURE: Final = Step(1, _S.UNCERTAIN)
BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    # As the simulators of upstreams (api.md): what a partner sees of each.
    "000": SUCCESS,
    "001": Behaviour(steps=(Step(1, _S.FAILED, failure=_F.REJECTED),)),
    "002": Behaviour(steps=(Step(60, _S.DELIVERED, 1.0),)),
    "003": Behaviour(steps=(_UNSURE, Step(6, _S.DELIVERED, 1.0))),
    "004": Behaviour(steps=(_UNSURE, Step(6, _S.FAILED, failure=_F.NOT_SENT))),
    "005": Behaviour(steps=(Step(1, _S.PARTIAL, 0.5, _F.PARTLY_DELIVERED),)),
    "006": Behaviour(steps=(Step(1, _S.DELIVERED, 1.0), Step(6, _S.REVERSED, 1.0, _F.REVERSED))),
    "007": SUCCESS,
    "008": Behaviour(steps=(Step(0.1, _S.DELIVERED, 1.0),)),
    "009": Behaviour(steps=(_UNSURE, Step(4, _S.DELIVERED, 1.0))),
    "010": Behaviour(steps=(Step(4, _S.DELIVERED, 1.0),)),
    "011": Behaviour(steps=(_UNSURE, Step(6, _S.DELIVERED, 1.0))),
    "012": Behaviour(steps=(Step(20, _S.DELIVERED, 1.0),)),
    "013": Behaviour(steps=(Step(2, _S.DELIVERED, 1.0),)),
    # What the gateway itself may say.
    "020": Behaviour(refused=Reason.BUSY),
    "021": Behaviour(refused=Reason.SOLD_OUT),
    "022": Behaviour(refused=Reason.INSUFFICIENT_BALANCE),
    "023": Behaviour(slow=True),
    "024": Behaviour(once="overloaded"),
    "025": Behaviour(once="rate-limited"),
    "026": Behaviour(refused=Reason.PRICE_CHANGED),
    "027": Behaviour(drops=True),
    "028": Behaviour(steps=(Step(HELD_S + 1, _S.DELIVERED, 1.0),), held=True),
}


def behaviour_of(out_order_no: str, account: str | None, *, is_top_up: bool) -> Behaviour:
    """What an order's digits say; of others: it is delivered."""
    text = account if is_top_up and account is not None else out_order_no
    return BEHAVIOURS.get(text[-3:], SUCCESS)


class Stand(NamedTuple):
    """An order at a moment; `since` is when it came to stand so."""

    state: OrderState
    delivered: int
    failure: str | None
    since: datetime


class Event(NamedTuple):
    """Part of a plan: `after_s` the order was placed it stands so."""

    after_s: float
    state: str
    delivered: int
    failure: str | None


def plan_of(behaviour: Behaviour, quantity: int, *, is_top_up: bool) -> list[Event]:
    """What will become of an order. Codes from stock are there at once, whatever comes then."""
    steps = behaviour.steps
    first = steps[0]
    ahead = 0.0
    if not is_top_up and first.after_s <= 1 and first.state is not _S.UNCERTAIN:
        ahead = first.after_s
    return [_event(step, quantity, ahead) for step in steps]


def _event(step: Step, quantity: int, ahead: float) -> Event:
    delivered, state, failure = int(quantity * step.share), step.state, step.failure
    if state is _S.PARTIAL and delivered == 0:  # of one piece there is no half
        state, failure, delivered = _S.DELIVERED, None, quantity
    return Event(step.after_s - ahead, state, delivered, failure)


def stands(
    plan: Sequence[Event], created_at: datetime, cancelled_at: datetime | None, now: datetime
) -> Stand:
    """Where an order of a plan stands `now`."""
    if cancelled_at is not None:
        return Stand(_S.FAILED, 0, _F.CANCELLED, cancelled_at)
    stand = Stand(_S.PROCESSING, 0, None, created_at)
    for event in plan:
        moment = created_at + timedelta(seconds=event.after_s)
        if moment > now:
            break
        stand = Stand(OrderState(event.state), event.delivered, event.failure, moment)
    return stand
