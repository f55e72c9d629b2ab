"""What an order asks of quotas, and what is said when one is used up."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from gateway.orders.line import Answered
from gateway.orders.over_quota import over_quota
from gateway.orders.problems import problem_of
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import LineOutcome
from gateway.quotas.counting import count
from gateway.quotas.rules import Buying, Per, Quota, QuotaBook, Window, asks, in_order

BUYER = Buying(
    partner_id=7, campaign="c1", buyer_id="u 1", device="d", ip="::ffff:203.0.113.7", account="139"
)
NOON = datetime(2026, 11, 29, 12, 34, 56, 500_000, tzinfo=UTC)


def quota(
    per: Per = Per.BUYER, window: Window = Window.EVER, *, id_: int = 1, most: int = 2
) -> Quota:
    """One."""
    return Quota(id=id_, name=f"q{id_}", per=per, window=window, most=most)


@pytest.mark.parametrize(
    ("per", "subject"),
    [
        (Per.BUYER, "7 u 1"),
        (Per.DEVICE, "d"),
        (Per.IP, "203.0.113.7"),
        (Per.RECIPIENT, "139"),
        (Per.PARTNER, "7"),
        (Per.TOTAL, ""),
    ],
)
def test_whom_a_quota_counts(per: Per, subject: str) -> None:
    """A buyer is a partner's, an address has one spelling; a campaign's window begins with it."""
    assert orjson.loads(str(asks([quota(per)], BUYER))) == [[1, subject]]
    expected = f"c1 {subject}" if subject else "c1"
    asked = asks([quota(per, Window.CAMPAIGN)], BUYER)
    assert orjson.loads(str(asked)) == [[1, expected]]


@pytest.mark.parametrize("per", [Per.BUYER, Per.DEVICE, Per.IP, Per.RECIPIENT])
def test_what_a_quota_counts_by_has_to_be_said(per: Per) -> None:
    """The first that is missing is named."""
    nobody = Buying(partner_id=7)
    assert asks([quota(Per.TOTAL), quota(per), quota(Per.BUYER)], nobody) is per
    # Who orders in no campaign is not asked by what counts each campaign by itself.
    assert asks([quota(per, Window.CAMPAIGN)], nobody) is None


def test_what_is_over_for_longest_is_asked_first() -> None:
    """So that it is named when several refuse: nobody is told to come back in vain."""
    hour, day = quota(window=Window.HOUR, id_=1), quota(window=Window.DAY, id_=2)
    campaign, ever = quota(window=Window.CAMPAIGN, id_=3), quota(window=Window.EVER, id_=4)
    assert in_order([hour, day, ever, campaign]) == [campaign, ever, day, hour]


def test_a_campaign_asks_its_sku_s_quotas_and_its_own() -> None:
    """And one without quotas asks the SKU's."""
    of_sku, own = (quota(id_=1),), (quota(id_=1), quota(id_=2))
    book = QuotaBook(of_sku={5: of_sku}, of_campaign={"c1": own})
    assert book.quotas_of(5, "c1") is own
    assert book.quotas_of(5, "c2") is book.quotas_of(5, None) is of_sku
    assert book.quotas_of(6, None) == ()


@pytest.mark.parametrize(
    ("window", "quantity", "resets_at", "wait_s"),
    [
        (Window.EVER, 1, "", 0),
        (Window.CAMPAIGN, 1, "", 0),
        (Window.DAY, 1, "2026-11-30T00:00:00.000000Z", 41104),
        (Window.HOUR, 2, "2026-11-29T13:00:00.000000Z", 1504),
        (Window.HOUR, 3, "", 0),
    ],
)
def test_a_refusal_says_when_to_come_back(
    window: Window, quantity: int, resets_at: str, wait_s: int
) -> None:
    """With the window of the commit's moment; never for more than there will ever be."""
    settled = Answered(LineOutcome.PURCHASE_LIMIT, amount=-3, quota=1, refused_at=NOON)
    refusal = over_quota(settled, quota(window=window), quantity, NOON, UTC)
    assert (refusal.reason, refusal.most, refusal.quota) == (Reason.QUOTA, 0, "q1")
    assert (refusal.resets_at[:19], refusal.retry_after_s) == (resets_at[:19], wait_s)
    problem = problem_of(refusal)
    expected: dict[str, Any] = {"quota": "q1"}
    if resets_at:
        expected |= {"resets_at": refusal.resets_at, "retryable": True}
    assert problem.members == expected
    assert (problem.headers or {}).get("Retry-After") == (str(wait_s) if wait_s else None)


def test_a_quota_that_was_just_deleted_has_no_name() -> None:
    """The commit is right all the same."""
    settled = Answered(LineOutcome.PURCHASE_LIMIT, amount=1, quota=9, refused_at=NOON)
    assert over_quota(settled, None, 1, NOON, UTC) == Refusal(Reason.QUOTA, most=1)


def test_a_batch_asks_each_count_once() -> None:
    """In the order of bytes, with what all lines want of it, and line by line which it is."""
    asked = count(['[[2,"b"],[1,"z"]]', None, '[[2,"b"],[2,"é"]]'], [1, 7, 3])
    told = [(each.quota, each.subject, each.wanted) for each in asked.counts]
    assert told == [(1, "z", 1), (2, "b", 4), (2, "é", 3)]
    assert (asked.lines, asked.places) == ([1, 1, 3, 3], [2, 1, 2, 3])


SHANGHAI, NEW_YORK, HAVANA = map(ZoneInfo, ("Asia/Shanghai", "America/New_York", "America/Havana"))


@pytest.mark.parametrize(
    ("per", "window", "zone", "now", "ends"),
    [
        (Per.BUYER, Window.DAY, SHANGHAI, "2026-11-29T15:59:59Z", "2026-11-29T16:00:00Z"),
        (Per.PARTNER, Window.DAY, SHANGHAI, "2026-11-29T16:00:00Z", "2026-11-30T16:00:00Z"),
        # Who is counted whoever the partner is, has a day of UTC.
        (Per.DEVICE, Window.DAY, SHANGHAI, "2026-11-29T16:00:00Z", "2026-11-30T00:00:00Z"),
        (Per.TOTAL, Window.DAY, SHANGHAI, "2026-11-29T16:00:00Z", "2026-11-30T00:00:00Z"),
        # The clock is set: days of 23 and 25 hours.
        (Per.BUYER, Window.DAY, NEW_YORK, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        (Per.BUYER, Window.DAY, NEW_YORK, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        # An hour that comes twice is two; one that is left out is none.
        (Per.BUYER, Window.HOUR, NEW_YORK, "2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"),
        (Per.BUYER, Window.HOUR, NEW_YORK, "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"),
        (Per.BUYER, Window.HOUR, NEW_YORK, "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"),
        # Midnight comes twice.
        (Per.BUYER, Window.DAY, HAVANA, "2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z"),
        (Per.BUYER, Window.DAY, HAVANA, "2026-11-01T04:30:00Z", "2026-11-02T05:00:00Z"),
        (Per.BUYER, Window.HOUR, ZoneInfo("Asia/Kolkata"), "2026-11-29T12:10:00Z",
         "2026-11-29T12:30:00Z"),
    ],
)  # fmt: skip
def test_days_and_hours_are_those_of_the_partner(
    per: Per, window: Window, zone: ZoneInfo, now: str, ends: str
) -> None:
    """Of what is counted of a partner; where its clock is set, the next one begins with its clock.

    Seen red with the offset of the moment added to a day's length.
    """
    asked = quota(per, window).resets_at(datetime.fromisoformat(now), zone)
    assert asked == datetime.fromisoformat(ends)
