"""An order's life in one line: each event at the moment it is known to have happened at."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.orders.timeline import timeline

ACCEPTED = datetime(2026, 11, 30, 14, 56, tzinfo=UTC)
SENT, ENDED, LATER, LAST = (ACCEPTED + timedelta(minutes=n) for n in (1, 2, 60, 90))
Rows = Sequence[Mapping[str, Any]]


def order(state: str, **facts: Any) -> dict[str, Any]:
    """One that was changed last long after it ended."""
    return {
        "order_no": "1", "out_order_no": "A-1", "partner": "acme", "sku": "VIP", "quantity": 1,
        "delivered_quantity": 1, "currency": "CNY", "state": state, "failure": None, "pool": None,
        "created_at": ACCEPTED, "updated_at": LAST, **facts,
    }  # fmt: skip


def attempt(state: str, at: datetime, no: str = "7") -> dict[str, Any]:
    """One that was sent, and whose state is of that moment."""
    return {
        "attempt_no": no, "upstream": "up", "product_id": "p", "state": state, "upstream_no": None,
        "code": None, "message": None, "created_at": ACCEPTED, "sent_at": SENT, "updated_at": at,
    }  # fmt: skip


def refund(at: datetime) -> dict[str, Any]:
    """Money that went back."""
    return {"id": "3", "kind": "refund", "amount": 500, "reference": None, "created_at": at}


def told(type_: str, at: datetime) -> dict[str, Any]:
    """A message of that moment."""
    return {
        "id": "9", "type": type_, "state": "delivered", "attempts": 1, "last_status": 200,
        "created_at": at,
    }  # fmt: skip


def ends(of: Mapping[str, Any], **parts: Rows) -> list[tuple[str, datetime, str]]:
    """What is said of how it ended: kind, moment, text."""
    names = (
        "attempts", "callbacks", "entries", "resolutions", "changes", "reveals", "cases",
        "webhooks",
    )  # fmt: skip
    events = timeline(of, {name: parts.get(name, ()) for name in names})
    assert [event.at for event in events] == sorted(event.at for event in events)
    return [(e.kind, e.at, e.text) for e in events if e.kind in {"settled", "reversed"}]


def test_codes_are_delivered_in_their_commit() -> None:
    """Whatever is paid back or replaced later. Seen red while it moved to the last change."""
    delivered = ("settled", ACCEPTED, "delivered")
    assert ends(order("delivered", pool="vip"), entries=[refund(LATER)]) == [delivered]
    taken = order("reversed", pool="vip", failure={"code": "reversed", "detail": "by a case"})
    assert ends(taken, entries=[refund(LATER), refund(LAST)]) == [
        delivered,
        ("reversed", LAST, "reversed (reversed: by a case)"),
    ]


@pytest.mark.parametrize(
    ("state", "attempts", "text"),
    [
        ("delivered", [attempt("succeeded", ENDED)], "delivered"),
        ("delivered", [attempt("rejected", SENT), attempt("succeeded", ENDED, "8")], "delivered"),
        ("partial", [attempt("partial", ENDED)], "partial"),
        ("failed", [attempt("rejected", SENT), attempt("failed", ENDED, "8")], "failed"),
    ],
)
def test_a_top_up_ends_with_its_attempt(state: str, attempts: Rows, text: str) -> None:
    """At the moment of the attempt that decided it. Seen red as above."""
    assert ends(order(state), attempts=attempts) == [("settled", ENDED, text)]


def test_why_it_failed_is_said_of_the_failure() -> None:
    """The code and the detail."""
    failed = order("failed", failure={"code": "cancelled", "detail": "before anything was sent"})
    assert ends(failed, attempts=[attempt("rejected", ENDED)]) == [
        ("settled", ENDED, "failed (cancelled: before anything was sent)")
    ]


def test_what_an_upstream_took_back() -> None:
    """Its attempt has the later moment; of the earlier one only a message knows, or nobody.

    Seen red while the order before had failed first, and was said to have ended so.
    """
    attempts = [attempt("rejected", SENT), attempt("reversed", LATER, "8")]
    back = ("reversed", LATER, "reversed")
    assert ends(order("reversed"), attempts=attempts, entries=[refund(LATER)]) == [back]
    messages = [told("order.delivered", ENDED), told("order.reversed", LATER)]
    assert ends(order("reversed"), attempts=attempts, webhooks=messages) == [
        ("settled", ENDED, "delivered"), back,
    ]  # fmt: skip


def test_bought_codes_that_a_case_took_back() -> None:
    """Delivered when the upstream sold them, taken back with the refund."""
    of = order("reversed", pool="vip")
    rows = {"attempts": [attempt("succeeded", ENDED)], "entries": [refund(LATER)]}
    assert ends(of, **rows) == [("settled", ENDED, "delivered"), ("reversed", LATER, "reversed")]


@pytest.mark.parametrize("state", ["processing", "uncertain"])
def test_what_has_not_ended_is_not_said_to(state: str) -> None:
    """Whatever became of an earlier attempt."""
    attempts = [attempt("rejected", SENT), attempt("accepted", ENDED, "8")]
    assert ends(order(state), attempts=attempts) == []
