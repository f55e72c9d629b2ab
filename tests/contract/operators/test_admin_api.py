"""What the admin API answers: admin.md, "REST", "Names", "Idempotency keys", "Changes"."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, in_force

KEY = "0123456789abcdef"
OTHER_KEY = "fedcba9876543210"


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


async def test_made_seen_listed_changed(ready: Operator) -> None:
    """201 with what the command prints, one by its name, a page of rows with versions."""
    made = await ready.post("partners", {"partner": "acme"})
    assert (made.status, made.json) == (201, {"partner": "acme"})
    assert made.headers["Cache-Control"] == "no-store"
    moved = await ready.post(
        "accounts/acme/deposit", {"amount": 5000, "reference": "bank-1", "reason": "paid in"}
    )
    assert (moved.status, moved.json["balance"]) == (200, 5000)
    shown = await ready.get("partners/acme")
    assert (shown.json["balance"], shown.json["partner"]) == (5000, "acme")
    listed = (await ready.get("partners")).json
    assert [row["partner"] for row in listed["data"]] == ["acme"]
    assert listed["next_cursor"] is None
    assert listed["data"][0]["version"] == shown.json["version"] != "0"
    twice = await ready.post("partners", {"partner": "acme"})
    assert (twice.status, twice.code) == (409, "already-exists")
    assert (await ready.get("partners/nobody")).status == 404
    key = await ready.post("keys", {"partner": "acme", "scope": ["orders:read"]})
    assert key.status == 201
    assert set(key.json) >= {"key_id", "secret", "delivery_key"}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("pools", {}, "/pool"),
        ("pools", {"pool": "x y"}, "/pool"),
        ("pools", {"pool": 7}, "/pool"),
        ("pools", {"pool": "a", "colour": "red"}, "/colour"),
        ("skus/VIP/price", {"sku": "VIP", "amount": 1}, "/sku"),
        ("accounts/acme/adjust", {"amount": 1, "reference": "r"}, "/reason"),
        ("accounts/acme/adjust", {"amount": 1, "reference": "r", "reason": "abc"}, "/reason"),
        ("accounts/acme/adjust", {"amount": 1, "reference": "r", "reason": " why"}, "/reason"),
        ("pools", {"pool": "a", "reason": "x" * 501}, "/reason"),
        ("holds/1/release", {}, "/reason"),
        # Nobody says himself who he is.
        ("orders/1/resolve", {"as": "failed", "by": "bob", "reason": "said so"}, "/by"),
        ("prices", {"sku": "S", "amount": 1, "by": "ann", "reason": "rival"}, "/by"),
        ("operators/root/unfreeze", {}, "/reason"),
    ],
)
async def test_what_is_wrong_is_named(
    ready: Operator, path: str, body: dict[str, object], pointer: str
) -> None:
    """400 `invalid-request` with a pointer, and nothing is done."""
    answer = await ready.post(path, body)
    assert (answer.status, answer.code) == (400, "invalid-request")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("partners", {"colour": "red"}), ("partners", {"limit": "0"}),
        ("partners", {"limit": "201"}),
        ("partners", {"cursor": "nonsense"}), ("partners", {"sort": "colour"}),
        ("orders", {"cursor": "x"}), ("orders", {"sort": "amount"}),
        ("orders", {"parked": "maybe"}),
        ("pools/x", {"colour": "red"}),
    ],
)  # fmt: skip
async def test_unknown_filters_and_cursors_are_400(
    ready: Operator, path: str, query: dict[str, str]
) -> None:
    """Never passed over in silence."""
    answer = await ready.get(path, **query)
    assert (answer.status, answer.code) == (400, "invalid-request")


async def test_pages_meet(ready: Operator) -> None:
    """Every row once, also while others are made; in another order, too."""
    for name in "dbace":
        assert (await ready.post("pools", {"pool": f"page-{name}"})).status == 201
    for sort in ("pool", "-pool"):
        seen: list[str] = []
        query = {"limit": "2", "sort": sort}
        while True:
            page = (await ready.get("pools", **query)).json
            seen += [row["pool"] for row in page["data"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        pages = [name for name in seen if name.startswith("page-")]
        assert pages == sorted(pages, reverse=sort[0] == "-")
        assert len(set(seen)) == len(seen)


async def test_a_key_is_used_once(ready: Operator, command: Cli) -> None:
    """Same body, same answer, done once; another body 409; what was refused used nothing up.

    Seen red without the primary key, and with a key taken outside the transaction.
    """
    await ready.post("partners", {"partner": "once"})
    body = {"amount": 70, "reference": "k1"}
    refused = await ready.post("accounts/none/deposit", body, idempotency_key=KEY)
    assert refused.status == 404
    answers = await asyncio.gather(
        *(ready.post("accounts/once/deposit", body, idempotency_key=KEY) for _ in range(5))
    )
    assert {(a.status, a.json["balance"]) for a in answers} == {(200, 70)}
    assert sorted("Quangate-Replayed" in a.headers for a in answers) == [False] + [True] * 4
    rows = command("change", "list", "--subject", "once", "--action", "account.deposit", "--json")
    assert len(rows.json["changes"]) == 1
    other = await ready.post("accounts/once/deposit", {**body, "amount": 71}, idempotency_key=KEY)
    assert (other.status, other.code) == (409, "idempotency-conflict")
    elsewhere = await ready.post("pools", {"pool": "own-route"}, idempotency_key=KEY)
    assert elsewhere.status == 201
    short = await ready.post("pools", {"pool": "z"}, idempotency_key="short")
    assert short.status == 400


async def test_what_is_shown_once_is_kept_for_no_key(ready: Operator) -> None:
    """Of such an answer the rest is told again. Seen red without `shows`."""
    body = {"operator": "root", "label": "again"}
    first = await ready.post("tokens", body, idempotency_key=KEY)
    again = await ready.post("tokens", body, idempotency_key=KEY)
    assert (first.status, again.status) == (201, 201)
    assert again.json == {name: v for name, v in first.json.items() if name != "token"}


async def test_who_saw_an_older_version_is_told(ready: Operator) -> None:
    """412, and nothing is done; of two that saw the same, one wins. Seen red without the check."""
    await ready.post("partners", {"partner": "seen"})
    version = (await ready.get("accounts/seen")).json["version"]
    body = {"amount": 100, "reason": "as agreed"}
    both = await asyncio.gather(
        *(
            ready.post("accounts/seen/credit-limit", {**body, "amount": n}, if_match=f'"{version}"')
            for n in (100, 200)
        )
    )
    assert sorted(answer.status for answer in both) == [200, 412]
    assert {answer.json.get("code") for answer in both} == {None, "changed-meanwhile"}
    now = (await ready.get("accounts/seen")).json["version"]
    assert int(now) > int(version)
    fine = await ready.post("accounts/seen/credit-limit", body, if_match=f'"{now}"')
    assert fine.status == 200
    assert (await ready.post("accounts/seen/credit-limit", body, if_match="x")).status == 400


async def test_a_change_says_by_which_way_it_came(ready: Operator, command: Cli) -> None:
    """Actor, token, request; the same row the command line shows."""
    made = await ready.post("pools", {"pool": "told", "reason": "for tests"})
    (row,) = (await ready.get("changes", subject="told")).json["data"]
    me = (await ready.get("me")).json
    assert (row["actor"], row["via"], row["token"]) == ("root", "api", me["token_id"])
    assert row["request_id"] == made.headers["Request-Id"]
    assert (row["reason"], row["alone"]) == ("for tests", False)
    shown = command("change", "list", "--subject", "told", "--json").json["changes"]
    assert shown[0]["request_id"] == row["request_id"]
    command("pool", "create", "typed", "--json")
    assert (
        command("change", "list", "--subject", "typed", "--json").json["changes"][0]["via"] == "cli"
    )
    assert command("audit", "--json").json["ok"]


async def test_a_job_runs_for_somebody_who_is_no_terminal(ready: Operator) -> None:
    """More than one transaction, done once for its key; refused, the key is free again."""
    await ready.post("pools", {"pool": "made"})
    body = {"count": 20, "pool": "made", "pattern": "AAAA-9999"}
    refused = await ready.post("codes/generate", {**body, "pattern": "A"}, idempotency_key=KEY)
    assert refused.status in {400, 409}
    made = await ready.post("codes/generate", body, idempotency_key=KEY)
    assert (made.status, made.json["generated"]) == (200, 20)
    again = await ready.post("codes/generate", body, idempotency_key=KEY)
    assert (again.json, again.headers["Quangate-Replayed"]) == (made.json, "true")
    stats = (await ready.get("codes/stats", pool="made")).json
    assert (stats["imported"], stats["free"]) == (20, 20)


async def test_a_job_asked_for_again_while_it_runs(ready: Operator, connection: Any) -> None:
    """Its answer is waited for a moment, and given; what takes longer may be asked for again.

    Seen red: 409 `refused`, which a client does not repeat.
    """
    await ready.post("pools", {"pool": "twice"})
    body = {"count": 20, "pool": "twice", "pattern": "AAAA-9999"}
    answers = await asyncio.gather(
        *(ready.post("codes/generate", body, idempotency_key=OTHER_KEY) for _ in range(4))
    )
    assert [answer.status for answer in answers] == [200] * 4, [a.json for a in answers]
    assert all(answer.json == answers[0].json for answer in answers)
    assert (await ready.get("codes/stats", pool="twice")).json["imported"] == 20
    await connection.execute(
        "UPDATE desk_request SET status = NULL, answer = NULL WHERE key = $1", OTHER_KEY
    )
    under_way = await ready.post("codes/generate", body, idempotency_key=OTHER_KEY)
    assert (under_way.status, under_way.code) == (503, "overloaded")
    assert (under_way.json["retryable"], under_way.headers["Retry-After"]) == (True, "1")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("skus", {"sku": "F", "name": "Free", "kind": "code", "pool": "free", "price": 0}),
        ("prices", {"sku": "P", "amount": 0, "reason": "for tests"}),
    ],
)
async def test_a_price_of_nothing_names_its_member(
    ready: Operator, path: str, body: dict[str, object]
) -> None:
    """As the API calls it. Seen red: "say --allow-zero"."""
    await ready.post("pools", {"pool": "free"})
    await ready.post(
        "skus", {"sku": "P", "name": "Paid", "kind": "code", "pool": "free", "price": 5}
    )
    told = await ready.post(path, body)
    assert told.status == 409, told.json
    assert told.json["why"] == "zero-price"
    assert "say allow_zero" in told.json["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("operators", {"operator": "second", "role": ["admin"]}),
        ("operators/root/roles", {"add": ["admin"]}),
        ("roles/viewer/grant", {"permission": "settings:set"}),
        ("settings/four_eyes.adjustment.CNY/set", {"value": "none"}),
        ("settings/four_eyes.deposit.CNY/set", {"value": "5"}),
    ],
)
async def test_nobody_does_alone_what_wants_two(
    ready: Operator, path: str, body: dict[str, object]
) -> None:
    """409 `refused` where nobody else could approve; but a lower limit is in force at once.

    Seen red without `approvers` in `weigh`.
    """
    answer = await ready.post(path, body)
    if path == "settings/four_eyes.deposit.CNY/set":
        assert (answer.status, answer.json["value"]) == (200, 5)
        answer = await ready.post(path, {"value": "6"})
    assert (answer.status, answer.code) == (409, "refused")
    assert "second person" in answer.json["detail"]
    assert answer.json["why"] == "nobody-to-approve"


async def test_an_operator_is_made_by_api(ready: Operator, client: httpx.AsyncClient) -> None:
    """With roles that its maker has; the secrets are shown."""
    made = await ready.post("operators", {"operator": "newbie", "role": ["viewer"], "person": "n"})
    assert made.status == 201
    assert set(made.json) == {
        "operator", "password", "totp_secret", "totp_uri", "recovery_codes",
    }  # fmt: skip
    token = (await ready.post("tokens", {"operator": "newbie", "label": "l"})).json["token"]
    newbie = Operator(client, token)
    await in_force(newbie)
    assert (await newbie.get("orders")).status == 200
    assert (await newbie.post("tokens", {"operator": "newbie", "label": "l"})).status == 403
