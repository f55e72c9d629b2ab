"""DT One's reader and builder, line by line of upstreams.md §1.4 and §9."""

import base64
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
from connectors.dtone.connector import Dtone
from connectors.dtone.wire import DtoneSettings
from connectors.exchange import FailureKind, HttpResponse, ProtocolError, TransportFailure
from tests.world.connector_play import deal, ok
from tests.world.dtone_samples import (
    ASKED,
    CHECKING,
    CONTEXT,
    DTONE,
    NUMBER,
    PIN_ORDER,
    SECRET,
    SETTINGS,
    TOP_UP,
    errors,
    transaction,
)

# --- submit ---------------------------------------------------------------------------------------


def test_a_top_up_is_one_confirmed_create() -> None:
    """POST /v1/async/transactions with HTTP Basic, auto_confirm, and the callback's URL."""
    request = SubmitRequest(
        attempt_no="T1", product_id="1310", account=NUMBER, notify_url="https://us.test/cb/secret"
    )
    played = deal(DTONE.submit, request, CONTEXT, ok(transaction(2), status=201))
    [sent] = played.requests
    assert (sent.method, sent.url) == ("POST", "http://dtone.test/v1/async/transactions")
    assert sent.executes
    expected = "Basic " + base64.b64encode(b"demo_api_key:demo_api_secret").decode()
    assert sent.headers["authorization"] == expected
    assert played.sent() == {
        "external_id": "T1",
        "product_id": 1310,
        "auto_confirm": True,
        "credit_party_identifier": {"mobile_number": NUMBER},
        "callback_url": "https://us.test/cb/secret",
    }


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://dvs-api.dtone.com", "https://dvs-api.dtone.com/v1/async/transactions"),
        ("https://dvs-api.dtone.com/v1", "https://dvs-api.dtone.com/v1/async/transactions"),
        ("http://proxy.test/dtone", "http://proxy.test/dtone/async/transactions"),
    ],
)
def test_the_version_is_added_to_a_bare_host_only(base_url: str, url: str) -> None:
    """A base URL with a path is taken as it is."""
    connector = Dtone(base_url=base_url, settings=SETTINGS)
    played = deal(connector.submit, TOP_UP, CONTEXT, ok(transaction(2), status=201))
    assert played.requests[0].url == url


@pytest.mark.parametrize(
    ("settings", "account", "party"),
    [
        ({}, "13800138000", {"mobile_number": "13800138000"}),
        ({"calling_code": "86"}, "13800138000", {"mobile_number": "+8613800138000"}),
        ({"calling_code": "+86"}, NUMBER, {"mobile_number": NUMBER}),  # it has its own
        ({}, "meter-77", {"account_number": "meter-77"}),
        ({"identifier": "account_number"}, "13800138000", {"account_number": "13800138000"}),
    ],
)
def test_accounts_are_named_by_their_kind(
    settings: dict[str, str], account: str, party: dict[str, str]
) -> None:
    """Numbers are mobile numbers, other things account numbers, unless the operator says so."""
    made = DtoneSettings(api_key="k", api_secret=SECRET, **settings)  # type: ignore[arg-type]
    assert made.credit_party(account) == party


def test_a_ranged_product_says_how_much_arrives() -> None:
    """`PRODUCT@AMOUNT` orders that amount at the destination, in its currency."""
    request = SubmitRequest(attempt_no="T1", product_id="77@5.50IDR", account=NUMBER)
    played = deal(DTONE.submit, request, CONTEXT, ok({}, status=201))
    assert played.sent()["product_id"] == 77
    assert played.sent()["calculation_mode"] == "DESTINATION_AMOUNT"
    assert played.sent()["destination"] == {"amount": 5.5, "unit": "IDR", "unit_type": "CURRENCY"}


