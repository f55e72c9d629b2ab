"""Kasushou's reader and builder, line by line of upstreams.md §1.2 and §9."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    Cancellation,
    CancelRequest,
    Context,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.exchange import FailureKind, HttpResponse, TransportFailure
from connectors.kasushou.connector import Kasushou
from connectors.kasushou.wire import KasushouSettings, sign_body
from connectors.secret import Secret
from connectors.signing import compact_json, timestamped_sha1
from connectors.spelled import canonical_texts
from tests.world.connector_play import deal, ok, play

KEY = Secret("demo_apikey")
SETTINGS = KasushouSettings(userid="demo_userid", apikey=KEY)
SHOP = Kasushou(base_url="http://shop.test", settings=SETTINGS)
CONTEXT = Context(now=1767225600.0)
TOP_UP = SubmitRequest(
    attempt_no="T202601010001",
    product_id="1",
    account="13800138000",
    max_cost_minor=220,
    notify_url="http://127.0.0.1:9/cb",
)
ASKED = QueryRequest(attempt_no="T1", product_id="1", account="13800138000")


def answer(code: object, data: Any = None, msg: str = "") -> HttpResponse:
    """An envelope."""
    return ok({"code": code, "msg": msg, "data": data})


def row(status: object, **more: Any) -> dict[str, Any]:
    """An order as order/info shows it."""
    order = {"ordersn": "K1", "external_orderno": "T1", "status": status, "total_price": "9.80"}
    return {**order, **more}


def query(data: Any, request: QueryRequest = ASKED) -> Any:
    """The state read from one answer."""
    return deal(SHOP.query, request, CONTEXT, answer(200, data)).result


def test_a_purchase_is_the_golden_request() -> None:
    """Body and headers of the golden vector, from a SubmitRequest."""
    played = deal(SHOP.submit, TOP_UP, CONTEXT, answer(200, {"ordersn": "K1"}))
    [request] = played.requests
    assert request.url == "http://shop.test/api/v1/order/buy"
    assert request.headers["timestamp"] == "1767225600000"
    assert request.headers["userid"] == "demo_userid"
    assert request.headers["sign"] == "4e9b325830031f3dfd26b54d4c749996d7a6bc25"
    assert request.body == (
        b'{"attach":{"recharge_account":"13800138000"},"external_orderno":"T202601010001",'
        b'"id":1,"quantity":1,"safe_price":"2.20","url":"http://127.0.0.1:9/cb"}'
    )


def test_the_guard_is_per_piece() -> None:
    """Three pieces for at most 10.00 are at most 3.33 each; as a total it only refuses more."""
    request = SubmitRequest(
        attempt_no="T1", product_id="1", account="a", quantity=3, max_cost_minor=1000
    )
    played = deal(SHOP.submit, request, CONTEXT, answer(200, {}))
    assert played.sent()["safe_price"] == "3.33"


@pytest.mark.parametrize("code", [0, 1, 200, "200"])
def test_every_success_code_seen_is_accepted(code: object) -> None:
    """Shops answer 0, 1 or 200, as number or text."""
    data = {"ordersn": "K1", "external_orderno": TOP_UP.attempt_no, "total_price": "2.10"}
    outcome = deal(SHOP.submit, TOP_UP, CONTEXT, answer(code, data)).result
    assert (outcome.kind, outcome.upstream_no, outcome.cost_minor) == (
        AnswerKind.ACCEPTED,
        "K1",
        210,
    )


def test_a_refusal_is_final_only_if_a_look_finds_nothing() -> None:
    """400, then an empty order/info: REJECTED, with the reason of the 400."""
    refusal = answer(400, msg="账户余额不足")
    played = deal(SHOP.submit, TOP_UP, CONTEXT, refusal, answer(200, []))
    assert (played.result.kind, played.result.reason) == (
        AnswerKind.REJECTED,
        Reason.INSUFFICIENT_BALANCE,
    )
    assert [request.executes for request in played.requests] == [True, False]
    assert played.sent(1) == {"day": 0, "external_orderno": TOP_UP.attempt_no}


@pytest.mark.parametrize(
    "look",
    [
        answer(200, [row(2, external_orderno=TOP_UP.attempt_no)]),  # the order is there
        answer(200, [row(2, external_orderno="T9")]),  # another one is
        answer(500, msg="系统错误"),
        ok({}, status=429),
        HttpResponse(status=502, body=b"<html>"),
        TransportFailure(FailureKind.NOT_SENT, "refused"),
        TransportFailure(FailureKind.LOST, "deadline"),
    ],
)
def test_a_refusal_that_cannot_be_confirmed_is_unknown(look: Any) -> None:
    """400, then anything but "no such order": UNKNOWN."""
    outcome = deal(SHOP.submit, TOP_UP, CONTEXT, answer(400, msg="下单失败"), look).result
    assert outcome.kind is AnswerKind.UNKNOWN


@pytest.mark.parametrize("msg", ["外部订单号重复", "订单已存在"])
def test_a_duplicate_is_unknown_without_a_look(msg: str) -> None:
    """A duplicate means that the number was executed before, seen or not."""
    played = deal(SHOP.submit, TOP_UP, CONTEXT, answer(400, msg=msg))
    assert (played.result.kind, played.result.reason) == (AnswerKind.UNKNOWN, Reason.DUPLICATE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (-1, AnswerKind.UNKNOWN),  # not paid
        (1, AnswerKind.PROCESSING),
        ("2", AnswerKind.PROCESSING),
        (3, AnswerKind.SUCCESS),
        (4, AnswerKind.CANCELLED),
        (5, AnswerKind.FAILED),  # refunded before any success
        (6, AnswerKind.PROCESSING),  # nobody knows it: ask again
        (None, AnswerKind.PROCESSING),
    ],
)
def test_statuses(status: object, kind: AnswerKind) -> None:
    """Every documented status; an unknown one is not an end."""
    assert query([row(status)]).kind is kind


def test_a_refund_after_success_is_a_reversal() -> None:
    """Status 5 is REVERSED if it had been 3."""
    before = QueryRequest(attempt_no="T1", product_id="1", account="a", succeeded_before=True)
    assert query([row(5)], before).kind is AnswerKind.REVERSED


@pytest.mark.parametrize(
    "shape",
    [
        [row(3)],
        {"list": [row(3)]},
        {"data": [row(3)]},
        row(3),  # one object
    ],
)
def test_every_shape_of_data_is_read(shape: Any) -> None:
    """`data` is an array, wrapped in `list` or `data`, or the order itself."""
    assert query(shape).kind is AnswerKind.SUCCESS


@pytest.mark.parametrize("response", [answer(200, []), answer(400, msg="订单不存在")])
def test_an_unknown_number_is_not_found_either_way(response: HttpResponse) -> None:
    """Some shops answer an empty list, some a 400 with a text."""
    assert deal(SHOP.query, ASKED, CONTEXT, response).result.kind is AnswerKind.NOT_FOUND


@pytest.mark.parametrize(
    ("card_list", "codes"),
    [
        ([{"card_no": "N1", "card_password": "P1"}], [("N1", "P1")]),
        ([{"card_no": "", "card_password": "P1"}], [("P1", None)]),
        (["N1----P1"], [("N1----P1", None)]),  # a text is kept whole
    ],
)
def test_cards_as_objects_or_texts(card_list: Any, codes: list[tuple[str, str | None]]) -> None:
    """Both shapes of card_list become codes."""
    asked = QueryRequest(attempt_no="T1", product_id="1", account=None)
    state = query([row(3, card_list=card_list)], asked)
    shown = [(c.code.reveal(), c.pin.reveal() if c.pin else None) for c in state.codes]
    assert shown == codes


def test_success_without_its_cards_is_asked_again() -> None:
    """Two cards ordered, one shown: not delivered yet."""
    asked = QueryRequest(attempt_no="T1", product_id="1", account=None, quantity=2)
    state = query([row(3, card_list=["N1"])], asked)
    assert (state.kind, state.reason) == (AnswerKind.PROCESSING, Reason.CODES_MISSING)


# --- callbacks ------------------------------------------------------------------------------------

NEWS = {
    "external_orderno": "T1",
    "ordersn": "K1",
    "status": 3,
    "total_price": "9.80",
    "recharge_hints": "见 http://shop.test/a?b=1&c=<2>",
    "time": "1767225600",
}
LANGUAGES = {"php": 0, "plain": 1, "go": 2}


def signed(
    members: dict[str, Any], language: str = "php", key: Secret = KEY, **unsigned: Any
) -> CallbackRequest:
    """A callback as a shop written in that language signs it."""
    text = canonical_texts(members)[LANGUAGES[language]]
    sign = timestamped_sha1(str(members["time"]), text, key)
    body = compact_json({**members, **unsigned, "sign": sign}).encode()
    return CallbackRequest(method="POST", path="/callbacks/k", body=body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_callbacks_of_every_language_are_accepted(language: str) -> None:
    """PHP escapes `/`, Go escapes `<>&`, others neither: all three verify."""
    event = SHOP.parse_callback(signed(NEWS, language), CONTEXT.now)
    assert (event.attempt_no, event.answer.kind, event.trusted) == ("T1", AnswerKind.SUCCESS, True)
    assert event.ack.body == b"ok"


def test_the_php_form_is_what_php_writes() -> None:
    """The canonical text of a callback, spelled out once."""
    text = canonical_texts({"b": "a/b", "a": "福"})[0]
    assert text == '{"a":"福","b":"a\\/b"}'


def test_codes_of_a_callback_are_never_read() -> None:
    """card_list is not signed: whatever it holds, the event carries no code."""
    call = signed(NEWS, card_list=[{"card_no": "FORGED"}])
    assert "FORGED" not in repr(SHOP.parse_callback(call, CONTEXT.now))


def test_a_form_callback_is_accepted() -> None:
    """Some shops post forms: the values are texts then."""
    members = {**NEWS, "status": "4"}
    sign = timestamped_sha1(members["time"], canonical_texts(members)[0], KEY)
    call = CallbackRequest(
        method="POST",
        path="/",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode({**members, "sign": sign}).encode(),
    )
    assert SHOP.parse_callback(call, CONTEXT.now).answer.kind is AnswerKind.CANCELLED


def test_numbers_keep_their_spelling_in_the_sign() -> None:
    """A price sent as 9.80 was signed as 9.80."""
    text = '{"external_orderno":"T1","status":3,"time":1767225600,"total_price":9.80}'
    sign = timestamped_sha1("1767225600", text, KEY)
    body = text[:-1] + f',"sign":"{sign}"}}'
    event = SHOP.parse_callback(
        CallbackRequest(method="POST", path="/", body=body.encode()), CONTEXT.now
    )
    assert event.trusted


def test_a_price_push_names_a_product_and_no_price() -> None:
    """Its sign covers id and time only, so it asks for a second look at the product."""
    push = {"id": 7, "time": "1767225600"}
    text = canonical_texts(push)[0]
    sign = timestamped_sha1("1767225600", text, KEY)
    body = compact_json({**push, "goods_price": "0.01", "sign": sign}).encode()
    event = SHOP.parse_callback(CallbackRequest(method="POST", path="/", body=body), CONTEXT.now)
    assert (event.product_id, event.attempt_no, event.trusted) == ("7", None, False)


@pytest.mark.parametrize(
    ("call", "now"),
    [
        (signed(NEWS, key=Secret("other")), 1767225600.0),  # another shop's key
        (signed(NEWS), 1767225600.0 + 301),  # late
        (signed(NEWS), 1767225600.0 - 301),  # from the future
        (signed({**NEWS, "time": ""}), 1767225600.0),  # no time at all
        (CallbackRequest(method="POST", path="/", body=compact_json(NEWS).encode()), 1767225600.0),
        (CallbackRequest(method="POST", path="/", body=b'{"sign":{}}'), 1767225600.0),
        (CallbackRequest(method="POST", path="/", body=b"[]"), 1767225600.0),
    ],
)
def test_what_is_not_signed_and_fresh_is_refused(call: CallbackRequest, now: float) -> None:
    """Wrong key, stale, early, undated, unsigned, unreadable."""
    with pytest.raises(CallbackRefused):
        SHOP.parse_callback(call, now)


# --- the rest -------------------------------------------------------------------------------------


def test_a_cancel_looks_the_order_up_if_it_must() -> None:
    """order/close needs the shop's number: without one, order/info is asked first."""
    found, closed = answer(200, [row(2)]), answer(200)
    played = play(SHOP.cancel(CancelRequest(attempt_no="T1"), CONTEXT), found, closed)
    assert played.result is Cancellation.REQUESTED
    assert played.sent(1) == {"ordersn": "K1"}
    missing = play(SHOP.cancel(CancelRequest(attempt_no="T1"), CONTEXT), answer(200, []))
    assert missing.result is Cancellation.REFUSED


def test_a_full_page_has_a_next_one() -> None:
    """100 goods are a full page; fewer end the catalogue."""
    goods = [{"id": n, "goods_name": "g", "goods_type": 1, "status": 1} for n in range(100)]
    full = play(SHOP.catalog(None, CONTEXT), answer(200, {"list": goods})).result
    last = play(SHOP.catalog(full.next_cursor, CONTEXT), answer(200, goods[:3]))
    assert (full.next_cursor, last.result.next_cursor) == ("2", None)
    assert json.loads(last.requests[0].body) == {"limit": 100, "page": 2}
    assert last.result.items[0].kind == "code"


def test_an_empty_body_is_signed_as_braces() -> None:
    """user/info signs and sends `{}`."""
    played = play(SHOP.balance(CONTEXT), answer(200, {"balance": "12.34"}))
    [request] = played.requests
    assert (request.body, played.result.amount_minor) == (b"{}", 1234)
    assert request.headers["sign"] == sign_body("1767225600000", b"{}", KEY)
