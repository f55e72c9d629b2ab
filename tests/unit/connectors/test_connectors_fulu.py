"""Fulu's reader and builder, line by line of upstreams.md §1.1 and §9."""

import json
from typing import Any

import pytest

from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.exchange import ProtocolError
from connectors.fulu.connector import Fulu
from connectors.fulu.wire import FuluSettings, sign_request, without_sign
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import compact_json, seal_card_aes_ecb, sorted_characters_md5
from tests.bounded import output_of
from tests.world.connector_play import deal, ok, play
from tests.world.fulu_samples import CONTEXT, FULU, SECRET, TOP_UP, envelope, order, query


def test_a_top_up_is_signed_and_dated_in_beijing() -> None:
    """direct.add goes to the misspelt path, with the documented members, signed as sent."""
    played = deal(FULU.submit, TOP_UP, CONTEXT, ok(envelope(0, {"order_id": "F1"})))
    [request] = played.requests
    sent = played.sent()
    assert request.url == "http://fulu.test/api/getway"
    assert request.executes
    assert sent["timestamp"] == "2026-01-01 08:00:00"
    assert sent["method"] == "fulu.order.direct.add"
    assert json.loads(sent["biz_content"]) == {
        "product_id": 10000001,
        "customer_order_no": "T1",
        "charge_account": "888888",
        "buy_num": 1,
    }
    unsigned = {name: value for name, value in sent.items() if name != "sign"}
    assert sent["sign"] == sign_request(unsigned, SECRET)
    assert list(sent) == [*sorted(unsigned), "sign"]


@pytest.mark.parametrize(
    ("request_", "method", "biz"),
    [
        (  # no account: a card
            SubmitRequest(attempt_no="T1", product_id="7", account=None, quantity=2),
            "fulu.order.card.add",
            {"product_id": 7, "customer_order_no": "T1", "buy_num": 2},
        ),
        (  # phone credit has a face instead of a product
            SubmitRequest(attempt_no="T1", product_id="mobile-100", account="13800138000"),
            "fulu.order.mobile.add",
            {"charge_phone": "13800138000", "charge_value": 100, "customer_order_no": "T1"},
        ),
        (  # extras of the template are passed on, others are not
            SubmitRequest(
                attempt_no="T1",
                product_id="7",
                account="a",
                params={"charge_game_region": "一区", "sign": "x"},
            ),
            "fulu.order.direct.add",
            {
                "product_id": 7,
                "customer_order_no": "T1",
                "charge_account": "a",
                "buy_num": 1,
                "charge_game_region": "一区",
            },
        ),
    ],
)
def test_each_kind_of_purchase_has_its_method(
    request_: SubmitRequest, method: str, biz: dict[str, Any]
) -> None:
    """Cards, phone credit and direct goods go to their own methods."""
    played = deal(FULU.submit, request_, CONTEXT, ok(envelope(0, {})))
    assert played.sent()["method"] == method
    assert json.loads(played.sent()["biz_content"]) == biz


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (envelope(0, {"order_id": "F1"}), AnswerKind.ACCEPTED, None),
        (envelope("0", {"order_id": "F1"}), AnswerKind.ACCEPTED, None),  # the code as text
        (envelope(0, None, sign=""), AnswerKind.ACCEPTED, None),  # unsigned answers pass
        (envelope(3001), AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        (envelope(3008), AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        (envelope(3006), AnswerKind.UNKNOWN, Reason.OTHER),  # not in the documented list
        (envelope(9999, message="余额不足"), AnswerKind.REJECTED, Reason.INSUFFICIENT_BALANCE),
        (envelope(9999, message="系统繁忙"), AnswerKind.UNKNOWN, Reason.OTHER),
        (envelope(0, {"order_id": "F1"}, sign="0" * 32), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (envelope(0, {"customer_order_no": "T2"}), AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        ({"message": "no code"}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
        ([], AnswerKind.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_submit_answers(answer: Any, kind: AnswerKind, reason: Reason | None) -> None:
    """Only code 0 and the documented refusals say anything; the rest is UNKNOWN."""
    outcome = deal(FULU.submit, TOP_UP, CONTEXT, ok(answer)).result
    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("success", AnswerKind.SUCCESS),
        ("failed", AnswerKind.FAILED),
        ("processing", AnswerKind.PROCESSING),
        ("untreated", AnswerKind.PROCESSING),
        ("SUCCESS", AnswerKind.SUCCESS),
        ("refunding", AnswerKind.PROCESSING),  # a word nobody knows is not an end
        ("", AnswerKind.PROCESSING),
    ],
)
def test_state_words(state: str, kind: AnswerKind) -> None:
    """Every documented word, and any other word means: ask again."""
    assert query(envelope(0, order(state))).kind is kind


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer_order_no": "T2"},
        {"charge_account": "999999"},
        {"product_id": 5},
        {"buy_num": 2},
    ],
)
def test_an_answer_about_something_else_is_no_news(wrong: dict[str, Any]) -> None:
    """A success for another account, product or amount is UNKNOWN, for a person to see."""
    state = query(envelope(0, order("success", **wrong)))
    assert (state.kind, state.reason) == (AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(2110, message="订单不存在"), AnswerKind.NOT_FOUND),
        (envelope(0, None), AnswerKind.NOT_FOUND),
        (envelope(9999, message="系统繁忙"), AnswerKind.UNKNOWN),
    ],
)
def test_an_order_that_is_not_there(answer: Any, kind: AnswerKind) -> None:
    """Only an explicit "no such order" is NOT_FOUND; any other error is no news."""
    assert query(answer).kind is kind


