"""`quangate campaign rehearse`: a campaign tried out in a copy that is thrown away."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tests.integration.campaigns.test_cli_campaigns import HOUR, SETTINGS, at, refused

pytestmark = pytest.mark.slow
SELLERS = "--partner acme --partner beta --warm-up 60"


@pytest.fixture(scope="module")
def shop(command: Cli) -> str:
    """A campaign to come with a shelf, a price and limits; a top-up; partners with keys."""
    assert command("keys", "create").returncode == 0
    window = f"--from {at(HOUR)} --to {at(2 * HOUR)}"
    for words in (
        "partner create acme", "partner create beta", "partner create other",
        "key create acme --rate 5", "account deposit acme 100 --reference R",
        "category create top", "category create below --parent top",
        "pool create vip", "codes generate 100 --pool vip --pattern AAAAAAAAAA",
        "sku create S --name S --kind code --pool vip --price 1000 --category below",
        f"campaign create c1 --sku S {window} --codes 40 --price 500 --per-buyer 1 {SELLERS}",
        "price floor --sku S --amount 400",
        "quota create lot --on category:top --per total --max 30",
        f"campaign create c2 --sku S {window} --pass required --rate 100 --new-buyers",
        f"upstream add f1 --connector fulu --base-url http://127.0.0.1:9 {SETTINGS}",
        "sku create T --name T --kind topup --price 9 --account-rule any --route f1:p",
        f"campaign create c3 --sku T {window}",
        f"campaign create c4 --sku S {window}", "campaign end c4",
    ):  # fmt: skip
        done = command(*words.split())
        assert done.returncode == 0, (words, done.stderr)
    return "S"


async def everything(connection: Any) -> dict[str, str]:
    """A digest of each table's rows."""
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = {}
    for (table,) in tables:
        rows = await connection.fetch(f'SELECT t::text FROM "{table}" AS t ORDER BY 1')
        found[table] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    return found


async def test_it_sells_as_the_campaign_would(
    command: Cli, shop: str, connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its price, within its limits, by its partners, from as many codes as it has; what ran out
    first is named. Afterwards the shop is as it was, and nothing is left of the copy.

    Seen red with quotas of categories not copied.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = await everything(connection)
    done = command("campaign", "rehearse", "c1", "--buyers", "60", "--json")
    assert done.returncode == 0, done.stderr
    figures = done.json
    assert (figures["campaign"], figures["sku"], figures["buyers"]) == ("c1", shop, 60)
    assert figures["partners"] == ["acme", "beta"]
    assert (figures["orders"], figures["sold"], figures["amount"]) == (66, 30, 30 * 500)
    assert figures["refused"] == {"purchase-limit": 36}
    assert sum(figures["refused_by_quota"].values()) == 36
    ran_out = figures["ran_out_first"]
    assert (ran_out["what"], ran_out["name"]) == ("quota", "lot")
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert figures["orders_per_s"] > 0
    assert figures["audit_ok"]
    assert await everything(connection) == before
    assert os.listdir(tmp_path) == []


def test_it_goes_through_the_waiting_room(command: Cli, shop: str) -> None:
    """Buyers of a campaign with passes wait for theirs; who bought in it bought before."""
    done = command("campaign", "rehearse", "c2", "--buyers", "20", "--json")
    assert done.returncode == 0, done.stderr
    assert done.json["sold"] == 20
    assert sum(done.json["refused"].values()) == 2
    assert set(done.json["refused"]) <= {"pass-used", "forbidden"}


@pytest.mark.parametrize(
    ("name", "code"), [("c3", "no-stock"), ("c4", "campaign-over"), ("c5", "not-found")]
)
def test_what_cannot_be_rehearsed(command: Cli, shop: str, name: str, code: str) -> None:
    """Nothing is started for what is bought from upstreams, is over, or is not there."""
    assert refused(command, "campaign", "rehearse", name, "--buyers", "5") == (1, code)


def test_there_have_to_be_buyers(command: Cli, shop: str) -> None:
    """None, too many, or no number is wrong usage."""
    for more in (["--buyers", "0"], ["--buyers", "100001"], ["--buyers", "x"], []):
        assert command("campaign", "rehearse", "c1", *more, "--json").returncode == 2
