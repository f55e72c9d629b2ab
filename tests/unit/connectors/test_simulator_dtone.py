"""DT One's simulator, where it differs from the others: upstreams.md §1.4 and §9."""

import json
from typing import Any

import pytest

from connectors.dtone.wire import DtoneSettings
from connectors.secret import Secret
from connectors.simulation.market import Market
from connectors.simulation.platform import Call, Reply
from connectors.simulation.server import build

AUTHORIZATION = DtoneSettings(
    api_key="demo_api_key", api_secret=Secret("demo_api_secret")
).authorization()


async def ask(
    market: Market, method: str, path: str, body: Any = None, *, authorized: bool = True
) -> tuple[Reply, Any]:
    """One request to the simulated platform."""
    headers = {"authorization": AUTHORIZATION} if authorized else {}
    path, _, query = path.partition("?")
    text = b"" if body is None else json.dumps(body).encode()
    reply = await market.platform.handle(
        Call(method=method, path=path, query=query, headers=headers, body=text)
    )
    return reply, json.loads(reply.body or b"null")


def order(account: str, our_no: str = "T1", **more: Any) -> dict[str, Any]:
    """The body of a create."""
    party = {"mobile_number": account}
    members = {"external_id": our_no, "product_id": 1, "auto_confirm": True}
    return {**members, "credit_party_identifier": party, **more}


async def test_the_simulator_challenges_first_requests() -> None:
    """Without credentials: 401 with WWW-Authenticate, which is what clients wait for."""
    reply, body = await ask(build("dtone"), "GET", "/v1/balances", authorized=False)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")
    assert body["errors"][0]["code"] == 1000401


@pytest.mark.parametrize("prefix", ["", "/v1", "/v1/v1"])
async def test_the_simulator_takes_paths_with_and_without_version(prefix: str) -> None:
    """Some clients append /v1 themselves, some do not; a body with a GET does not matter."""
    market = build("dtone")
    reply, body = await ask(market, "GET", f"{prefix}/products?page=2&per_page=4", {})
    assert reply.status == 200
    assert len(body) == 4
    headers = {name: reply.headers[name] for name in ("X-Total", "X-Total-Pages", "X-Page")}
    assert headers == {"X-Total": "10", "X-Total-Pages": "3", "X-Page": "2"}
    assert reply.headers["X-Next-Page"] == "3"


async def test_the_simulator_executes_nothing_before_the_confirmation() -> None:
    """auto_confirm=false: CREATED, not in the ledger; confirmed once; then never cancelled."""
    market = build("dtone")
    _, created = await ask(market, "POST", "/v1/sync/transactions", order("1", auto_confirm=False))
    assert created["status"]["class"]["id"] == 1
    assert market.ledger.executions() == []
    path = f"/v1/sync/transactions/{created['id']}/confirm"
    _, confirmed = await ask(market, "POST", path, {})
    assert confirmed["status"]["class"]["message"] == "COMPLETED"
    assert len(market.ledger.executions()) == 1
    again, body = await ask(market, "POST", path, {})
    assert (again.status, body["errors"][0]["code"]) == (400, 1007002)
    late, _ = await ask(market, "POST", f"/v1/transactions/{created['id']}/cancel", {})
    assert late.status == 400


async def test_the_simulator_cancels_what_was_not_confirmed() -> None:
    """CREATED may be cancelled, gives the money back, and cannot be confirmed any more."""
    market = build("dtone")
    before = market.balance_minor
    _, created = await ask(market, "POST", "/v1/async/transactions", order("1", auto_confirm=False))
    assert market.balance_minor < before
    _, gone = await ask(market, "POST", f"/v1/transactions/{created['id']}/cancel", {})
    assert gone["status"]["class"]["message"] == "CANCELLED"
    assert market.balance_minor == before
    reply, _ = await ask(market, "POST", f"/v1/async/transactions/{created['id']}/confirm", {})
    assert reply.status == 400
    await market.close()


@pytest.mark.parametrize(
    ("tail", "word"),
    [
        ("400", "COMPLETED"),
        ("401", "COMPLETED"),  # with a PIN
        ("402", "DECLINED-INVALID-CREDIT-PARTY"),
        ("403", "DECLINED-BARRED-CREDIT-PARTY"),
        ("404", "DECLINED-OPERATOR-CURRENTLY-UNAVAILABLE"),
        ("405", "DECLINED-DUPLICATED-TRANSACTION"),
        ("406", "DECLINED"),
        ("007", "DECLINED-EXCEPTION"),  # before api.md's 007, as asked for
        ("102", "DECLINED-INVALID-CREDIT-PARTY"),  # later
    ],
)
async def test_the_sandbox_numbers_when_asked_for(tail: str, word: str) -> None:
    """sandbox=on: the platform's own magic numbers decide, 401 brings a PIN."""
    market = build("dtone", settings={"sandbox": "on", "time_scale": "0.0001"})
    path = "/v1/sync/transactions"
    _, body = await ask(market, "POST", path, order(f"+86138001{tail}"))
    assert body["status"]["message"] == word
    assert (body["pin"] is not None) == (tail == "401")
    assert len(market.ledger.executions()) == (word == "COMPLETED")
    await market.close()


async def test_api_md_counts_without_the_sandbox() -> None:
    """Without the switch 102 is a success and 001 a refusal."""
    market = build("dtone")
    path = "/v1/sync/transactions"
    _, body = await ask(market, "POST", path, order("+86138001102"))
    assert body["status"]["message"] == "COMPLETED"
    reply, _ = await ask(market, "POST", path, order("+86138001001", our_no="T2"))
    assert reply.status == 404
    await market.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/async/transactions", {}, 400),
        ("POST", "/v1/async/transactions", {"external_id": "T1"}, 400),
        ("POST", "/v1/async/transactions", [1], 400),
        ("POST", "/v1/nowhere", {}, 404),
        ("POST", "/v1/async/transactions/9/confirm", {}, 404),
        ("GET", "/v1/transactions/9", None, 404),
        ("GET", "/v1/products?page=0", None, 400),
        ("GET", "/v1/products?per_page=101", None, 400),
        ("GET", "/v1/nowhere", None, 404),
    ],
)
async def test_the_simulator_survives_odd_requests(
    method: str, path: str, body: Any, status: int
) -> None:
    """Odd requests get the platform's own error body."""
    reply, answer = await ask(build("dtone"), method, path, body)
    assert reply.status == status
    assert answer["errors"][0]["code"]
