"""Calls whose first tries fail. Pure. `waits` are bounds in seconds, one pair for each wait."""

import json
from typing import Any, Final

from connectors.sdk.conformance.answer_cases import (
    BY_NUMBER,
    ORDER,
    PLACE,
    call,
    error,
    method,
    problem,
    reply,
)

DROP: Final = {"drop": True}  # taken, and the connection is closed without an answer
HANG: Final = {"hang": True}  # taken, and no answer comes
FIRST, SECOND = [0.25, 0.5], [0.5, 1.0]
MADE: Final = reply(201, ORDER)
FOUND: Final = reply(200, ORDER)
GIVES: Final = {"order_no": ORDER["order_no"]}
UNKNOWN: Final = {"code": "unknown-outcome", "class": "UnknownOutcome", "out_order_no": "A1",
                  "retryable": True}  # fmt: skip
POST: Final = {"method": "POST", "target": "/v1/orders"}
NOT_FOUND: Final = problem(404, "not-found")
BUSY: Final = problem(503, "busy", retryable=True)


def slow(status: int, code: str, after: str) -> dict[str, Any]:
    """A refusal that says when to come back."""
    step = problem(status, code, retryable=True)
    return {**step, "headers": {**step["headers"], "Retry-After": after}}


def tried(name: str, script: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A place that may be tried again twice."""
    return call(name, PLACE, script, **{"max_retries": 2, **more})


def again() -> list[dict[str, Any]]:
    """What is tried again, and when."""
    stale = problem(401, "stale-timestamp", server_time=1_767_225_600)
    made = [
        tried(f"{status} {code}, then an order", [problem(status, code, retryable=True), MADE],
              gives=GIVES, waits=[FIRST])
        for status, code in ((429, "rate-limited"), (503, "busy"), (503, "overloaded"),
                             (503, "maintenance"))
    ]  # fmt: skip
    made += [
        tried(f"a {status} of a proxy, then an order", [reply(status, "<html>"), MADE],
              gives=GIVES, waits=[FIRST])
        for status in (502, 503, 504)
    ]  # fmt: skip
    return [
        *made,
        tried("dropped, then an order", [DROP, MADE], gives=GIVES, waits=[FIRST],
              requests=[POST, POST]),
        tried("dropped, then the same order", [DROP, FOUND], gives=GIVES, waits=[FIRST]),
        tried("no answer in time, then an order", [HANG, MADE], gives=GIVES, waits=[FIRST],
              timeout_s=3),
        tried("twice busy, then an order", [BUSY, BUSY, MADE], gives=GIVES, waits=[FIRST, SECOND]),
        tried("busy to the end", [BUSY] * 3, error=error(503, "busy", retryable=True),
              waits=[FIRST, SECOND], requests=[POST] * 3),
        tried("never again", [BUSY], max_retries=0, error=error(503, "busy", retryable=True),
              requests=[POST]),
        tried("Retry-After is kept", [slow(429, "rate-limited", "7"), MADE], gives=GIVES,
              waits=[[7, 7]]),
        tried("Retry-After of now", [slow(503, "busy", "0"), MADE], gives=GIVES, waits=[[0, 0]]),
        tried("Retry-After of a minute", [slow(503, "busy", "60"), MADE], gives=GIVES,
              waits=[[60, 60]]),
        tried("Retry-After that is too long", [slow(503, "maintenance", "61")],
              error=error(503, "maintenance", retryable=True), requests=[POST]),
        tried("Retry-After of long ago", [slow(503, "busy", "Thu, 01 Jan 1970 00:00:00 GMT"), MADE],
              gives=GIVES, waits=[[0, 0]]),
        tried("Retry-After of a far day",
              [slow(503, "busy", "Fri, 01 Jan 2100 00:00:00 GMT")],
              error=error(503, "busy", retryable=True), requests=[POST]),
        tried("Retry-After that is none", [slow(503, "busy", "soon"), MADE], gives=GIVES,
              waits=[FIRST]),
        tried("our clock is wrong", [stale, MADE], gives=GIVES, waits=[], requests=[POST, POST]),
        tried("our clock is wrong, and no retry is left", [stale, MADE], max_retries=0,
              gives=GIVES, waits=[]),
        tried("our clock stays wrong", [stale, stale], error=error(401, "stale-timestamp"),
              waits=[], requests=[POST, POST]),
        call("a read is tried again", method("account.get"), [DROP, reply(200, {
             "balance": 1, "credit_limit": 0, "available": 1, "currency": "CNY"})],
             max_retries=2, gives={"available": 1}, waits=[FIRST]),
    ]  # fmt: skip


def unknown() -> list[dict[str, Any]]:
    """Placed, and nobody says what became of it: it is asked for once."""
    made = []
    for name, step in (
        ("dropped", DROP), ("a 502", reply(502, "")), ("a 504", reply(504, "")),
    ):  # fmt: skip
        made += [
            tried(f"{name} to the end, and it is there", [step] * 3 + [FOUND], gives=GIVES,
                  requests=[POST] * 3 + [BY_NUMBER]),
            tried(f"{name} to the end, and it is not there", [step] * 3 + [NOT_FOUND],
                  error=UNKNOWN, requests=[POST] * 3 + [BY_NUMBER]),
        ]  # fmt: skip
    internal = problem(500, "internal")
    return [
        *made,
        tried("a 500 is not tried again, but asked for", [internal, FOUND], gives=GIVES, waits=[],
              requests=[POST, BY_NUMBER]),
        tried("a 500, and it is not there", [internal, NOT_FOUND], error=UNKNOWN, waits=[]),
        tried("a success that is no order", [reply(200, "<html>"), FOUND], gives=GIVES, waits=[],
              requests=[POST, BY_NUMBER]),
        tried("a success that is half an order", [reply(201, {"order_no": "1"}), NOT_FOUND],
              error=UNKNOWN, waits=[]),
        tried("asking is not answered either", [DROP] * 4, error=UNKNOWN,
              requests=[POST] * 3 + [BY_NUMBER]),
        tried("asking is refused", [DROP] * 3 + [BUSY], error=UNKNOWN,
              requests=[POST] * 3 + [BY_NUMBER]),
        tried("no answer in time, and it is there", [HANG, FOUND], max_retries=0, gives=GIVES,
              timeout_s=3, requests=[POST, BY_NUMBER]),
        tried("lost, then busy to the end", [DROP, BUSY, BUSY, NOT_FOUND], error=UNKNOWN,
              requests=[POST] * 3 + [BY_NUMBER]),
        tried("lost, then refused", [DROP, problem(409, "order-conflict")],
              error=error(409, "order-conflict"), requests=[POST] * 2),
        tried("no gateway there: nothing was sent", [], closed=True, waits=[FIRST, SECOND],
              error={"code": "connection-failed", "status": 0, "retryable": True}, requests=[]),
        call("a read without an answer", method("account.get"), [DROP],
             error={"code": "connection-failed", "status": 0, "retryable": True}, max_retries=0),
        call("a batch without an answer", method("orders.batch", orders=[
             {"out_order_no": "A1", "sku": "X"}, {"out_order_no": "A2", "sku": "X"}]),
             [DROP, FOUND, NOT_FOUND], max_retries=0, gives=[GIVES, {"error": {
                 **UNKNOWN, "out_order_no": "A2"}}]),
    ]  # fmt: skip


def delays() -> list[dict[str, Any]]:
    """The wait after so many tries; `chance` in [0, 1) decides within its bounds."""
    now = 1_767_225_600
    made: list[dict[str, Any]] = [
        {"name": f"after {tries} tries, chance {chance}", "tries": tries, "chance": chance,
         "now": now, "retry_after": None, "waits": most * (0.5 + 0.5 * chance)}
        for tries, most in ((1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (9, 8.0))
        for chance in (0.0, 0.5)
    ]  # fmt: skip
    for said, waits in (
        ("3", 3.0), (" 3 ", 3.0), ("60", 60.0), ("61", None), ("99999999999999999999", None),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0), ("Thu, 01 Jan 2026 00:01:01 GMT", None),
        ("Wed, 31 Dec 2025 23:59:59 GMT", 0.0),
        ("-3", 0.25), ("3.5", 0.25), ("tomorrow", 0.25), ("", 0.25),
    ):  # fmt: skip
        made.append({"name": f"Retry-After {json.dumps(said)}", "tries": 1, "chance": 0.0,
                     "now": now, "retry_after": said, "waits": waits})  # fmt: skip
    return made


def cases() -> list[dict[str, Any]]:
    """All."""
    return [*again(), *unknown()]
