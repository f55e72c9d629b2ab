"""The judge of tests/chaos/scarce.py sees what must not be, and nothing else."""

from typing import Any

import pytest

from tests.chaos.scarce_books import NEVER, Claim, Refused, ScarceBooks

ANN, BOB = ("each", "ann"), ("each", "bob")


def claim(who: str, *, units: int = 1, count: Any = ANN, **spans: Any) -> Claim:
    """Of SKU C."""
    return Claim(who=who, sku="C", units=units, counts=[count], **spans)


def refused(*, units: int = 1, quota: str = "each", **spans: Any) -> Refused:
    """Of Ann, who wanted some of SKU C."""
    return Refused(who="r", sku="C", units=units, counts=[ANN], quota=quota, **spans)


# Two orders for ever; a hold that was surely open from 2 to 5, and at most from 1 to 6.
ORDERS = [
    claim("1", sent=0.0, begins=0.5),
    claim("2", sent=0.0, begins=0.5, count=BOB),
]
HOLD = claim("h", units=2, sent=1.0, begins=2.0, ends=5.0, over=6.0, is_hold=True)


@pytest.mark.parametrize(
    ("claims", "refusals", "seen"),
    [
        (ORDERS, [], None),
        ([*ORDERS, HOLD], [], None),
        ([*ORDERS, HOLD, claim("3", sent=5.5, begins=5.9, units=2)], [], None),  # after it
        ([*ORDERS, HOLD, claim("3", sent=4.0, begins=4.5)], [], "had 4"),  # beside it
        ([*ORDERS, HOLD, claim("3", sent=4.9, begins=5.0)], [], None),  # at the moment it ends
        ([*ORDERS, claim("3", sent=1.0, begins=1.1, units=3)], [], "had 4"),
        ([*ORDERS, HOLD], [refused(sent=3.0, answered=3.1)], None),
        ([*ORDERS, HOLD], [refused(sent=6.2, answered=6.3)], None),  # told from memory
        ([*ORDERS, HOLD], [refused(sent=7.0, answered=7.1)], "refused by"),
        ([*ORDERS, HOLD], [refused(sent=0.5, answered=0.9)], "refused by"),  # before it was sent
        (ORDERS, [refused(sent=9.0, answered=9.1, units=3)], None),
        (ORDERS, [refused(sent=9.0, answered=9.1, units=2)], "refused by"),
        ([*ORDERS, HOLD], [refused(sent=6.2, answered=6.3, at_the_end=True)], "refused by"),
        (ORDERS, [refused(sent=9.0, answered=9.1, quota="")], "can be gone"),
        ([claim("9", units=4, sent=0, begins=1)], [refused(sent=9, answered=9, quota="")], "had 4"),
        ([HOLD, *2 * ORDERS], [refused(sent=3.0, answered=4.0, quota="")], "was held"),
        ([HOLD, *2 * ORDERS], [refused(sent=3.0, answered=5.5, quota="")], "had"),
        ([HOLD, *ORDERS], [refused(sent=3.0, answered=4.0, quota="", is_order=False)], "gone"),
    ],
)
def test_what_it_sees(claims: list[Claim], refusals: list[Refused], seen: str | None) -> None:
    """Three of each buyer are allowed, and there are five of C."""
    books = ScarceBooks(most={"each": 3}, stock={"C": 5}, claims=claims, refusals=refusals)
    wrong = books.wrong()
    assert (wrong == []) if seen is None else any(seen in line for line in wrong), wrong


def test_a_quota_it_was_not_asked_for_says_nothing() -> None:
    """Another's count is none of Ann's."""
    books = ScarceBooks(
        most={"each": 1}, stock={}, claims=[claim("2", sent=0, begins=0, count=BOB)]
    )
    books.refusals.append(refused(sent=1, answered=2))
    assert len(books.wrong()) == 1
    books.claims.append(claim("1", sent=0, begins=0, over=NEVER))
    assert books.wrong() == []
