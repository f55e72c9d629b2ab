"""A hold whose price changes while it is made, as an order's does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.holds import hold as module
from gateway.holds.hold import CLOSED, MADE, Held, Holding
from gateway.holds.memory import RecentHolds
from gateway.holds.record import HoldAnswer, NewHold
from gateway.holds.rules import HoldAsked
from gateway.orders.line import Line
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import OrderContent
from gateway.quotas.rules import QuotaBook

NOW = datetime(2026, 11, 11, tzinfo=UTC)


def said(outcome: int) -> HoldAnswer:
    """What SQL says of a line."""
    return HoldAnswer(
        made_at=NOW, outcome=outcome, known=None, why=None, after_s=None, expires_at=NOW, seqs=[1],
        records=None, refused=None, left_over=None,
    )  # fmt: skip


class Answers:
    """A database that gives these answers, and what it was asked each time."""

    def __init__(self, *outcomes: int) -> None:
        self.outcomes = list(outcomes)
        self.prices: list[int] = []

    async def make(
        self, _pool: int | None, _outlet: int | None, _limits: Any, new: Sequence[NewHold]
    ) -> Sequence[HoldAnswer]:
        """One line at a time."""
        self.prices += [one.amount_minor for one in new]
        return [said(self.outcomes.pop(0)) for _ in new]


def line() -> Line:
    """One of a SKU for 900."""
    sku: Any = SimpleNamespace(id=1, sku="S", pool_id=7, currency="CNY", buys_codes=False)
    return Line(
        partner_id=1, key_id="k", reads_codes=True, sku=sku, outlet=7, channel=None,
        out_order_no="", content_hash=b"", quantity=1, amount_minor=900, account=None,
        metadata=None, details=None, quotas=None, notify=False, notify_url=None, attempt=None,
        content=OrderContent(out_order_no="", sku="S"),
    )  # fmt: skip


class Books:
    """What the catalog knows: settings, and no quotas."""

    def book(self, kind: type) -> Any:
        """One of them."""
        return QuotaBook() if kind is QuotaBook else SimpleNamespace(number=lambda _: 600)


def holding(answers: Answers, preparing: Any) -> Holding:
    """Over a database that says this."""
    anything: Any = SimpleNamespace()
    return Holding(
        catalog=SimpleNamespace(now=Books()), preparing=preparing, making=answers,  # type: ignore[arg-type]
        reading=anything, stock=anything, recent=RecentHolds(), next_id=lambda: 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "over", [None, Refusal(Reason.PRICE_UNSOUND), Refusal(Reason.CAMPAIGN_CLOSED)]
)
async def test_a_price_that_ends_meanwhile_is_not_a_campaign_that_closed(
    over: Refusal | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of its window by the database's clock: held at the price that is in force by then, or
    refused for what is really so.

    Seen red with every such answer told as a campaign that is closed.
    """
    one = line()

    def price_again(_catalog: Any, priced: Line, now: datetime) -> Refusal | None:
        assert (priced, now) == (one, NOW)
        if over is None:
            priced.amount_minor = 1_000
        return over

    monkeypatch.setattr(module, "price_again", price_again)
    answers = Answers(CLOSED, MADE)
    preparing = SimpleNamespace(prepare=lambda *_, **__: one)
    asked = HoldAsked(out_hold_no="H", ttl_s=600, goods=OrderContent(out_order_no="", sku="S"))
    key: Any = SimpleNamespace(partner_id=1)
    held = await holding(answers, preparing).hold(key, asked)
    if over is None:
        assert isinstance(held, Held)
        assert held.record.amount == 1_000
        assert answers.prices == [900, 1_000]
    else:
        assert held == over
        assert answers.prices == [900]
