"""What the answers and callbacks of a protocol file prove: a foreign word decides over no money."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    Context,
    QueryRequest,
    Reason,
)
from connectors.exchange import HttpResponse
from connectors.generic.reader import read_protocol
from connectors.simulation.platform import Call
from connectors.simulation.server import build
from tests.unit.connectors.test_protocol_files import (
    CONTEXT,
    CONTRACT,
    KEYS,
    LANYUN,
    NOW,
    ORDER,
    generic,
)
from tests.world.connector_play import deal, ok, play

ANSWERS: list[tuple[Any, AnswerKind, Reason | None]] = [
    ({"code": 0, "data": {"order_id": 7}}, AnswerKind.ACCEPTED, None),
    ({"code": "0"}, AnswerKind.ACCEPTED, None),
    ({"code": 0.0}, AnswerKind.ACCEPTED, None),
    ({"code": "1001"}, AnswerKind.REJECTED, Reason.OTHER),
    ({"code": 1003, "msg": "余额不足"}, AnswerKind.REJECTED, Reason.CREDENTIALS),
    ({"code": 1301}, AnswerKind.UNKNOWN, Reason.OTHER),
    ({"code": 4711, "msg": "余额不足"}, AnswerKind.UNKNOWN, Reason.OTHER),  # a word decides nothing
    ({"code": True}, AnswerKind.UNKNOWN, Reason.OTHER),
    ({"code": [0]}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
    ({"code": None}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
    ({"msg": "ok"}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
    ([{"code": 0}], AnswerKind.UNKNOWN, Reason.UNREADABLE),
]


@pytest.mark.parametrize(("body", "kind", "reason"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_only_what_a_list_names_is_final(
    body: Any, kind: AnswerKind, reason: Reason | None
) -> None:
    """Codes are compared as text; every one that is in no list is unknown."""
    result = deal(generic().submit, ORDER, CONTEXT, ok(body)).result
    assert (result.kind, result.reason) == (kind, reason)


@pytest.mark.parametrize("status", [301, 500, 502, 503])
def test_another_servers_answer_proves_nothing(status: int) -> None:
    """A refusal in the body of a proxy's error is none. Seen red without the look at the status."""
    for code in (0, 1001):
        result = deal(generic().submit, ORDER, CONTEXT, ok({"code": code}, status=status)).result
        assert result.kind is AnswerKind.UNKNOWN


@pytest.mark.parametrize(
    "body", [b"", "余额不足".encode("gbk"), b'{"code": 0', b"\xff\xfe", b"[" * 9999]
)
def test_bytes_that_are_no_answer(body: bytes) -> None:
    """GBK, halves and depths: unknown to an order, no news to a query."""
    answer = HttpResponse(status=200, body=body)
    assert deal(generic().submit, ORDER, CONTEXT, answer).result.kind is AnswerKind.UNKNOWN


def test_a_limit_that_was_broken_is_held() -> None:
    """`{max_cost}` was sent, and more was charged: a person looks."""
    data = {"out_no": "T1", "status": 2, "price": "98.51"}
    query = QueryRequest(attempt_no="T1", account="13800138000", max_cost_minor=9_850)
    result = deal(generic().query, query, CONTEXT, ok({"code": 0, "data": data})).result
    assert (result.kind, result.reason) == (AnswerKind.UNKNOWN, Reason.CONTRADICTION)


def test_what_the_file_has_no_word_for_is_refused_before_it_is_sent() -> None:
    """Codes, accounts, quantities."""
    cases = [
        (CONTRACT.replace('account = "{account}", ', ""), ORDER),
        (CONTRACT.replace('num = "{quantity}", ', ""), replace(ORDER, quantity=2)),
        (re.sub("codes = .*", "", CONTRACT), replace(ORDER, account=None)),
    ]
    for text, order in cases:
        played = deal(generic(text).submit, order, CONTEXT)
        assert (played.result.kind, played.requests) == (AnswerKind.REJECTED, [])


def test_an_order_is_not_asked_for_by_a_number_that_is_not_known() -> None:
    """A platform that knows its own numbers alone: no request, no news. Seen red without the look:
    it asked for nothing in particular.
    """
    text = CONTRACT.replace(
        'fields = { out_no = "{attempt}" }', 'fields = { no = "{upstream_no}" }'
    )
    query = QueryRequest(attempt_no="T1", account="13800138000")
    played = deal(generic(text).query, query, CONTEXT)
    assert (played.result.kind, played.requests) == (AnswerKind.UNKNOWN, [])


async def test_one_path_may_end_like_another() -> None:
    """The simulator takes the call that is meant. Seen red with the first that fitted."""
    text = CONTRACT.replace('"/api/query"', '"/v2/api/order"')
    market = build("generic", settings={"protocol": text})
    body = generic(text, secret="demo_secret", app_id="demo_app_id")
    now = Context(now=time.time())
    request = next(body.query(QueryRequest(attempt_no="T1"), now))
    path = request.url.removeprefix("http://upstream.test")
    call = Call(method="POST", path=path, query="", headers=request.headers, body=request.body)
    assert b"1301" in (await market.platform.handle(call)).body
    await market.close()


# --- callbacks ------------------------------------------------------------------------------------


def told(text: str = LANYUN, **fields: str) -> CallbackRequest:
    """A callback rightly signed."""
    members = {"app_id": "A", "out_no": "T1", "status": "2", "ts": "1767225600", **fields}
    protocol = read_protocol(text)
    sign = protocol.callback_sign.sign(members, b"", {f"set.{k}": v for k, v in KEYS.items()})
    body = "&".join(f"{name}={value}" for name, value in {**members, "sign": sign}.items())
    return CallbackRequest(method="POST", path="/", body=body.encode())


def test_callbacks_of_another_key_order_or_day_are_refused() -> None:
    """The order of fields does not count, every field does; a replay of yesterday is stale."""
    connector = generic(LANYUN)
    true = told()
    turned = replace(true, body=b"&".join(reversed(true.body.split(b"&"))))
    assert connector.parse_callback(turned, NOW).answer.kind is AnswerKind.SUCCESS
    assert connector.parse_callback(told(status="9"), NOW).answer.kind is AnswerKind.UNKNOWN
    lies = [
        true.body.replace(b"T1", b"T2"), true.body + b"&more=1", true.body.partition(b"&sign")[0],
        true.body.replace(b"&sign=", b"&sign=0"), b'{"out_no": "T1", "status": "2"}',
    ]  # fmt: skip
    for lie in lies:
        with pytest.raises(CallbackRefused):
            connector.parse_callback(replace(true, body=lie), NOW)
    with pytest.raises(CallbackRefused, match="stale"):
        connector.parse_callback(true, NOW + 86_400)
    with pytest.raises(CallbackRefused):
        generic(LANYUN, secret="another").parse_callback(true, NOW)


def test_a_balance_is_read_or_refused() -> None:
    """In the unit that is written, whatever its type."""
    for said in ("12.34", 12.34, "12.340"):
        body = ok({"code": 0, "data": {"balance": said}})
        assert play(generic().balance(CONTEXT), body).result.amount_minor == 1234
