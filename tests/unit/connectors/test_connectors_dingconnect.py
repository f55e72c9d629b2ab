"""DingConnect's reader and builder, line by line of upstreams.md §1.5 and §9."""

from typing import Any

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
    UpstreamRefused,
)
from connectors.dingconnect.connector import Dingconnect
from connectors.dingconnect.wire import DingconnectSettings
from connectors.exchange import ProtocolError
from connectors.secret import Secret
from tests.world.connector_play import deal, ok, play

DING = Dingconnect(
    base_url="http://ding.test", settings=DingconnectSettings(api_key=Secret("demo_api_key"))
)
CONTEXT = Context(now=1767225600.0)
TOP_UP = SubmitRequest(
    attempt_no="T1", product_id="MX_TC", account="+5215512345678", face_minor=1050, currency="USD"
)
ASKED = QueryRequest(attempt_no="T1", product_id="MX_TC", account="+5215512345678", currency="USD")
PIN_ORDER = SubmitRequest(attempt_no="T1", product_id="PIN_X", account=None, face_minor=1000)


def record(state: str, **more: Any) -> dict[str, Any]:
    """A TransferRecord."""
    return {
        "TransferId": {"TransferRef": "77", "DistributorRef": "T1"},
        "SkuCode": "MX_TC",
        "Price": {"SendValue": 10.5, "SendCurrencyIso": "USD", "DistributorFee": 0.1},
        "CommissionApplied": 0.21,
        "ProcessingState": state,
        "ReceiptParams": {},
        "AccountNumber": "5215512345678",
        **more,
    }