@pytest.mark.parametrize(
    ("class_no", "kind"),
    [
        (1, AnswerKind.ACCEPTED),
        (2, AnswerKind.ACCEPTED),
        (3, AnswerKind.REJECTED),
        (4, AnswerKind.REJECTED),
        (5, AnswerKind.ACCEPTED),
        (7, AnswerKind.SUCCESS),
        (8, AnswerKind.ACCEPTED),  # a query tells more
        (9, AnswerKind.REJECTED),
        (6, AnswerKind.ACCEPTED),  # a class nobody knows
    ],
)
def test_submit_answers_by_class(class_no: int, kind: AnswerKind) -> None:
    """The class decides, 7 alone is a success; the price is the wholesale one."""
    outcome = deal(DTONE.submit, TOP_UP, CONTEXT, ok(transaction(class_no), status=201)).result
    assert outcome.kind is kind
    assert (outcome.upstream_no, outcome.cost_minor) == ("2237123891", 980)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "reason"),
    [
        (400, errors(1007001), AnswerKind.UNKNOWN, Reason.DUPLICATE),  # it arrived: ask
        (400, errors(1006001), AnswerKind.REJECTED, Reason.INSUFFICIENT_BALANCE),
        (404, errors(1003001), AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        (400, errors(1003002), AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        (400, errors(1005003), AnswerKind.REJECTED, Reason.INVALID_ACCOUNT),
        (400, errors(1000400), AnswerKind.REJECTED, Reason.INVALID_REQUEST),
        (401, errors(1000401), AnswerKind.REJECTED, Reason.CREDENTIALS),
        (401, {}, AnswerKind.REJECTED, Reason.CREDENTIALS),
        (400, errors(1003001, 1009001), AnswerKind.UNKNOWN, Reason.UNREADABLE),  # not all refuse
        (400, errors(1007004), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (500, errors(1009001), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (503, errors(1009503), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (404, {}, AnswerKind.UNKNOWN, Reason.UNREADABLE),  # a wrong base URL, perhaps
        (201, {}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (201, [], AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (201, transaction(7, external_id="T2"), AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (201, transaction(7, product={"id": 1}), AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (
            201,
            transaction(7, credit_party_identifier={"mobile_number": "+620000"}),
            AnswerKind.UNKNOWN,
            Reason.ECHO_MISMATCH,
        ),
    ],
)
def test_submit_errors(status: int, answer: Any, kind: AnswerKind, reason: Reason) -> None:
    """Only the documented refusals refuse; everything else is asked about."""
    outcome = deal(DTONE.submit, TOP_UP, CONTEXT, ok(answer, status=status)).result
    assert (outcome.kind, outcome.reason) == (kind, reason)


def test_a_price_in_another_currency_is_not_ours() -> None:
    """Amounts of two currencies are never mixed: the cost stays unknown."""
    request = SubmitRequest(attempt_no="T1", product_id="1310", account=NUMBER, currency="CNY")
    outcome = deal(DTONE.submit, request, CONTEXT, ok(transaction(7), status=201)).result
    assert outcome.cost_minor is None


def test_several_top_ups_are_not_one_transaction() -> None:
    """A quantity is refused before anything is sent."""
    request = SubmitRequest(attempt_no="T1", product_id="1", account=NUMBER, quantity=2)
    assert deal(DTONE.submit, request, CONTEXT).result.kind is AnswerKind.REJECTED


def test_a_pin_is_a_code_and_hidden() -> None:
    """A PIN product delivers its code with COMPLETED; without it the order is asked for again."""
    pin = {"code": "PIN-1", "serial": "S-1"}
    completed = transaction(7, pin=pin, credit_party_identifier={})
    outcome = deal(DTONE.submit, PIN_ORDER, CONTEXT, ok(completed, status=201)).result
    assert outcome.kind is AnswerKind.SUCCESS
    assert [code.code.reveal() for code in outcome.codes] == ["PIN-1"]
    assert "PIN-1" not in repr(outcome)
    bare = deal(DTONE.submit, PIN_ORDER, CONTEXT, ok(transaction(7), status=201)).result
    assert (bare.kind, bare.reason) == (AnswerKind.PROCESSING, Reason.CODES_MISSING)
    asked = QueryRequest(attempt_no="T1", product_id="1310")
    state = deal(DTONE.query, asked, CONTEXT, ok([transaction(7)])).result
    assert (state.kind, state.reason) == (AnswerKind.PROCESSING, Reason.CODES_MISSING)


# --- the price checked between two steps ----------------------------------------------------------


def bounded(max_cost_minor: int) -> SubmitRequest:
    """A top-up that may cost so much."""
    return SubmitRequest(
        attempt_no="T1",
        product_id="1310",
        account=NUMBER,
        currency="USD",
        max_cost_minor=max_cost_minor,
    )


def test_a_price_within_its_bound_is_confirmed() -> None:
    """Created unconfirmed, compared, confirmed by the transaction's number."""
    created, confirmed = ok(transaction(1), status=201), ok(transaction(2), status=201)
    played = deal(CHECKING.submit, bounded(980), CONTEXT, created, confirmed)
    assert played.sent()["auto_confirm"] is False
    assert played.requests[1].url.endswith("/v1/async/transactions/2237123891/confirm")
    assert played.result.kind is AnswerKind.ACCEPTED


@pytest.mark.parametrize(
    "answer",
    [ok(transaction(4)), ok(errors(1007004), status=400), TransportFailure(FailureKind.LOST, "x")],
)
def test_a_price_above_its_bound_is_cancelled(answer: HttpResponse | TransportFailure) -> None:
    """One cent too much: never confirmed, so rejected, whatever the cancellation says."""
    played = deal(CHECKING.submit, bounded(979), CONTEXT, ok(transaction(1), status=201), answer)
    assert played.requests[1].url.endswith("/v1/transactions/2237123891/cancel")
    assert (played.result.kind, played.result.reason) == (
        AnswerKind.REJECTED,
        Reason.PRICE_CHANGED,
    )


@pytest.mark.parametrize(
    "answer",
    [ok(errors(1007002), status=400), ok(errors(1006001), status=400), ok({}, status=429)],
)
def test_a_confirmation_that_fails_is_unknown(answer: HttpResponse) -> None:
    """The transaction exists: only a query tells whether it runs."""
    played = deal(CHECKING.submit, bounded(980), CONTEXT, ok(transaction(1), status=201), answer)
    assert played.result.kind is AnswerKind.UNKNOWN


# --- query, callback, the rest --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("class_no", "kind"),
    [
        (1, AnswerKind.PROCESSING),
        (2, AnswerKind.PROCESSING),
        (3, AnswerKind.FAILED),
        (4, AnswerKind.CANCELLED),
        (5, AnswerKind.PROCESSING),
        (6, AnswerKind.PROCESSING),  # a class nobody knows is not an end
        (7, AnswerKind.SUCCESS),
        (8, AnswerKind.REVERSED),
        (9, AnswerKind.FAILED),
    ],
)
def test_states_by_class(class_no: int, kind: AnswerKind) -> None:
    """GET /transactions by external_id: the class decides."""
    played = deal(DTONE.query, ASKED, CONTEXT, ok([transaction(class_no)]))
    assert played.requests[0].url == "http://dtone.test/v1/transactions?external_id=T1"
    assert not played.requests[0].executes
    assert (played.result.kind, played.result.cost_minor) == (kind, 980)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "reason"),
    [
        (200, [], AnswerKind.NOT_FOUND, None),
        (404, errors(1008004), AnswerKind.NOT_FOUND, None),
        (404, errors(1000404), AnswerKind.UNKNOWN, Reason.OTHER),  # a wrong base URL, perhaps
        (500, errors(1009001), AnswerKind.UNKNOWN, Reason.OTHER),
        (200, [transaction(7, external_id="T2")], AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (200, [transaction(7, product={"id": 2})], AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (200, [transaction(7), transaction(7)], AnswerKind.UNKNOWN, Reason.SEVERAL),
        (200, [None], AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (429, [], AnswerKind.UNKNOWN, Reason.RATE_LIMITED),
    ],
)
def test_queries_that_find_nothing(
    status: int, answer: Any, kind: AnswerKind, reason: Reason | None
) -> None:
    """Only an empty list or the platform's own code is NOT_FOUND."""
    state = deal(DTONE.query, ASKED, CONTEXT, ok(answer, status=status)).result
    assert (state.kind, state.reason) == (kind, reason)


def test_a_query_without_a_list_is_no_answer() -> None:
    """An object where a list belongs proves nothing."""
    with pytest.raises(ProtocolError):
        deal(DTONE.query, ASKED, CONTEXT, ok({}))


def callback(body: bytes) -> CallbackRequest:
    """A callback of this body."""
    return CallbackRequest(method="POST", path="/callbacks/d/token", body=body)


def test_a_callback_is_a_hint() -> None:
    """Unsigned: it names the attempt and what it claims, without trust, and is acked with 204."""
    event = DTONE.parse_callback(callback(json.dumps(transaction(9)).encode()), CONTEXT.now)
    assert (event.attempt_no, event.answer.kind, event.trusted) == ("T1", AnswerKind.FAILED, False)
    assert event.ack.status == 204


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 1}', b'{"external_id": ""}'])
def test_a_callback_about_nothing_is_refused(body: bytes) -> None:
    """Without our number there is nothing to ask about."""
    with pytest.raises(CallbackRefused):
        DTONE.parse_callback(callback(body), CONTEXT.now)
