"""The demo recounts limits from what buyers were told."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.demo.flash_book import BUYER, DEVICE, TOTAL, FlashBook, Holds, judge_flash
from gateway.demo.steps import Pace

ALLOWED = {BUYER: 1, DEVICE: 2, TOTAL: 3}


def buyer(number: int, device: str = "d") -> Mapping[str, str]:
    """Somebody with a device."""
    return {"id": f"b{number}", "device": device}


def refused(quota: str) -> dict[str, Any]:
    """What a limit says."""
    return {"code": "purchase-limit", "quota": quota}


def test_what_is_beyond_a_limit_is_counted() -> None:
    """By each of the three alone. Seen red with nobody counted."""
    book = FlashBook(ALLOWED)
    book.bought("1111", ["A"], buyer(1))
    book.bought("1111", ["B"], buyer(2))
    assert book.over == 0
    book.bought("1111", ["C"], buyer(2, "other"))  # the buyer's second
    assert book.over == 1
    book.bought("1111", ["D"], buyer(3))  # the device's third, and one more than all may have
    assert book.over == 3
    book.bought("live", ["E"], None)  # no order of the campaign's
    assert book.over == 3
    assert book.sold == {"1111": 4, "live": 1}


@pytest.mark.parametrize(("quota", "false"), [(BUYER, 0), (DEVICE, 1), (TOTAL, 1)])
def test_a_refusal_while_there_is_room_is_false(quota: str, false: int) -> None:
    """A limit that is used up at the end was right to refuse; one with room was not.

    Seen red with every refusal taken for right.
    """
    book = FlashBook(ALLOWED)
    book.bought("1111", ["A"], buyer(1))
    book.refusal(refused(quota), buyer(1))
    assert book.false_refusals == false
    assert book.refused == {"purchase-limit": 1}


def test_the_verdict_adds_up_shelves_and_holds() -> None:
    """What the shelves say is what the pool says, and all of it was delivered."""
    book = FlashBook(ALLOWED)
    book.bought("1111", ["A", "A"], None)
    shelf = {"codes": 2, "free": 0, "leased": 0, "held": 0, "in_doubt": 0, "delivered": 2,
             "borrowed": 1}  # fmt: skip
    holds = Holds(made=3, states={"confirmed": 1, "late_confirmed": 1, "expired": 1}, astray=0)

    def verdict(stats: dict[str, int], stock: int) -> Any:
        return judge_flash(
            book, holds, [shelf], stats, stock=stock, seconds=2.0, flood_p99_ratio=1.0
        )

    found = verdict({"delivered": 2}, 2)
    assert found.shelves_agree
    assert (found.holds_confirmed, found.late_confirmed, found.held_expired) == (1, 1, 1)
    assert (found.flash_doubled, found.borrowed, found.flash_goodput_per_s) == (1, 1, 1.0)
    assert not verdict({"delivered": 1}, 2).shelves_agree
    assert not verdict({"delivered": 2}, 3).shelves_agree


def test_the_pace_is_that_of_the_last_second() -> None:
    """What came before it is forgotten."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.of(0) == 0.0
    now[0] = 0.5
    assert pace.of(100) == 200.0
    for moment in (2.0, 3.0, 4.0):
        now[0] = moment
        assert pace.of(100) <= 200.0
    assert pace.of(100) == 0.0