def test_cards_are_decrypted_and_hidden() -> None:
    """Encrypted cards become codes; links keep their url; the text is in no repr."""
    cards = [
        {
            "card_number": seal_card_aes_ecb("CARD-1", SECRET),
            "card_pwd": seal_card_aes_ecb("PIN-1", SECRET),
            "card_type": 0,
            "card_deadline": "2099-12-31 23:59:59",
        },
        {"card_number": "", "card_pwd": seal_card_aes_ecb("ONLY-PIN", SECRET)},
        {"card_number": seal_card_aes_ecb("https://x.test/1", SECRET), "card_type": 2},
    ]
    asked = QueryRequest(attempt_no="T1", product_id="10000001", account=None, quantity=3)
    state = query(envelope(0, order("success", buy_num=3, charge_account="", cards=cards)), asked)
    first, second, third = state.codes
    assert state.kind is AnswerKind.SUCCESS
    assert (first.code.reveal(), first.pin.reveal()) == ("CARD-1", "PIN-1")
    assert first.expires_at == "2099-12-31T15:59:59Z"  # Beijing is eight hours ahead
    assert (second.code.reveal(), second.pin) == ("ONLY-PIN", None)
    assert third.url.reveal() == "https://x.test/1"
    assert "CARD-1" not in repr(state)


def test_success_without_its_cards_is_asked_again() -> None:
    """A card order that has succeeded but shows too few cards is not delivered yet."""
    asked = QueryRequest(attempt_no="T1", product_id="10000001", account=None, quantity=2)
    sealed = {"card_number": seal_card_aes_ecb("CARD-1", SECRET)}
    state = query(
        envelope(0, order("success", buy_num=2, charge_account="", cards=[sealed])), asked
    )
    assert (state.kind, state.reason, state.codes) == (
        AnswerKind.PROCESSING,
        Reason.CODES_MISSING,
        (),
    )


def test_cards_that_do_not_open_are_no_news() -> None:
    """A card sealed under another key never becomes a code."""
    asked = QueryRequest(attempt_no="T1", product_id="10000001", account=None)
    cards = [{"card_number": seal_card_aes_ecb("CARD-1", Secret("f" * 32))}]
    state = query(envelope(0, order("success", charge_account="", cards=cards)), asked)
    assert (state.kind, state.codes) == (AnswerKind.UNKNOWN, ())


def test_the_second_dialect_is_a_matter_of_settings() -> None:
    """Path, method names, ok-code, state words and plain cards of the other dialect."""
    settings = FuluSettings(
        app_key="k",
        secret=Secret("short"),
        path="/api/rechargeapi/gateway",
        version="1.0",
        ok_code="200",
        method_query="order.query",
        states="2=processing,3=success,4=failed",
        cards="plain",
    )
    dialect = Fulu(base_url="http://fulu.test", settings=settings)
    card = {"card_no": "N1", "card_pwd": "P1"}
    result = {"customer_order_no": "T1", "order_status": 3, "card_pwds": [card]}
    answer = ok({"code": 200, "message": "", "result": compact_json(result), "sign": ""})
    asked = QueryRequest(attempt_no="T1", product_id="1", account=None)
    played = deal(dialect.query, asked, CONTEXT, answer)
    assert played.requests[0].url == "http://fulu.test/api/rechargeapi/gateway"
    assert (played.sent()["method"], played.sent()["version"]) == ("order.query", "1.0")
    assert played.result.kind is AnswerKind.SUCCESS
    assert [code.code.reveal() for code in played.result.codes] == ["N1"]


