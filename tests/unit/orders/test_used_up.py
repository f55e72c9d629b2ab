"""Limits that were just found used up are told from memory, for a moment, to who asks often."""

from typing import Any, cast

from gateway.orders.line import Answered, Line
from gateway.orders.refused_lately import KNOWN_S, OFTEN
from gateway.orders.rules import LineOutcome
from gateway.orders.used_up import UsedUp


class Clock:
    """A clock that tests turn."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(*asks: tuple[int, str], quantity: int = 1) -> Line:
    """One that asks these counts."""
    text = ",".join(f'[{quota},"{subject}"]' for quota, subject in asks)
    values = {
        "partner_id": 1, "key_id": "k", "reads_codes": False, "sku": cast("Any", None),
        "out_order_no": "A", "content_hash": b"", "quantity": quantity, "amount_minor": 1,
        "account": None, "metadata": None, "details": None, "notify": False, "notify_url": None,
        "quotas": f"[{text}]",
    }  # fmt: skip
    return Line(**cast("Any", values))


USED_UP = Answered(LineOutcome.PURCHASE_LIMIT, amount=1, quota=7)


def test_a_count_that_refuses_often_is_known_for_a_moment() -> None:
    """Not before it refused often, not for what is left, not for others, and not for longer.

    Seen red with a count that is known from its first refusal on.
    """
    clock = Clock()
    known = UsedUp(clock)
    assert not known.counts
    for _ in range(OFTEN - 1):
        known.found(line((7, "ann"), (8, "d"), quantity=2), USED_UP)
    assert not known.tells(line((7, "ann"), quantity=2))
    known.found(line((7, "ann"), (8, "d"), quantity=2), USED_UP)
    told = line((8, "x"), (7, "ann"), quantity=2)
    assert known.tells(told)
    assert told.used_up is USED_UP
    assert not known.tells(line((7, "ann")))  # one is left
    assert not known.tells(line((7, "bob"), (8, "d"), quantity=2))
    clock.now = KNOWN_S + 0.01
    assert not known.tells(line((7, "ann"), quantity=2))
    assert not known.counts
