"""Dayuanren's reader and builder, line by line of upstreams.md §1.3 and §9."""

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    Context,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.dayuanren.connector import Dayuanren
from connectors.dayuanren.wire import DayuanrenSettings
from connectors.judgement import Part
from connectors.secret import Secret
from connectors.signing import compact_json, sorted_form_md5
from tests.world.connector_play import deal, ok

KEY = Secret("demo_apikey")
MERCHANT = Dayuanren(
    base_url="http://dyr.test", settings=DayuanrenSettings(userid="1001", apikey=KEY)
)
CONTEXT = Context(now=1767225600.0)
TOP_UP = SubmitRequest(
    attempt_no="T202601010001",
    product_id="25",
    account="13800138000",
    face_minor=10_000,
    max_cost_minor=9_850,
    notify_url="http://127.0.0.1:9/cb",
)
ASKED = QueryRequest(attempt_no="T1", product_id="25", account="13800138000", face_minor=10_000)


def row(state: object, **more: Any) -> dict[str, Any]:
    """An order as check shows it."""
    order = {"order_number": "D1", "out_trade_num": "T1", "mobile": "13800138000", "state": state}
    return {**order, **more}


def query(data: Any) -> Any:
    """The state read from one answer."""
    answer = ok({"errno": 0, "errmsg": "", "data": data})
    return deal(MERCHANT.query, ASKED, CONTEXT, answer).result


def test_a_recharge_is_the_golden_form() -> None:
    """The golden vector's fields and sign, from a SubmitRequest; encoded in the body only."""
    played = deal(MERCHANT.submit, TOP_UP, CONTEXT, ok({"errno": 0, "data": {}}))
    [request] = played.requests
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert request.url == "http://dyr.test/yrapi.php/index/recharge"
    assert form["sign"] == "75DFC29D34B3F186B1F89130FFEA3EE0"
    assert form["notify_url"] == "http://127.0.0.1:9/cb"
    assert b"http%3A%2F%2F127.0.0.1%3A9%2Fcb" in request.body


@pytest.mark.parametrize(
    ("account", "quantity"),
    [(None, 1), ("13800138000", 2)],  # codes, several at once: the platform has neither
)
def test_what_the_platform_cannot_do_is_refused_unsent(account: str | None, quantity: int) -> None:
    """REJECTED without a request."""
    request = SubmitRequest(attempt_no="T1", product_id="25", account=account, quantity=quantity)
    played = deal(MERCHANT.submit, request, CONTEXT)
    assert (played.result.kind, played.requests) == (AnswerKind.REJECTED, [])


@pytest.mark.parametrize(
    ("errmsg", "kind", "reason"),
    [
        ("签名错误", AnswerKind.REJECTED, Reason.CREDENTIALS),
        ("请将ip加入接口白名单", AnswerKind.REJECTED, Reason.CREDENTIALS),
        ("账户不可用", AnswerKind.REJECTED, Reason.CREDENTIALS),
        ("参数错误，请使用http-post表单", AnswerKind.REJECTED, Reason.INVALID_REQUEST),
        ("面值检测不相同", AnswerKind.REJECTED, Reason.INVALID_REQUEST),
        ("成本限制", AnswerKind.REJECTED, Reason.PRICE_CHANGED),
        ("未找到相关产品", AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        ("手机号格式不正确", AnswerKind.REJECTED, Reason.INVALID_ACCOUNT),
        ("已经存在相同商户订单号的订单", AnswerKind.UNKNOWN, Reason.DUPLICATE),
        # A duplicate is one even if the text also contains a refusal's words.
        ("参数错误：已经存在相同商户订单号的订单", AnswerKind.UNKNOWN, Reason.DUPLICATE),
        ("系统繁忙", AnswerKind.UNKNOWN, Reason.OTHER),
        ("", AnswerKind.UNKNOWN, Reason.OTHER),
    ],
)
def test_error_texts(errmsg: str, kind: AnswerKind, reason: Reason) -> None:
    """Only the whitelisted texts refuse; the duplicate and all others prove nothing."""
    answer = ok({"errno": 1, "errmsg": errmsg, "data": None})
    outcome = deal(MERCHANT.submit, TOP_UP, CONTEXT, answer).result
    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (-1, AnswerKind.CANCELLED),
        (0, AnswerKind.PROCESSING),
        ("1", AnswerKind.SUCCESS),
        (2, AnswerKind.FAILED),
        (3, AnswerKind.PARTIAL),
        (9, AnswerKind.PROCESSING),  # nobody knows it: ask again
        (None, AnswerKind.PROCESSING),
    ],
)
def test_states(state: object, kind: AnswerKind) -> None:
    """Every public state; an unknown one is not an end."""
    assert query([row(state)]).kind is kind


