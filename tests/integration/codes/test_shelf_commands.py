"""`quangate shelf`: what operators say, and what they are told."""

import uuid
from typing import Any

from tests.conftest import Cli

COUNTS = (
    "codes", "free", "leased", "held", "in_doubt", "delivered", "void", "expired", "lent",
    "borrowed",
)  # fmt: skip

WINDOW = "--from 2099-01-01T00:00:00Z --to 2099-01-02T00:00:00Z"


def test_a_shelf_s_life_at_the_command_line(cli: Cli) -> None:
    """Created, moved to, listed, closed: each answers as the contract says, and leaves a row."""
    pool = f"shelf-{uuid.uuid4().hex[:8]}"
    cli("pool", "create", pool)
    cli("codes", "generate", "10", "--pool", pool, "--pattern", "AAAAAA-999999")
    cli(
        "sku", "create", pool, "--name", pool, "--kind", "code", "--pool", pool, "--price", "1",
        "--min-life", "3",
    )  # fmt: skip
    limited = cli("sku", "limit", pool, "--min-life", "0", "--json").json
    assert limited["min_life"] == 0

    made = cli(
        "shelf", "create", pool, "app", "--codes", "4", "--sku", pool, "--borrow", "--reserve", "1",
        "--until", "2100-01-01T00:00:00Z", "--json",
    )  # fmt: skip
    assert made.json["shelf"] == "app"
    assert cli("shelf", "move", pool, "main", "app", "2", "--json").json == {"moved": 2}
    shelves = cli("shelf", "list", pool, "--json").json["shelves"]
    assert [(shelf["shelf"], *(shelf[name] for name in COUNTS)) for shelf in shelves] == [
        ("main", 4, 4, 0, 0, 0, 0, 0, 0, 0, 0),
        ("app", 6, 6, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    refused = cli("shelf", "move", pool, "app", "main", "7")
    assert refused.returncode == 1
    assert "app has 6 free codes and 7 are wanted: nothing was moved" in refused.stderr
    twice = cli("shelf", "create", pool, "web", "--codes", "1", "--sku", pool)
    assert (twice.returncode, "close that one first" in twice.stderr) == (1, True)
    assert cli("shelf", "create", pool, "web", "--codes", "5").returncode == 1
    assert cli("shelf", "close", pool, "app", "--json").json == {"returned": 6}
    verbs = [row["action"] for row in cli("change", "list", "--json").json["changes"]]
    assert {"shelf.create", "shelf.move", "shelf.close"} <= set(verbs)


def test_a_campaigns_shelf_ends_with_it(command: Cli) -> None:
    """Unless that is said otherwise; of a campaign that is over there is none.

    Seen red with what --until says taken alone.
    """
    pool = f"shelf-{uuid.uuid4().hex[:8]}"
    for words in (
        f"pool create {pool}", f"codes generate 10 --pool {pool} --pattern AAAAAA-999999",
        f"sku create {pool} --name {pool} --kind code --pool {pool} --price 1",
        f"campaign create c-{pool} --sku {pool} {WINDOW}",
        f"shelf create {pool} flash --codes 2 --campaign c-{pool}",
    ):  # fmt: skip
        done = command(*words.split())
        assert done.returncode == 0, (words, done.stderr)
    until = {row["shelf"]: row["until"] for row in _shelves(command, pool)}
    assert until == {"main": None, "flash": "2099-01-02T00:00:00Z"}
    moved = command("campaign", "change", f"c-{pool}", "--to", "2099-01-03T00:00:00Z")
    assert moved.returncode == 0
    assert _shelves(command, pool)[1]["until"] == "2099-01-03T00:00:00Z"
    assert command("campaign", "end", f"c-{pool}").returncode == 0
    late = command("shelf", "create", pool, "late", "--codes", "2", "--campaign", f"c-{pool}")
    assert late.returncode != 0
    assert "is over" in late.stderr


def _shelves(command: Cli, pool: str) -> list[dict[str, Any]]:
    """As they are listed."""
    rows: list[dict[str, Any]] = command("shelf", "list", pool, "--json").json["shelves"]
    return rows