def envelope(
    result_code: int = 1, *codes: str, transfer: dict[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """An answer with its result and error codes."""
    return {
        **members,
        **({} if transfer is None else {"TransferRecord": transfer}),
        "ResultCode": result_code,
        "ErrorCodes": [{"Code": code, "Context": ""} for code in codes],
    }


def items(*records: dict[str, Any]) -> dict[str, Any]:
    """An answer of ListTransferRecords, each record wrapped."""
    wrapped = [envelope(1, transfer=one) for one in records]
    return envelope(1, Items=wrapped, ThereAreMoreItems=False)


# --- submit ---------------------------------------------------------------------------------------


def test_a_transfer_is_sent_once_and_spelled_out() -> None:
    """No `+`, `ValidateOnly` false in so many words, the currency named, 95 s of patience."""
    played = deal(DING.submit, TOP_UP, CONTEXT, ok(envelope(transfer=record("Complete"))))
    [sent] = played.requests
    assert (sent.method, sent.url) == ("POST", "http://ding.test/api/V1/SendTransfer")
    assert sent.headers["api_key"] == "demo_api_key"
    assert sent.executes
    assert sent.deadline_s == 95.0
    assert played.sent() == {
        "SkuCode": "MX_TC",
        "SendValue": 10.5,
        "SendCurrencyIso": "USD",
        "AccountNumber": "5215512345678",
        "DistributorRef": "T1",
        "Settings": [],
        "ValidateOnly": False,
    }
    assert b'"ValidateOnly":false' in sent.body


def test_nothing_is_ever_sent_again() -> None:
    """The platform pays the same DistributorRef twice: nothing may rely on a repetition."""
    assert not DING.capabilities.idempotent_submit
    assert not DING.capabilities.resend_allowed
    assert not DING.capabilities.callbacks


def test_extras_become_settings() -> None:
    """`params` are the platform's Settings; BillRef has a member of its own."""
    request = SubmitRequest(
        attempt_no="T1",
        product_id="B@5",
        account="1",
        params={"BillRef": "b1", "Zone": "N"},
    )
    sent = deal(DING.submit, request, CONTEXT, ok(envelope())).sent()
    assert (sent["BillRef"], sent["Settings"]) == ("b1", [{"Name": "Zone", "Value": "N"}])
    # An amount written into the product id is in the account's own currency.
    assert (sent["SkuCode"], sent["SendValue"], "SendCurrencyIso" in sent) == ("B", 5, False)


def product(lowest: float, highest: float) -> dict[str, Any]:
    """A product of GetProducts."""
    return {
        "SkuCode": "MX_TC",
        "Minimum": {"SendValue": lowest, "SendCurrencyIso": "USD"},
        "Maximum": {"SendValue": highest, "SendCurrencyIso": "USD"},
        "CommissionRate": 0.02,
        "RedemptionMechanism": "ReadReceipt",
        "DefaultDisplayText": "MX 10",
    }


def test_a_single_amount_is_looked_up() -> None:
    """Without a face, a SKU whose minimum is its maximum says what to send."""
    request = SubmitRequest(attempt_no="T1", product_id="MX_TC", account="1")
    answers = ok(envelope(Items=[product(9.99, 9.99)])), ok(envelope(transfer=record("Complete")))
    played = deal(DING.submit, request, CONTEXT, *answers)
    assert played.requests[0].url.endswith("/api/V1/GetProducts?skuCodes=MX_TC")
    assert not played.requests[0].executes
    assert (played.sent(1)["SendValue"], played.sent(1)["SendCurrencyIso"]) == (9.99, "USD")


@pytest.mark.parametrize("found", [[product(1, 99)], [], [{"SkuCode": "OTHER"}]])
def test_an_amount_is_never_guessed(found: list[dict[str, Any]]) -> None:
    """Without a face and without a single amount nothing is sent."""
    request = SubmitRequest(attempt_no="T1", product_id="MX_TC", account="1")
    outcome = deal(DING.submit, request, CONTEXT, ok(envelope(Items=found))).result
    assert (outcome.kind, outcome.reason) == (AnswerKind.REJECTED, Reason.INVALID_REQUEST)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "reason"),
    [
        (200, envelope(transfer=record("Complete")), AnswerKind.SUCCESS, None),
        (200, envelope(transfer=record("Submitted")), AnswerKind.ACCEPTED, None),
        (200, envelope(transfer=record("Processing")), AnswerKind.ACCEPTED, None),
        (200, envelope(transfer=record("Brewing")), AnswerKind.ACCEPTED, None),  # unknown word
        (
            200,
            envelope(5, "ProviderTimedOut", transfer=record("Failed")),
            AnswerKind.REJECTED,
            Reason.OTHER,
        ),
        # InsufficientBalance comes with HTTP 500: the codes count, not the status.
        (
            500,
            envelope(5, "InsufficientBalance"),
            AnswerKind.REJECTED,
            Reason.INSUFFICIENT_BALANCE,
        ),
        (200, envelope(4, "AccountNumberInvalid"), AnswerKind.REJECTED, Reason.INVALID_ACCOUNT),
        (200, envelope(4, "SomethingNew"), AnswerKind.REJECTED, Reason.OTHER),  # 4: invalid
        (200, envelope(5, "SomethingNew"), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (200, envelope(5, "ProductUnavailable"), AnswerKind.REJECTED, Reason.PRODUCT_UNAVAILABLE),
        (200, envelope(3, "RateLimited"), AnswerKind.NOT_SENT, Reason.RATE_LIMITED),
        # It says that one like it was made before, perhaps this very one.
        (
            200,
            envelope(5, "DuplicateTransactionPrevented", transfer=record("Failed")),
            AnswerKind.UNKNOWN,
            Reason.DUPLICATE,
        ),
        # A record that runs beside an error is no refusal.
        (
            200,
            envelope(3, "ProviderRefusedRequest", transfer=record("Submitted")),
            AnswerKind.UNKNOWN,
            Reason.UNREADABLE,
        ),
        (500, {"Message": "An error has occurred."}, AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (200, envelope(), AnswerKind.UNKNOWN, Reason.UNREADABLE),
        (401, {}, AnswerKind.REJECTED, Reason.CREDENTIALS),
        (
            200,
            envelope(transfer=record("Complete", AccountNumber="999")),
            AnswerKind.UNKNOWN,
            Reason.ECHO_MISMATCH,
        ),
        (
            200,
            envelope(transfer=record("Complete", SkuCode="OTHER")),
            AnswerKind.UNKNOWN,
            Reason.ECHO_MISMATCH,
        ),
    ],
)
def test_submit_answers(status: int, answer: Any, kind: AnswerKind, reason: Reason | None) -> None:
    """States first, then error codes; the HTTP status says next to nothing."""
    outcome = deal(DING.submit, TOP_UP, CONTEXT, ok(answer, status=status)).result
    assert (outcome.kind, outcome.reason) == (kind, reason)


def test_the_cost_is_what_was_sent_less_the_commission() -> None:
    """Sent value and our fee, less the commission; in another currency it is unknown."""
    outcome = deal(DING.submit, TOP_UP, CONTEXT, ok(envelope(transfer=record("Complete")))).result
    assert outcome.cost_minor == 1050 + 10 - 21
    euro = record("Complete", Price={"SendValue": 9, "SendCurrencyIso": "EUR"})
    assert deal(DING.submit, TOP_UP, CONTEXT, ok(envelope(transfer=euro))).result.cost_minor is None


def test_a_pin_comes_from_the_receipt() -> None:
    """Bought for the documented account; the PIN is a code, and in no repr."""
    receipt = {"PIN": "1234-5678", "providerRef": "r"}
    done = record("Complete", SkuCode="PIN_X", AccountNumber="0000000000", ReceiptParams=receipt)
    played = deal(DING.submit, PIN_ORDER, CONTEXT, ok(envelope(transfer=done)))
    assert played.sent()["AccountNumber"] == "0000000000"
    assert [code.code.reveal() for code in played.result.codes] == ["1234-5678"]
    assert "1234" not in repr(played.result)
    bare = deal(
        DING.submit, PIN_ORDER, CONTEXT, ok(envelope(transfer={**done, "ReceiptParams": None}))
    ).result
    # A query may bring it.
    assert (bare.kind, bare.reason) == (AnswerKind.PROCESSING, Reason.CODES_MISSING)


# --- query ----------------------------------------------------------------------------------------


def test_a_query_asks_by_our_number_and_takes_some() -> None:
    """DistributorRef, the account without `+`, and a Take, which is required."""
    played = deal(DING.query, ASKED, CONTEXT, ok(items(record("Complete"))))
    assert played.requests[0].url == "http://ding.test/api/V1/ListTransferRecords"
    assert not played.requests[0].executes
    assert played.sent() == {
        "DistributorRef": "T1",
        "AccountNumber": "5215512345678",
        "Take": 10,
    }
    assert (played.result.kind, played.result.upstream_no) == (AnswerKind.SUCCESS, "77")


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (items(), AnswerKind.NOT_FOUND, None),
        (items(record("Submitted")), AnswerKind.PROCESSING, None),
        (items(record("Processing")), AnswerKind.PROCESSING, None),
        (items(record("Cancelling")), AnswerKind.PROCESSING, None),
        (items(record("Cancelled")), AnswerKind.CANCELLED, None),
        (items(record("Failed")), AnswerKind.FAILED, None),
        (items(record("Brewing")), AnswerKind.PROCESSING, None),  # an unknown word is no end
        (envelope(1, Items=[record("Complete")]), AnswerKind.SUCCESS, None),  # not wrapped
        # A failed try beside a paid one does not count; two paid ones are for a person.
        (items(record("Failed"), record("Complete")), AnswerKind.SUCCESS, None),
        (items(record("Complete"), record("Complete")), AnswerKind.UNKNOWN, Reason.SEVERAL),
        (items(record("Complete", SkuCode="X")), AnswerKind.UNKNOWN, Reason.ECHO_MISMATCH),
        (
            items(record("Complete", TransferId={"DistributorRef": "T2"})),
            AnswerKind.UNKNOWN,
            Reason.ECHO_MISMATCH,
        ),
        (envelope(4, "ParameterOutOfRange"), AnswerKind.UNKNOWN, Reason.OTHER),
        (envelope(1), AnswerKind.UNKNOWN, Reason.OTHER),  # no Items at all
        (envelope(1, Items=None), AnswerKind.UNKNOWN, Reason.OTHER),
    ],
)
def test_query_answers(answer: Any, kind: AnswerKind, reason: Reason | None) -> None:
    """Only an empty list is NOT_FOUND; only Complete is a success."""
    state = deal(DING.query, ASKED, CONTEXT, ok(answer)).result
    assert (state.kind, state.reason) == (kind, reason)