@pytest.mark.parametrize(
    "wrong",
    [{"cards": "rot13"}, {"callback_sign": "maybe"}, {"states": "2=done"}, {"rejected": "2115"}],
)
def test_wrong_choices_are_refused(wrong: dict[str, str]) -> None:
    """A setting outside its choices stops the start."""
    with pytest.raises(SettingsError):
        FuluSettings(app_key="k", secret=SECRET, **wrong)  # type: ignore[arg-type]


def callback(members: dict[str, Any], *, text: str | None = None) -> CallbackRequest:
    """A callback, signed over its compact JSON."""
    sign = sorted_characters_md5(text or compact_json(members), SECRET)
    return CallbackRequest(
        method="POST", path="/callbacks/f", body=compact_json({**members, "sign": sign}).encode()
    )


NEWS = {"order_id": "F1", "customer_order_no": "T1", "order_status": "failed", "price": "9.80"}


def test_a_signed_callback_is_a_hint_and_never_trusted() -> None:
    """It names the attempt and what it claims; the sign rule is an assumption, so no trust."""
    event = FULU.parse_callback(callback(NEWS), CONTEXT.now)
    assert (event.attempt_no, event.answer.kind, event.trusted) == ("T1", AnswerKind.FAILED, False)
    assert event.ack.body == b"success"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('{"a":1,"sign":"x","b":2}', '{"a":1,"b":2}'),
        ('{"a":1, "sign" : "x"}', '{"a":1}'),
        ('{"sign":"x", "b":2}', '{ "b":2}'),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_the_sign_is_taken_out_with_its_comma(text: str, rest: str) -> None:
    """What is signed is the text without the member, wherever it stands."""
    assert without_sign(text).replace(" ", "") == rest.replace(" ", "")


def test_blanks_cannot_hold_the_gateway() -> None:
    """Anybody may call back: a body of blanks costs a look at each, not one at each for each."""
    code = (
        "from connectors.fulu.wire import without_sign; print(len(without_sign(' ' * 4_000_000)))"
    )
    assert output_of(code) == "4000000"


def test_a_callback_signed_as_spelled_is_accepted() -> None:
    """Numbers such as 9.80 are signed as they were written, whatever we would write."""
    text = '{"customer_order_no":"T1","order_status":"success","price":9.80}'
    sign = sorted_characters_md5(text, SECRET)
    body = text[:-1] + f',"sign":"{sign}"}}'
    event = FULU.parse_callback(
        CallbackRequest(method="POST", path="/", body=body.encode()), CONTEXT.now
    )
    assert event.answer.kind is AnswerKind.SUCCESS


@pytest.mark.parametrize(
    "body",
    [
        compact_json(NEWS),  # no sign
        compact_json({**NEWS, "sign": ""}),
        compact_json({**NEWS, "sign": None}),
        compact_json({**NEWS, "sign": "0" * 32}),
        compact_json({**NEWS, "sign": ["0" * 32]}),
        "[]",
        "{",
    ],
)
def test_unsigned_callbacks_are_refused(body: str) -> None:
    """Without a fitting sign nothing is read."""
    with pytest.raises(CallbackRefused):
        FULU.parse_callback(
            CallbackRequest(method="POST", path="/", body=body.encode()), CONTEXT.now
        )


def test_an_operator_may_take_unsigned_callbacks_as_hints() -> None:
    """callback_sign=ignore: whoever calls can cause a query, and nothing else."""
    lenient = Fulu(
        base_url="http://fulu.test",
        settings=FuluSettings(app_key="k", secret=SECRET, callback_sign="ignore"),
    )
    call = CallbackRequest(method="POST", path="/", body=compact_json(NEWS).encode())
    assert not lenient.parse_callback(call, CONTEXT.now).trusted


def test_a_failed_balance_is_an_error() -> None:
    """A balance without a number is a ProtocolError, not a zero."""
    with pytest.raises(ProtocolError):
        play(FULU.balance(CONTEXT), ok(envelope(0, {"name": "demo"})))
