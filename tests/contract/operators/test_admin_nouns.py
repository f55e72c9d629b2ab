"""Every noun's list and rows, and an order's life: admin.md, "REST" and "Finding"."""

from typing import Any

import pytest

from gateway.ground.config import Config
from gateway.ground.desk.given import members
from gateway.ground.desk.route import route_of
from gateway.nouns import DECLARED, VIEWS
from tests.conftest import Cli, as_owner, in_own_loop
from tests.world import WORLD_FILES
from tests.world.admin import Operator, in_force

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")
CALLBACK = (
    "INSERT INTO callback (upstream_id, attempt_id, verdict, hint, body, digest, size, times)"
    " SELECT u.id, a.id, 'trusted', 'failed', 'said', sha256('said')::bytea, 4, n FROM upstream u,"
    " (VALUES (302, 2), (NULL, 1)) AS a (id, n)"
).replace("sha256('said')::bytea", "substring(sha256('said') FOR 16)")


@pytest.fixture(scope="module", autouse=True)
def _world(config: Config, command: Cli, tokens: Any) -> None:
    """The small world of the audit, and two callbacks."""
    assert tokens

    async def make() -> None:
        import asyncpg

        from gateway.ground.sql.connecting import session_settings

        connection = await asyncpg.connect(
            as_owner(str(config.database_url)), server_settings=session_settings()
        )
        await connection.execute(WORLD)
        await connection.execute(CALLBACK)
        await connection.close()

    in_own_loop(make())
    assert command("campaign", "list", "--json").returncode == 0


@pytest.fixture
async def ready(admin: Operator) -> Operator:
    """Who may everything, known to the gateway."""
    await in_force(admin)
    return admin


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(route_of(view).path))
async def test_every_list_has_pages_and_every_row_a_place(ready: Operator, view: Any) -> None:
    """200 with `data` and `next_cursor`, whatever is asked; a row is found again by its name, and
    of its version.

    Seen red without `pages_of`: 13 nouns had rows that nothing showed.
    """
    required = {m.name: "vip" for m in members(view.given) if m.required}
    path = route_of(view).path
    page = await ready.get(path, limit="2", **required)
    assert page.status == 200, page.json
    assert set(page.json) == {"data", "next_cursor"}
    singles = {route_of(one).path for one in DECLARED if route_of(one).method == "GET"}
    key = {"batches": "batch"}.get(path, view.noun.key or view.noun.name)
    assert f"{path}/{{{key}}}" in singles
    for row in page.json["data"] if path != "upstreams" else ():  # its settings are made up
        asked = required if (path, "shelf") == ("shelves", key) else {}
        found = await ready.get(f"{path}/{row[key]}", **asked)
        assert found.status == 200, found.json
        assert found.json.get(key) == row[key]
        assert found.headers["ETag"] == f'"{row["version"]}"'
    nothing = await ready.get(f"{path}/no-such-row", **(required if key == "shelf" else {}))
    assert nothing.status in {400, 404}


@pytest.mark.parametrize(
    ("path", "query", "key", "found"),
    [
        ("attempts", {"order_no": "202"}, "attempt_no", ["302"]),
        ("attempts", {"upstream": "u", "state": "rejected"}, "attempt_no", ["302"]),
        ("attempts", {"upstream": "none"}, "attempt_no", []),
        ("callbacks", {"order_no": "202"}, "attempt_no", ["302"]),
        ("callbacks", {"attempt_no": "302"}, "times", [2]),
        ("callbacks", {"attempt_no": "301"}, "times", []),
        ("callbacks", {"upstream": "u"}, "times", [1, 2]),
        ("entries", {"order_no": "202"}, "kind", ["refund", "charge"]),
        ("entries", {"order_no": "202", "kind": "charge"}, "amount", [-500]),
        ("entries", {"partner": "acme", "kind": "deposit"}, "entry", ["acme:1"]),
        ("orders", {"out_order_no": "a"}, "order_no", ["101"]),
        ("orders", {"sku": "TOP", "state": "failed"}, "order_no", ["202"]),
        ("orders", {"sku": "none"}, "order_no", []),
        ("webhooks", {"order_no": "202"}, "order_no", ["202"]),
        ("webhooks", {"order_no": "202", "state": "dead"}, "order_no", []),
        ("skus", {"kind": "topup"}, "sku", ["TOP"]),
        ("skus", {"pool": "vip", "on_sale": "true"}, "sku", ["VIP"]),
        ("skus", {"price": "500"}, "sku", ["TOP"]),
        ("operators", {"roles": "finance"}, "operator", ["the-finance"]),
        ("batches", {"pool": "vip"}, "pool", ["vip"]),
    ],
)
async def test_filters_are_columns(
    ready: Operator, path: str, query: dict[str, str], key: str, found: list[Any]
) -> None:
    """What they name is what the rows have. Seen red without `keep`."""
    rows = (await ready.get(path, **query)).json["data"]
    assert sorted(map(str, (row[key] for row in rows))) == sorted(map(str, found))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("attempts", {"state": "flying"}), ("attempts", {"order_no": "x"}),
        ("entries", {"kind": "gift"}), ("entries", {"cursor": "17"}),
        ("skus", {"on_sale": "perhaps"}), ("skus", {"price": "much"}),
        ("callbacks", {"hint": "failed"}), ("orders", {"account": "1"}),
    ],
)  # fmt: skip
async def test_what_is_no_filter_or_no_value_is_400(
    ready: Operator, path: str, query: dict[str, str]
) -> None:
    """Never passed over in silence: of what grows with orders only what an index serves."""
    answer = await ready.get(path, **query)
    assert (answer.status, answer.code) == (400, "invalid-request")


async def test_entries_meet_page_by_page(ready: Operator) -> None:
    """Partner by partner, runs of charges in pieces, each once. Seen red with `<=`."""
    whole = [row["entry"] for row in (await ready.get("entries", limit="200")).json["data"]]
    for kind in ({}, {"kind": "charge"}):
        every = (await ready.get("entries", limit="200", **kind)).json["data"]
        seen: list[str] = []
        query = {"limit": "2", **kind}
        while True:
            page = (await ready.get("entries", **query)).json
            seen += [row["entry"] for row in page["data"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == [row["entry"] for row in every]
    assert len(whole) > 6


async def test_an_order_s_life(ready: Operator) -> None:
    """One answer has it all, and no code; each event leads to a row there is."""
    answer = await ready.get("orders/202")
    assert answer.status == 200
    order = answer.json
    assert {
        "timeline", "attempts", "callbacks", "webhooks", "entries", "reveals", "cases",
    } <= set(order)  # fmt: skip
    assert [row["attempt_no"] for row in order["callbacks"]] == ["302"]
    assert "callback" in {event["kind"] for event in order["timeline"]}
    for event in order["timeline"]:
        found = await ready.get(event["ref"])
        assert found.status == 200, event
