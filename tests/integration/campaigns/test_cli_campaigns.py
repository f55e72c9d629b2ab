"""`quangate campaign`: windows, who may take part, the shelf, the price."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.campaigns.administration import SQL
from tests.conftest import Cli

HOUR = timedelta(hours=1)
SETTINGS = "--set app_key=k --set secret=0123456789abcdef0123456789abcdef"


def at(moment: timedelta) -> str:
    """So long from now, as it is typed."""
    return (datetime.now(UTC) + moment).isoformat()


@pytest.fixture(scope="module")
def shop(command: Cli) -> str:
    """A SKU with a hundred codes, and two partners."""
    assert command("keys", "create").returncode == 0
    for words in (
        "partner create acme", "partner create rival", "pool create vip",
        "codes generate 100 --pool vip --pattern AAAAAAAA",
        "sku create S --name S --kind code --pool vip --price 1000",
        f"upstream add f1 --connector fulu --base-url http://127.0.0.1:9 {SETTINGS}",
        "sku create T --name T --kind topup --price 9 --account-rule any --route f1:p",
    ):  # fmt: skip
        done = command(*words.split())
        assert done.returncode == 0, (words, done.stderr)
    return "S"


def create(command: Cli, name: str, begins: timedelta, lasts: timedelta, *more: str) -> None:
    """A campaign of S."""
    window = ("--from", at(begins), "--to", at(begins + lasts))
    done = command("campaign", "create", name, "--sku", "S", *window, *more, "--json")
    assert done.returncode == 0, done.stderr


def refused(command: Cli, *words: str) -> tuple[int, str]:
    """Exit code and code of a command that is refused."""
    done = command(*words, "--json")
    return done.returncode, done.json["error"]["code"]


def shelves(command: Cli) -> dict[str, int]:
    """Free codes of each open shelf of the pool."""
    rows = command("shelf", "list", "vip", "--json").json["shelves"]
    return {row["shelf"]: row["free"] for row in rows if row["closed_at"] is None}


def test_what_it_is_made_of(command: Cli, shop: str) -> None:
    """A shelf cut from the pool, a price row with it as condition, partners, a warm-up; the end of
    the campaign gives the shelf back, and again it changes nothing."""
    create(
        command, "c1", HOUR, HOUR, "--codes", "30", "--price", "500", "--partner", "acme",
        "--warm-up", "60", "--kind", "flash", "--per-buyer", "2",
    )  # fmt: skip
    assert shelves(command) == {"main": 70, "c1": 30}
    (price,) = command("price", "list", "--sku", shop, "--json").json["prices"]
    assert (price["campaign"], price["amount"]) == ("c1", 500)
    shown = command("campaign", "show", "c1", "--json").json
    assert (shown["campaign"], shown["state"], shown["partners"]) == ("c1", "coming", ["acme"])
    assert (shown["orders"], shown["units"], shown["amount"]) == (0, 0, 0)
    assert [(row["shelf"], row["codes"]) for row in shown["shelves"]] == [("c1", 30)]
    ended = command("campaign", "end", "c1", "--json").json
    assert (ended["state"], ended["returned"]) == ("over", 30)
    assert shelves(command) == {"main": 100}
    again = command("campaign", "end", "c1", "--json").json
    assert (again["ended_at"], again["returned"]) == (ended["ended_at"], 0)
    assert command("campaign", "show", "c1", "--json").json["state"] == "over"


def test_its_window_moves(command: Cli, shop: str) -> None:
    """One to come moves whole, its shelf's end with it; one that runs is extended, not moved."""
    create(command, "c2", HOUR, HOUR, "--codes", "5")
    later = at(5 * HOUR)
    moved = command("campaign", "change", "c2", "--from", at(2 * HOUR), "--to", later, "--json")
    assert moved.returncode == 0
    (row,) = [
        row
        for row in command("shelf", "list", "vip", "--json").json["shelves"]
        if row["shelf"] == "c2" and row["closed_at"] is None
    ]
    assert row["until"] == moved.json["ends_at"]
    assert refused(command, "campaign", "change", "c2", "--from", at(6 * HOUR)) == (
        2, "invalid-argument",
    )  # fmt: skip
    assert refused(command, "campaign", "change", "c2") == (2, "invalid-argument")
    command("campaign", "end", "c2")
    assert refused(command, "campaign", "change", "c2", "--to", later) == (1, "campaign-over")

    create(command, "c3", -HOUR, 2 * HOUR)
    assert refused(command, "campaign", "change", "c3", "--from", at(-2 * HOUR)) == (
        1, "campaign-running",
    )  # fmt: skip
    assert command("campaign", "change", "c3", "--to", at(3 * HOUR)).returncode == 0
    over = refused(command, "campaign", "change", "c3", "--to", at(-HOUR / 2))
    assert over == (2, "invalid-argument")
    assert command("campaign", "show", "c3", "--json").json["state"] == "open"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--codes", "101"), "not-enough-codes"),  # larger than what is free
        (("--partner", "nobody"), "not-found"),
        (("--price", "0"), "zero-price"),
        (("--kind", "lottery"), "usage"),
    ],
)
def test_bad_input_leaves_nothing(
    command: Cli, shop: str, more: tuple[str, ...], code: str
) -> None:
    """Neither a campaign nor a shelf nor a price."""
    window = ("--from", at(HOUR), "--to", at(2 * HOUR))
    before = shelves(command)
    done = command("campaign", "create", "bad", "--sku", shop, *window, *more, "--json")
    assert (done.returncode in {1, 2}, done.json["error"]["code"]) == (True, code)
    assert refused(command, "campaign", "show", "bad") == (1, "not-found")
    assert shelves(command) == before
    prices = command("price", "list", "--sku", shop, "--json").json["prices"]
    assert "bad" not in {row["campaign"] for row in prices}


def test_what_is_refused_is_said_in_its_own_options(command: Cli, shop: str) -> None:
    """`--price 0` is taken with the option it is refused without; a shelf for a window that is over
    is refused at --to. Seen red: there was no --allow-zero, and --until was named."""
    create(command, "gift", HOUR, HOUR, "--price", "0", "--allow-zero")
    rows = command("price", "list", "--sku", shop, "--json").json["prices"]
    assert [row["amount"] for row in rows if row["campaign"] == "gift"] == [0]
    window = ("--from", at(-2 * HOUR), "--to", at(-HOUR))
    done = command("campaign", "create", "past", "--sku", shop, *window, "--codes", "1", "--json")
    assert (done.returncode, done.json["error"]["code"]) == (2, "invalid-argument")
    assert done.json["error"]["detail"].startswith("--to is over already")
    assert refused(command, "campaign", "show", "past") == (1, "not-found")


def test_what_is_sold_from_no_pool_has_no_shelf(command: Cli, shop: str) -> None:
    """There is nothing to put aside of a top-up."""
    window = ("--from", at(HOUR), "--to", at(2 * HOUR))
    words = ("campaign", "create", "t", "--sku", "T", *window, "--codes", "1")
    assert refused(command, *words) == (2, "invalid-argument")
    for words in (("show", "no"), ("end", "no"), ("change", "no", "--to", at(HOUR))):
        assert refused(command, "campaign", *words) == (1, "not-found")


async def test_what_was_sold_is_looked_up(connection: Any) -> None:
    """By the index of orders that name a campaign, however many others there are.

    Seen red with the index away.
    """
    await connection.execute("SET enable_seqscan = off")
    plan = await connection.fetchval("EXPLAIN (FORMAT JSON) " + SQL.campaign_sales.text, "c1")
    assert "orders_campaign" in plan
    assert "Seq Scan" not in plan