def test_a_partial_success_tells_the_amount() -> None:
    """State 3 says by charge_amount how much of the face arrived."""
    state = query([row(3, charge_amount="30.50", total_price="98.00")])
    assert state.part == Part(done=3050, whole=10_000)


@pytest.mark.parametrize(
    ("rows", "kind", "reason"),
    [
        ([], AnswerKind.NOT_FOUND, None),
        ([row(1, out_trade_num="T9")], AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        ([row(1, mobile="13900000000")], AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        ([row(1), row(1)], AnswerKind.UNKNOWN, Reason.SEVERAL),  # the race was lost
    ],
)
def test_rows_that_are_not_exactly_ours(
    rows: list[Any], kind: AnswerKind, reason: Reason | None
) -> None:
    """A missing row is NOT_FOUND; another's, or two of ours, are for a person."""
    state = query(rows)
    assert (state.kind, state.reason) == (kind, reason)


NEWS = {
    "userid": "1001",
    "order_number": "D1",
    "out_trade_num": "T1",
    "mobile": "13800138000",
    "otime": "1767225600",
    "state": "1",
    "remark": "充值 成功&=",
    "charge_amount": "100",
    "voucher": "",
    "charge_kami": "",
}


def form(fields: dict[str, str], key: Secret = KEY) -> CallbackRequest:
    """A signed form callback."""
    body = urlencode({**fields, "sign": sorted_form_md5(fields, key)}).encode()
    return CallbackRequest(method="POST", path="/callbacks/d", body=body)


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        ("-1", AnswerKind.CANCELLED),
        ("0", AnswerKind.PROCESSING),  # the progress callback
        ("1", AnswerKind.SUCCESS),
        ("2", AnswerKind.FAILED),
        ("3", AnswerKind.PARTIAL),
        ("8", AnswerKind.UNKNOWN),
    ],
)
def test_callback_states(state: str, hint: AnswerKind) -> None:
    """Every state is a trusted hint; an unknown one is none."""
    event = MERCHANT.parse_callback(form({**NEWS, "state": state}), CONTEXT.now)
    assert (event.attempt_no, event.answer.kind, event.trusted) == ("T1", hint, True)
    assert event.ack.body == b"success"


def test_fields_of_the_future_are_in_the_signed_set() -> None:
    """A field that does not exist yet is signed with the others; a forger cannot add one."""
    assert MERCHANT.parse_callback(form({**NEWS, "new_field": "x"}), CONTEXT.now).trusted
    added = form(NEWS)
    forged = CallbackRequest(method="POST", path="/", body=added.body + b"&new_field=x")
    with pytest.raises(CallbackRefused):
        MERCHANT.parse_callback(forged, CONTEXT.now)


def test_a_json_callback_is_accepted() -> None:
    """Some installations post JSON with the same sign; numbers and null are read as the form's."""
    fields: dict[str, Any] = {**NEWS, "state": 1, "voucher": None}
    sign = sorted_form_md5(NEWS, KEY)
    body = compact_json({**fields, "sign": sign}).encode()
    for headers in ({"content-type": "application/json"}, {}):
        call = CallbackRequest(method="POST", path="/", headers=headers, body=body)
        assert MERCHANT.parse_callback(call, CONTEXT.now).answer.kind is AnswerKind.SUCCESS


@pytest.mark.parametrize(
    "call",
    [
        form(NEWS, Secret("other")),
        form({**NEWS, "otime": "1767000000"}),  # days old
        form({**NEWS, "out_trade_num": ""}),
        CallbackRequest(method="POST", path="/", body=urlencode(NEWS).encode()),  # unsigned
        CallbackRequest(method="POST", path="/", body=b'{"sign": {"a": 1}}'),
        CallbackRequest(method="POST", path="/", body=b"\xff\xff"),
        CallbackRequest(method="POST", path="/", body=b"&".join([b"a=1"] * 5000)),
    ],
)
def test_what_is_not_signed_and_fresh_is_refused(call: CallbackRequest) -> None:
    """Wrong key, stale, nameless, unsigned, nested, unreadable, endless."""
    with pytest.raises(CallbackRefused):
        MERCHANT.parse_callback(call, CONTEXT.now)
