"""Reloadly's simulator, where it differs from the others: upstreams.md §1.6 and §9."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.simulation.market import Market
from connectors.simulation.platform import Call, Reply
from connectors.simulation.server import build
from tests.world.reloadly_samples import (
    BASE,
)


async def ask(
    market: Market, method: str, path: str, body: Any = None, *, token: str = "", form: bool = False
) -> tuple[Reply, Any]:
    """One request to the simulated platform."""
    path, _, query = path.partition("?")
    headers = {"authorization": f"Bearer {token}"}
    raw = b"" if body is None else json.dumps(body).encode()
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
        raw = urlencode(body).encode()
    reply = await market.platform.handle(
        Call(method=method, path=path, query=query, headers=headers, body=raw)
    )
    return reply, json.loads(reply.body)


CLIENT = {
    "client_id": "demo_client_id",
    "client_secret": "demo_client_secret",
    "grant_type": "client_credentials",
}


async def token_of(market: Market) -> str:
    """A token of the simulated platform."""
    _, answer = await ask(market, "POST", "/oauth/token", {**CLIENT, "audience": BASE})
    return str(answer["access_token"])


def order(number: str = "+8613800138000", our_no: str = "T1") -> dict[str, Any]:
    """The body of a top-up."""
    phone = {"countryCode": "CN", "number": number}
    return {"operatorId": 88, "amount": 10, "recipientPhone": phone, "customIdentifier": our_no}


@pytest.mark.parametrize(
    "audience",
    [
        "https://topups.reloadly.com",
        "https://topups-hs256-sandbox.reloadly.com",
        "https://giftcards-sandbox.reloadly.com",
        "http://127.0.0.1:9",
        None,
    ],
)
@pytest.mark.parametrize("form", [False, True])
async def test_tokens_for_any_audience(audience: str | None, *, form: bool) -> None:
    """Clients ask for different audiences, in JSON or as a form; none is insisted on."""
    market = build("reloadly")
    body = CLIENT if audience is None else {**CLIENT, "audience": audience}
    reply, answer = await ask(market, "POST", "/oauth/token", body, form=form)
    assert (reply.status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 86400)
    reply, _ = await ask(market, "GET", "/accounts/balance", token=answer["access_token"])
    assert reply.status == 200


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"client_secret": None}]
)
async def test_wrong_clients_get_no_token(wrong: dict[str, Any]) -> None:
    """Id and secret are both checked."""
    reply, _ = await ask(build("reloadly"), "POST", "/oauth/token", {**CLIENT, **wrong})
    assert reply.status == 401


async def test_tokens_are_checked_and_expire() -> None:
    """A made-up token is INVALID_TOKEN, an old one TOKEN_EXPIRED."""
    market = build("reloadly", settings={"token_ttl_s": "0"})
    for token, code in ((await token_of(market), "TOKEN_EXPIRED"), ("9.a.b", "INVALID_TOKEN"),
                        ("", "INVALID_TOKEN"), ("é", "INVALID_TOKEN")):  # fmt: skip
        reply, answer = await ask(market, "GET", "/accounts/balance", token=token)
        assert (reply.status, answer["errorCode"]) == (401, code)
    other = build("reloadly")
    reply, _ = await ask(other, "GET", "/accounts/balance", token=await token_of(market))
    assert reply.status == 401


@pytest.mark.parametrize(
    ("first", "again"),
    [("+8613800138000", "8613800138000"), ("8613800138000", "+8613800138000")],
)
async def test_the_gap_is_kept_when_asked_for(first: str, again: str) -> None:
    """min_gap_s=120: the same number, with or without `+`, is refused; by default it is not."""
    careful = build("reloadly", settings={"min_gap_s": "120"})
    token = await token_of(careful)
    await ask(careful, "POST", "/topups", order(first), token=token)
    _, answer = await ask(careful, "POST", "/topups", order(again, "T2"), token=token)
    assert answer["errorCode"] == "PHONE_RECENTLY_RECHARGED"
    assert len(careful.ledger.executions()) == 1
    _, other = await ask(careful, "POST", "/topups", order("8613800138999", "T3"), token=token)
    assert other["status"] == "SUCCESSFUL"
    easy = build("reloadly")
    token = await token_of(easy)
    for our_no in ("T1", "T2"):
        await ask(easy, "POST", "/topups", order(our_no=our_no), token=token)
    assert len(easy.ledger.executions()) == 2
    await careful.close()
    await easy.close()


@pytest.mark.parametrize(
    "phone",
    [None, {}, {"countryCode": "", "phoneNumber": ""}, {"countryCode": "CN", "phoneNumber": "1"}],
)
async def test_gift_cards_need_no_phone(phone: Any) -> None:
    """recipientPhoneDetails may be absent or empty; cards are there once it has succeeded."""
    market = build("reloadly")
    token = await token_of(market)
    body = {"productId": 7, "quantity": 2, "unitPrice": 25, "customIdentifier": "T1"}
    body |= {"senderName": "s", "recipientEmail": "a@x.test"}
    if phone is not None:
        body["recipientPhoneDetails"] = phone
    _, answer = await ask(market, "POST", "/orders", body, token=token)
    path = f"/orders/transactions/{answer['transactionId']}/cards"
    early, _ = await ask(market, "GET", path, token=token)
    assert early.status == 404
    market.finish(market.ledger.orders[0])
    _, cards = await ask(market, "GET", path, token=token)
    assert len({card["cardNumber"] for card in cards}) == 2
    _, found = await ask(market, "GET", "/reports/transactions?customIdentifier=T1", token=token)
    assert found["content"][0]["status"] == "SUCCESSFUL"
    assert market.ledger.orders[0].price_minor == 4900
    await market.close()


async def test_the_reports_keep_the_services_apart() -> None:
    """Airtime is not in the report of gift cards; dates are written as the platform does."""
    market = build("reloadly")
    token = await token_of(market)
    await ask(market, "POST", "/topups", order(), token=token)
    _, airtime = await ask(market, "GET", "/topups/reports/transactions", token=token)
    _, cards = await ask(market, "GET", "/reports/transactions", token=token)
    assert (len(airtime["content"]), len(cards["content"])) == (1, 0)
    date = airtime["content"][0]["transactionDate"]
    assert (len(date), date[10], "T" in date) == (19, " ", False)
    await market.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/topups", {}, 400),
        (
            "POST",
            "/topups",
            {"operatorId": 1, "amount": -1, "recipientPhone": {"number": "1"}},
            400,
        ),
        ("POST", "/topups", {"operatorId": 1, "recipientPhone": "1"}, 400),
        ("POST", "/orders", {"productId": 1, "unitPrice": 1, "quantity": 0}, 400),
        ("POST", "/nowhere", {}, 404),
        ("GET", "/topups/9/status", None, 404),
        ("GET", "/nowhere/at/all", None, 404),
        ("GET", "/operators?page=x&size=0", None, 200),
    ],
)
async def test_the_simulator_survives_odd_requests(
    method: str, path: str, body: Any, status: int
) -> None:
    """Odd requests get the platform's own error body."""
    market = build("reloadly")
    reply, answer = await ask(market, method, path, body, token=await token_of(market))
    assert reply.status == status
    assert status == 200 or "errorCode" in answer
