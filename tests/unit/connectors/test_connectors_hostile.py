"""Whatever a platform or a forger sends, a connector answers with a value or one known error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.contract import (
    AnswerKind,
    CallbackRefused,
    CallbackRequest,
    Connector,
    Context,
    QueryRequest,
    SubmitRequest,
    UpstreamRefused,
)
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError

CONTEXT = Context(now=1767225600.0)


def connectors() -> list[Connector]:
    """Every registered connector, with its simulator's keys: a new one is here by itself."""
    return [
        registry.create(name, "http://upstream.test", registry.simulator_settings(name))
        for name in registry.names()
    ]


EVERY_CONNECTOR = pytest.mark.parametrize("connector", connectors(), ids=registry.names())

# Names the platforms use, so that random objects get past the first look.
MEMBERS = [
    "code", "errno", "data", "result", "list", "status", "state", "order_state", "class",
    "id", "cards", "card_list", "external_orderno", "out_trade_num", "customer_order_no",
    "sign", "message", "Items", "TransferRecord", "ResultCode", "ErrorCodes", "errors",
    "content", "customIdentifier", "external_id", "access_token",
    "retcode", "out_no", "usorderno", "outer_order_id", "channelOrderNo", "refundmoney", "ts",
    "timestamp",
]  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["0", "1", "200", "ok", "success", "SUCCESSFUL", "T1", "COMPLETED", "Complete"]
    )
    | st.just("half\ud83d"),  # of a character: where a server cut a text
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(MEMBERS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
bodies = json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)
responses = st.builds(
    HttpResponse,
    status=st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 503]),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "x-total-pages", "x-page", "content-type"]),
        st.text(max_size=10),
        max_size=3,
    ),
    body=bodies,
)
MEANS_DONE = {AnswerKind.SUCCESS, AnswerKind.PARTIAL, AnswerKind.REJECTED}
CALL_HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "x-reloadly-signature", "x-reloadly-request-timestamp"]),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "0", "é"]),
)


def drive(exchange: object, answers: list[HttpResponse]) -> tuple[object, list[HttpRequest]]:
    """Give an operation these answers, the last one for ever; at most ten requests."""
    requests: list[HttpRequest] = []
    generator = exchange
    try:
        requests.append(next(generator))  # type: ignore[call-overload]
        while True:
            assert len(requests) <= 10, "the operation never ends"
            answer = answers[min(len(requests), len(answers)) - 1]
            requests.append(generator.send(answer))  # type: ignore[attr-defined]
    except StopIteration as done:
        return done.value, requests


@EVERY_CONNECTOR
@given(answers=st.lists(responses, min_size=1, max_size=3))
def test_any_answer_to_a_submit_is_read_or_refused(
    connector: Connector, answers: list[HttpResponse]
) -> None:
    """No answer crashes a submit, and at most one of its requests may execute."""
    request = SubmitRequest(attempt_no="T1", product_id="25", account="13800138000")
    try:
        outcome, requests = drive(connector.submit(request, CONTEXT), answers)
    except (ProtocolError, UpstreamRefused):
        return
    assert outcome.kind in AnswerKind  # type: ignore[attr-defined]
    assert sum(sent.executes for sent in requests) <= 1


@EVERY_CONNECTOR
@given(body=st.binary(max_size=60), status=st.sampled_from([200, 201, 400, 404, 500, 502, 503]))
def test_what_is_not_json_never_ends_an_order(
    connector: Connector, body: bytes, status: int
) -> None:
    """Bytes that are no JSON object end nothing: the outcome is neither success nor refusal."""
    request = SubmitRequest(attempt_no="T1", product_id="25", account="13800138000")
    response = HttpResponse(status=status, body=b"\x00" + body)
    try:
        outcome, _ = drive(connector.submit(request, CONTEXT), [response])
    except (ProtocolError, UpstreamRefused):
        return
    assert outcome.kind not in MEANS_DONE | {AnswerKind.ACCEPTED}  # type: ignore[attr-defined]


@EVERY_CONNECTOR
@given(answers=st.lists(responses, min_size=1, max_size=3))
def test_any_answer_to_a_query_is_read_or_refused(
    connector: Connector, answers: list[HttpResponse]
) -> None:
    """No answer crashes a query; none of its requests may execute."""
    request = QueryRequest(attempt_no="T1", product_id="25", account="13800138000")
    try:
        state, requests = drive(connector.query(request, CONTEXT), answers)
    except (ProtocolError, UpstreamRefused):
        return
    assert state.kind in AnswerKind  # type: ignore[attr-defined]
    assert not any(sent.executes for sent in requests)


@EVERY_CONNECTOR
@given(body=bodies, headers=CALL_HEADERS, query=st.sampled_from(["", "token=x", "sign=1&a"]))
def test_no_unsigned_callback_is_believed(
    connector: Connector, body: bytes, headers: dict[str, str], query: str
) -> None:
    """A callback made without the key is refused, or a hint without trust; it crashes nothing."""
    call = CallbackRequest(method="POST", path="/", headers=headers, query=query, body=body)
    try:
        event = connector.parse_callback(call, CONTEXT.now)
    except CallbackRefused:
        return
    assert not event.trusted
    assert not connector.capabilities.callbacks_trusted


ODD_CALLBACKS = [
    b'{"external_orderno": %s, "out_trade_num": %s}' % ((b"[" * 400 + b"]" * 400,) * 2),
    b'{"external_orderno": "\\ud800", "time": "\\ud800", "sign": "\\ud800", "x": "\\ud800"}',
    b'{"customer_order_no": "\\ud800", "external_id": "\\ud800", "id": 1, "status": "\\ud800"}',
    b'{"data": {"customIdentifier": "\\ud800"}, "type": "airtime_transaction.status"}',
    b'{"external_orderno": 1e400, "time": 1e400, "sign": 1}',
    b'{"time": %s, "external_orderno": "T1"}' % (b"9" * 5000),
]


@EVERY_CONNECTOR
@pytest.mark.parametrize("body", ODD_CALLBACKS, ids=range(len(ODD_CALLBACKS)))
def test_an_odd_callback_crashes_nothing(connector: Connector, body: bytes) -> None:
    """Depth, halves of characters, numbers beyond all bounds: refused, or a hint in whole text."""
    call = CallbackRequest(
        method="POST", path="/", headers={"content-type": "application/json"}, body=body
    )
    try:
        event = connector.parse_callback(call, CONTEXT.now)
    except CallbackRefused:
        return
    assert not event.trusted
    assert f"{event.attempt_no}{event.answer}".encode()