def test_callbacks_are_not_believed() -> None:
    """v1 has no confirmed webhook: whatever comes is refused."""
    with pytest.raises(CallbackRefused):
        DING.parse_callback(CallbackRequest(method="POST", path="/", body=b"{}"), CONTEXT.now)


def test_balance_and_catalogue() -> None:
    """Both in the account's currency; a range has no face, a PIN product is a code."""
    balance = play(DING.balance(CONTEXT), ok(envelope(Balance=12.34, CurrencyIso="EUR"))).result
    assert (balance.amount_minor, balance.currency) == (1234, "EUR")
    page = play(
        DING.catalog(None, CONTEXT), ok(envelope(Items=[product(10, 10), product(1, 99), {}]))
    ).result
    assert [(i.face_minor, i.cost_minor, i.kind) for i in page.items] == [
        (1000, 980, "code"),
        (None, None, "code"),
    ]
    with pytest.raises(UpstreamRefused):
        play(DING.balance(CONTEXT), ok(envelope(5, "AuthenticationFailed"), status=401))
    with pytest.raises(ProtocolError):
        play(DING.balance(CONTEXT), ok(envelope()))


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        ("Cancelling", Cancellation.REQUESTED),
        ("Cancelled", Cancellation.REQUESTED),
        ("Complete", Cancellation.REFUSED),
        (None, Cancellation.REFUSED),
    ],
)
def test_cancel_is_a_batch_of_one(state: str | None, answer: Cancellation) -> None:
    """A bare array whose item has a BatchItemRef of its own."""
    request = CancelRequest(attempt_no="T1", upstream_no="77")
    played = play(DING.cancel(request, CONTEXT), ok(envelope(Items=[{"ProcessingState": state}])))
    [item] = played.sent()
    assert item["TransferId"] == {"DistributorRef": "T1", "TransferRef": "77"}
    assert item["BatchItemRef"]
    assert played.result is answer
