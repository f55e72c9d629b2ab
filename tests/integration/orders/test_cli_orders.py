"""`quangate order`: where is this order, where did this cent go."""

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from tests.conftest import Cli, as_owner, in_own_loop
from tests.world import WORLD_FILES

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def _world(config: Config) -> None:
    """The small world of the audit: two code orders, three top-ups, one order bought on demand."""

    async def make() -> None:
        connection = await asyncpg.connect(
            as_owner(str(config.database_url)), server_settings=session_settings()
        )
        await connection.execute(WORLD)
        await connection.execute("UPDATE orders SET parked = 'late success' WHERE id = 202")
        await connection.close()

    in_own_loop(make())


def test_an_order_is_told_whole(command: Cli) -> None:
    """`show` has the order, its attempts, its money and its messages, and no codes."""
    order = command("order", "show", "202", "--json").json
    assert (order["order_no"], order["state"], order["parked"]) == ("202", "failed", "late success")
    assert [(a["attempt_no"], a["state"]) for a in order["attempts"]] == [("302", "rejected")]
    assert [(e["kind"], e["amount"]) for e in order["entries"]] == [
        ("charge", -500),
        ("refund", 500),
    ]
    assert [w["type"] for w in order["webhooks"]] == ["order.failed"]
    assert "codes" not in order
    assert "refund " in command("order", "show", "202").stdout  # the tables, too


def test_an_order_s_life_is_one_line(command: Cli) -> None:
    """Oldest first; of what has one time, causes first; each with who, what and where it stands.

    Seen red without the order by cause.
    """
    order = command("order", "show", "202", "--json").json
    kinds = [event["kind"] for event in order["timeline"]]
    assert kinds[:3] == ["accepted", "charged", "claimed"]
    assert set(kinds) == {
        "accepted", "charged", "claimed", "answered", "settled", "refunded", "told",
    }  # fmt: skip
    assert [event["at"] for event in order["timeline"]] == sorted(
        event["at"] for event in order["timeline"]
    )
    assert all(set(event) == {"at", "kind", "actor", "text", "ref"} for event in order["timeline"])
    by_kind = {event["kind"]: event for event in order["timeline"]}
    assert (by_kind["accepted"]["actor"], by_kind["accepted"]["ref"]) == ("acme", "orders/202")
    assert by_kind["answered"]["ref"] == "attempts/302"
    assert by_kind["refunded"]["ref"].startswith("entries/acme:")
    assert (order["cases"], order["reveals"], order["callbacks"]) == ([], [], [])
    stock = command("order", "show", "101", "--json").json
    assert [reveal["actor"] for reveal in stock["reveals"]] == ["acme"]
    assert {"revealed", "claimed", "settled"} <= {event["kind"] for event in stock["timeline"]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["401", "203", "202", "201", "102", "101"]),  # newest first
        (("--limit", "2"), ["401", "203"]),
        (("--state", "delivered"), ["401", "201", "102", "101"]),
        (("--parked",), ["401", "202"]),  # 401: codes beyond what was ordered
        (("--partner", "acme", "--state", "uncertain"), ["203"]),
        (("--state", "partial"), []),
    ],
)
def test_orders_are_listed(command: Cli, options: tuple[str, ...], expected: list[str]) -> None:
    """Filters combine; the newest come first."""
    orders = command("order", "list", *options, "--json").json["orders"]
    assert [order["order_no"] for order in orders] == expected


@pytest.mark.parametrize(
    ("arguments", "returncode"),
    [
        (("show", "999"), 1),  # no such order
        (("show", "A-1"), 1),  # nor such one
        (("show", "9999999999999999999"), 1),  # nor one beyond all numbers
        (("list", "--partner", "nobody"), 1),
        (("list", "--state", "lost"), 2),
        (("list", "--limit", "0"), 2),
    ],
)
def test_wrong_questions_are_refused(
    command: Cli, arguments: tuple[str, ...], returncode: int
) -> None:
    """Unknown things exit 1, impossible ones 2."""
    assert command("order", *arguments, "--json").returncode == returncode
