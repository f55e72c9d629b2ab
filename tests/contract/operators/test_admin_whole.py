"""What looks at all of the shop, by API: admin.md, "Names": audit, doctor, reconcile."""

from typing import Any

import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.admin import Operator, in_force


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


async def test_the_audit(ready: Operator, command: Cli) -> None:
    """The same invariants that the command checks; of a part, too; of no future."""
    answer = await ready.get("audit")
    assert answer.status == 200, answer.json
    typed = command("audit", "--json").json
    assert answer.json["ok"] is True
    assert [check["invariant"] for check in answer.json["checks"]] == [
        check["invariant"] for check in typed["checks"]
    ]
    assert (await ready.get("audit", since="2026-01-01T00:00:00Z")).json["ok"] is True
    for since in ("2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "yesterday"):
        assert (await ready.get("audit", since=since)).status == 400


async def test_the_doctor(ready: Operator, command: Cli, config: Config) -> None:
    """The checks of the machine that answers, each with what it found."""
    answer = await ready.get("doctor")
    assert answer.status == 200, answer.json
    typed = command("doctor", "--json").json
    names = {check["name"] for check in typed["checks"]}
    assert {check["name"] for check in answer.json["checks"]} == names
    assert config.data.exists()
    assert (await ready.get("me")).status == 200  # and it answers as before


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("none", {"date": "2026-01-01"}, (404, "not-found")),
        ("there", {"date": "someday"}, (400, "invalid-request")),
        ("there", {"date": "2999-01-01"}, (400, "invalid-request")),
        ("there", {}, (400, "invalid-request")),
        ("there", {"date": "2026-01-01"}, (409, "refused")),  # its platform lists nothing
    ],
)
async def test_a_day_is_reconciled(
    ready: Operator, name: str, body: dict[str, Any], told: tuple[int, str]
) -> None:
    """Refused in the command's words; who may not is 403 (test_admin_doors)."""
    await ready.post(
        "upstreams",
        {
            "upstream": "there", "connector": "kasushou", "base_url": "http://127.0.0.1:9",
            "set": {"userid": "u", "apikey": "k"},
        },
    )  # fmt: skip
    answer = await ready.post(f"upstreams/{name}/reconcile", body)
    assert (answer.status, answer.code) == told, answer.json
    if told[0] == 409:
        rows = (await ready.get("changes", subject="there", action="upstream.reconcile")).json
        assert rows["data"][0]["after"] == {"date": "2026-01-01"}


async def test_a_key_is_checked(ready: Operator) -> None:
    """What was refused of it by GET and POST; of a request in hand, which part differs."""
    await ready.post("partners", {"partner": "signing"})
    key = (await ready.post("keys", {"partner": "signing"})).json["key_id"]
    for answer in (await ready.get(f"keys/{key}/check"), await ready.post(f"keys/{key}/check", {})):
        assert answer.status == 200, answer.json
        assert answer.json == {"key_id": key, "partner": "signing", "state": "live", "refused": []}
    text = "POST /v1/orders HTTP/1.1\nX-Quangate-Timestamp: 1\n\n{}"
    found = (await ready.post(f"keys/{key}/check", {"request": text})).json["request"]
    assert (found["genuine"], found["differs"]) == (False, ["timestamp", "nonce", "signature"])
    refused = await ready.post(f"keys/{key}/check", {"request": "nonsense"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/request")
    assert (await ready.get("keys/qk_none/check")).status == 404
