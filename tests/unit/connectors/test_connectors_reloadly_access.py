"""Reloadly's tokens and webhooks: upstreams.md §1.6 and §8."""

import json
from typing import Any

import pytest

from connectors.contract import AnswerKind, CallbackRefused, CallbackRequest, Reason
from connectors.exchange import FailureKind, HttpResponse, TransportFailure
from connectors.reloadly.connector import Reloadly
from connectors.reloadly.wire import (
    ReloadlySettings,
    sign_webhook,
)
from connectors.secret import Secret
from tests.world.connector_play import deal, ok
from tests.world.reloadly_samples import (
    BASE,
    EXPIRED,
    NEW_TOKEN,
    NOW,
    RELOADLY,
    TOKEN,
    TOP_UP,
    context,
    ready,
)

# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_kept_in_the_session() -> None:
    """Client credentials for the service's own audience; the second submit needs none."""
    session = context()
    played = deal(RELOADLY.submit, TOP_UP, session, TOKEN, ok({"transactionId": 1}))
    asked, sent = played.requests
    assert asked.url == f"{BASE}/oauth/token"
    assert not asked.executes
    assert played.sent(0) == {
        "client_id": "demo_client_id",
        "client_secret": "demo_client_secret",
        "grant_type": "client_credentials",
        "audience": BASE,
    }
    assert sent.headers["authorization"] == "Bearer tok-1"
    assert sent.headers["accept"] == "application/com.reloadly.topups-v1+json"
    assert len(deal(RELOADLY.submit, TOP_UP, session, ok({"transactionId": 2})).requests) == 1
    assert "tok-1" not in repr((session, played.requests))


@pytest.mark.parametrize(
    ("settings", "token_url", "audience"),
    [
        ({"auth_url": "https://auth.test"}, "https://auth.test/oauth/token", BASE),
        ({"auth_url": "https://auth.test/oauth/token"}, "https://auth.test/oauth/token", BASE),
        ({"audience": "https://a.test"}, f"{BASE}/oauth/token", "https://a.test"),
    ],
)
def test_where_tokens_come_from_is_a_setting(
    settings: dict[str, str], token_url: str, audience: str
) -> None:
    """auth_url may name a host or the endpoint; the audience may be another one."""
    made = ReloadlySettings(client_id="c", client_secret=Secret("s"), **settings)  # type: ignore[arg-type]
    connector = Reloadly(base_url=BASE, settings=made)
    played = deal(connector.submit, TOP_UP, context(), TOKEN, ok({"transactionId": 1}))
    assert played.requests[0].url == token_url
    assert played.sent(0)["audience"] == audience


def test_a_token_near_its_end_is_replaced_first() -> None:
    """Less than a minute left: a new one before the order, not during it."""
    played = deal(
        RELOADLY.submit, TOP_UP, context(topups=NOW + 59), TOKEN, ok({"transactionId": 1})
    )
    assert played.requests[1].headers["authorization"] == "Bearer tok-1"
    kept = deal(RELOADLY.submit, TOP_UP, context(topups=NOW + 61), ok({"transactionId": 1}))
    assert kept.requests[0].headers["authorization"] == "Bearer kept-topups"


def test_a_token_that_expires_under_way_is_replaced_once() -> None:
    """A 401 was not executed: a new token and the same bytes again; a second 401 is a refusal."""
    played = deal(RELOADLY.submit, TOP_UP, ready(), EXPIRED, NEW_TOKEN, ok({"transactionId": 1}))
    first, _, second = played.requests
    assert first.body == second.body
    assert second.headers["authorization"] == "Bearer tok-2"
    assert played.result.kind is AnswerKind.ACCEPTED
    refused = deal(RELOADLY.submit, TOP_UP, ready(), EXPIRED, NEW_TOKEN, EXPIRED).result
    assert (refused.kind, refused.reason) == (AnswerKind.REJECTED, Reason.CREDENTIALS)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (TransportFailure(FailureKind.LOST, "x"), Reason.CONNECTION),
        (TransportFailure(FailureKind.NOT_SENT, "x"), Reason.CONNECTION),
        (ok({"errorCode": "INVALID_CREDENTIALS"}, status=401), Reason.CREDENTIALS),
        (ok({}, status=429), Reason.RATE_LIMITED),
        (ok({}, status=503), Reason.UNREADABLE),
        (ok({"token_type": "Bearer"}), Reason.UNREADABLE),
        (HttpResponse(status=200, body=b"<html>"), Reason.UNREADABLE),
    ],
)
@pytest.mark.parametrize("before", [(), (EXPIRED,)])  # the first token, or the one after a 401
def test_without_a_token_nothing_was_executed(
    before: tuple[HttpResponse, ...], answer: HttpResponse | TransportFailure, reason: Reason
) -> None:
    """Whatever befalls the token request, the order itself was never read: NOT_SENT."""
    start = ready() if before else context()
    outcome = deal(RELOADLY.submit, TOP_UP, start, *before, answer).result
    assert (outcome.kind, outcome.reason) == (AnswerKind.NOT_SENT, reason)


