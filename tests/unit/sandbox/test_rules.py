"""What the digits of the sandbox bring about (partners.md, sandbox-digits)."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.orders.rules import TRANSITIONS, OrderState
from gateway.sandbox.goods import GOODS, code_of
from gateway.sandbox.rules import BEHAVIOURS, SUCCESS, behaviour_of, plan_of, stands

MOMENT = datetime(2026, 12, 1, tzinfo=UTC)


def end_of(digits: str, quantity: int = 4, *, top_up: bool = True) -> tuple[str, int, str | None]:
    """State, pieces, failure in the end."""
    behaviour = behaviour_of(f"A{digits}", f"1380013{digits}", is_top_up=top_up)
    plan = plan_of(behaviour, quantity, is_top_up=top_up)
    stand = stands(plan, MOMENT, None, MOMENT + timedelta(days=1))
    return stand.state, stand.delivered, stand.failure


ENDS = {
    "000": ("delivered", 4, None), "001": ("failed", 0, "rejected"), "002": ("delivered", 4, None),
    "003": ("delivered", 4, None), "004": ("failed", 0, "not-sent"),
    "005": ("partial", 2, "partly-delivered"), "006": ("reversed", 4, "reversed"),
    "007": ("delivered", 4, None), "008": ("delivered", 4, None), "009": ("delivered", 4, None),
    "010": ("delivered", 4, None), "011": ("delivered", 4, None), "012": ("delivered", 4, None),
    "013": ("delivered", 4, None), "777": ("delivered", 4, None),
}  # fmt: skip


@pytest.mark.parametrize("digits", ENDS)
@pytest.mark.parametrize("top_up", [True, False])
def test_the_digits_decide_how_an_order_ends(digits: str, top_up: bool) -> None:
    """As the simulators' do, for recipients and for numbers."""
    assert end_of(digits, top_up=top_up) == ENDS[digits]


def test_the_recipient_decides_for_a_top_up_else_the_number() -> None:
    """Whatever the other one ends in."""
    assert behaviour_of("A001", "13800138000", is_top_up=True) is SUCCESS
    assert behaviour_of("A000", "13800138001", is_top_up=True) is BEHAVIOURS["001"]
    assert behaviour_of("A001", "13800138000", is_top_up=False) is BEHAVIOURS["001"]


@pytest.mark.parametrize("digits", sorted(BEHAVIOURS))
@pytest.mark.parametrize("top_up", [True, False])
def test_every_plan_moves_as_orders_may(digits: str, top_up: bool) -> None:
    """No step that the states of orders do not know, and each later than the one before."""
    plan = plan_of(BEHAVIOURS[digits], 3, is_top_up=top_up)
    state, at = OrderState.PROCESSING, -1.0
    for event in plan:
        assert event.state in set(TRANSITIONS[state].values())
        assert event.after_s > at
        state, at = OrderState(event.state), event.after_s


def test_codes_of_stock_are_there_at_once_and_top_ups_are_not() -> None:
    """As real ones: delivered in the answer, or processing first."""
    at_once = stands(plan_of(SUCCESS, 1, is_top_up=False), MOMENT, None, MOMENT)
    later = stands(plan_of(SUCCESS, 1, is_top_up=True), MOMENT, None, MOMENT)
    assert (at_once.state, later.state) == ("delivered", "processing")


def test_002_ends_after_60_s() -> None:
    """Not before."""
    plan = plan_of(BEHAVIOURS["002"], 1, is_top_up=True)
    before = stands(plan, MOMENT, None, MOMENT + timedelta(seconds=59.9))
    after = stands(plan, MOMENT, None, MOMENT + timedelta(seconds=60))
    assert (before.state, after.state) == ("processing", "delivered")


def test_of_one_piece_there_is_no_half() -> None:
    """It is delivered: nothing may be partial without a piece."""
    assert end_of("005", 1) == ("delivered", 1, None)


def test_codes_look_like_none_that_is_real_and_stay_the_same() -> None:
    """For every kind that has codes."""
    for good in GOODS.values():
        if not good.is_top_up:
            code = code_of(good.kind, 7, 1)
            assert code["code"].startswith("SANDBOX-")
            assert code == code_of(good.kind, 7, 1)
            assert code != code_of(good.kind, 7, 2)
