"""What the tests of Reloadly's connector order, and what they are answered."""

from typing import Any

from connectors.contract import Context, QueryRequest, Session, SubmitRequest, Token
from connectors.exchange import HttpResponse
from connectors.reloadly.connector import Reloadly
from connectors.reloadly.wire import (
    ReloadlySettings,
)
from connectors.secret import Secret
from tests.world.connector_play import ok

BASE = "https://topups.reloadly.test"
SETTINGS = ReloadlySettings(
    client_id="demo_client_id",
    client_secret=Secret("demo_client_secret"),
    webhook_secret=Secret("demo_secret"),
)
RELOADLY = Reloadly(base_url=BASE, settings=SETTINGS)
NOW = 1767225600.0
NUMBER = "+2348012345678"
TOP_UP = SubmitRequest(attempt_no="T1", product_id="88@10", account=NUMBER, currency="USD")
ASKED = QueryRequest(attempt_no="T1", product_id="88@10", account=NUMBER, currency="USD")
CARDS = SubmitRequest(
    attempt_no="T1", product_id="giftcard-120@25", account=None, quantity=2, currency="USD"
)
CARDS_ASKED = QueryRequest(
    attempt_no="T1", product_id="giftcard-120@25", quantity=2, currency="USD"
)
TOKEN = ok({"access_token": "tok-1", "expires_in": 86400, "token_type": "Bearer"})
NEW_TOKEN = ok({"access_token": "tok-2", "expires_in": 86400})
EXPIRED = ok({"errorCode": "TOKEN_EXPIRED"}, status=401)


def context(**tokens: float) -> Context:
    """A context whose session holds a token for each audience that ends at the time given."""
    session = Session()
    for name, expires_at in tokens.items():
        audience = BASE.replace("topups", name)
        session.tokens[audience] = Token(value=Secret(f"kept-{name}"), expires_at=expires_at)
    return Context(now=NOW, session=session)


def ready() -> Context:
    """A context with fresh tokens for both services."""
    return context(topups=NOW + 3600, giftcards=NOW + 3600)


def topup(**more: Any) -> dict[str, Any]:
    """An airtime transaction as the reports show it."""
    return {
        "transactionId": 4602,
        "customIdentifier": "T1",
        "recipientPhone": "2348012345678",
        "operatorId": 88,
        "discount": 0.2,
        "requestedAmount": 10,
        "requestedAmountCurrencyCode": "USD",
        **more,
    }


def gift(status: str, **more: Any) -> dict[str, Any]:
    """A gift-card transaction."""
    return {
        "transactionId": 9,
        "customIdentifier": "T1",
        "status": status,
        "amount": 49.0,
        "currencyCode": "USD",
        "product": {"productId": 120, "quantity": 2},
        **more,
    }


def report(*rows: dict[str, Any]) -> HttpResponse:
    """A page of a report."""
    return ok({"content": list(rows), "totalElements": len(rows), "last": True})