def test_a_second_try_that_never_left_is_not_sent() -> None:
    """After a 401 and a new token, no connection: still nothing executed. A lost one is thrown."""
    never = TransportFailure(FailureKind.NOT_SENT, "refused")
    outcome = deal(RELOADLY.submit, TOP_UP, ready(), EXPIRED, NEW_TOKEN, never).result
    assert outcome.kind is AnswerKind.NOT_SENT
    lost = TransportFailure(FailureKind.LOST, "reset")
    with pytest.raises(TransportFailure):
        deal(RELOADLY.submit, TOP_UP, ready(), EXPIRED, NEW_TOKEN, lost)


# --- webhooks -------------------------------------------------------------------------------------

GOLDEN_BODY = (
    b'{"type":"giftcard_transaction.status",'
    b'"data":{"transactionId":1,"customIdentifier":"T1","status":"SUCCESSFUL"}}'
)
GOLDEN_TIME = "1767225600000"
GOLDEN_SIGNATURE = "0e34e204017170ebbfcd3f9b39e44cd19d5bd3834694e50852a28c5dfa58d6b0"


def webhook(
    body: bytes = GOLDEN_BODY, timestamp: str = GOLDEN_TIME, signature: str | None = None
) -> CallbackRequest:
    """A webhook, correctly signed unless a signature is given."""
    signed = (
        sign_webhook(body, timestamp, Secret("demo_secret")) if signature is None else signature
    )
    return CallbackRequest(
        method="POST",
        path="/callbacks/r",
        headers={"x-reloadly-signature": signed, "x-reloadly-request-timestamp": timestamp},
        body=body,
    )


def test_the_golden_webhook() -> None:
    """upstreams.md §8: the signature fits, is trusted, and names the attempt."""
    assert sign_webhook(GOLDEN_BODY, GOLDEN_TIME, Secret("demo_secret")) == GOLDEN_SIGNATURE
    event = RELOADLY.parse_callback(webhook(signature=GOLDEN_SIGNATURE), NOW)
    assert (event.attempt_no, event.answer.upstream_no) == ("T1", "1")
    assert (event.answer.kind, event.trusted) == (AnswerKind.SUCCESS, True)
    assert event.ack.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"transaction": {"id": 1, "customIdentifier": "T1", "status": "FAILED"}}},
        {"transaction": {"transactionId": 1, "customIdentifier": "T1", "status": "FAILED"}},
        {"data": {"status": "FAILED", "transaction": {"id": 1, "customIdentifier": "T1"}}},
        {"transactionId": 1, "customIdentifier": "T1", "status": "FAILED"},
    ],
)  # fmt: skip
def test_ids_are_found_wherever_they_are(body: dict[str, Any]) -> None:
    """Under `data`, under `transaction`, under both, or bare."""
    event = RELOADLY.parse_callback(webhook(json.dumps(body).encode()), NOW)
    assert (event.attempt_no, event.answer.upstream_no) == ("T1", "1")
    assert event.answer.kind is AnswerKind.FAILED


@pytest.mark.parametrize(
    ("call", "now"),
    [
        (webhook(signature=""), NOW),
        (webhook(signature="0" * 64), NOW),
        (webhook(signature="é"), NOW),
        (webhook(), NOW + 301),
        (webhook(), NOW - 301),
        (webhook(timestamp=""), NOW),
        (webhook(timestamp="soon"), NOW),
        (webhook(body=b"[]"), NOW),
        (webhook(body=b'{"data":{"transactionId":1}}'), NOW),
        (CallbackRequest(method="POST", path="/", body=GOLDEN_BODY), NOW),
    ],
)
def test_webhooks_that_are_refused(call: CallbackRequest, now: float) -> None:
    """Unsigned, forged, stale, dateless, unreadable, or about nothing of ours."""
    with pytest.raises(CallbackRefused):
        RELOADLY.parse_callback(call, now)


def test_without_a_secret_no_webhook_is_believed() -> None:
    """An empty key signs nothing: also not a webhook signed with the empty key."""
    bare = Reloadly(
        base_url=BASE, settings=ReloadlySettings(client_id="c", client_secret=Secret("s"))
    )
    signed = webhook(signature=sign_webhook(GOLDEN_BODY, GOLDEN_TIME, Secret("")))
    with pytest.raises(CallbackRefused):
        bare.parse_callback(signed, NOW)


def test_seconds_are_taken_for_milliseconds() -> None:
    """A timestamp in seconds is as good."""
    assert RELOADLY.parse_callback(webhook(timestamp="1767225600"), NOW).attempt_no == "T1"
