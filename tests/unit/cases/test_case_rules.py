"""Which rule decides a case, as plain data."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.cases.ask_upstreams import complaint_of
from gateway.cases.rules import CaseFacts, CaseRule, judge, share_of

FACTS = CaseFacts(kind="refund", sku_id=7, age_s=100, amount=500, share=3)
ANY = CaseRule(
    name="any", kind=None, sku_id=None, min_age=None, max_age=None, min_amount=None,
    max_amount=None, min_share=None, max_share=None, does="approve", shadow=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"kind": "refund"}, True), ({"kind": "reissue"}, False),
        ({"sku_id": 7}, True), ({"sku_id": 8}, False),
        ({"max_age": 100}, True), ({"max_age": 99}, False),
        ({"min_age": 100}, True), ({"min_age": 101}, False),
        ({"max_amount": 500}, True), ({"max_amount": 499}, False),
        ({"min_amount": 500}, True), ({"min_amount": 501}, False),
        ({"max_share": 3}, True), ({"max_share": 2}, False),
        ({"min_share": 3}, True), ({"min_share": 4}, False),
        ({"kind": "refund", "max_age": 99}, False),
    ],
    ids=str,
)  # fmt: skip
def test_all_that_a_rule_says_has_to_fit(rule: dict[str, Any], fits: bool) -> None:
    """Bounds are inclusive."""
    assert replace(ANY, **rule).fits(FACTS) is fits


def test_the_first_that_fits_decides() -> None:
    """Those before it in shadow say what they would do; those after it say nothing."""
    shadow = replace(ANY, name="shadow", shadow=True)
    other = replace(ANY, name="other", kind="reissue")
    last = replace(ANY, name="last", does="refuse")
    judged = judge([other, shadow, ANY, last], FACTS)
    assert (judged.rule, list(judged.shadows)) == (ANY, [shadow])
    assert judge([other, shadow], FACTS).rule is None


@pytest.mark.parametrize(
    ("cases", "orders", "percent"),
    [(0, 0, 0), (0, 100, 0), (1, 0, 100), (1, 1000, 1), (1, 100, 1), (2, 100, 2), (9, 3, 100)],
)
def test_a_share_is_rounded_up(cases: int, orders: int, percent: int) -> None:
    """One case of many orders is more than none."""
    assert share_of(cases, orders) == percent


def test_a_complaint_says_all_of_it() -> None:
    """In one line, with the number wanted."""
    task = {
        "attempt_no": "7", "upstream_no": None, "reason": "not there", "detail": "since noon",
        "new_recipient": "13900139000",
    }  # fmt: skip
    complaint = complaint_of(task)
    assert complaint.attempt_no == "7"
    assert complaint.text == ("not there: since noon; please change the recipient to 13900139000")
    assert complaint_of({**task, "detail": None, "new_recipient": None}).text == "not there"
