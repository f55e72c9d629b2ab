"""The first page: how the shop stands, for whoever may see what (admin.md, "The console")."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from gateway.console.overview import COUNTED_MAX, Number, counted, health, level, orders
from tests.conftest import Cli
from tests.world.gateway_process import Gateway
from tests.world.no_script import Browser, browser, make_person

CODES: Final = 12


@pytest.fixture
async def tab(gateway: Gateway) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with browser(gateway.url) as tab:
        yield tab


@pytest.fixture(scope="module", autouse=True)
def _stocked(gateway: Gateway, command: Cli) -> None:
    """A pool with less than its mark."""
    assert command("pool", "create", "short").returncode == 0
    made = command("codes", "generate", str(CODES), "--pool", "short", "--pattern", "S-####-####")
    assert made.returncode == 0, made.stderr
    sold = command(
        "sku", "create", "SHORT", "--name", "Short", "--kind", "code", "--pool", "short",
        "--price", "100", "--low-stock", "50",
    )  # fmt: skip
    assert sold.returncode == 0, sold.stderr
    assert gateway.url


async def test_each_number_leads_to_what_it_counts(tab: Browser, command: Cli) -> None:
    """Every link of the overview is a page that answers 200 to whoever sees it."""
    page = await tab.sign_in(make_person(command, "over-ann", "admin"), "/console")
    assert page.status == 200
    assert "Wait for a person" in page.text
    assert f"{CODES} / {CODES}" in page.text
    leads = {each for each in page.links.values() if each.startswith("/console/")}
    assert {"/console/orders?parked=true", "/console/pools/short"} <= leads
    answers = {path: (await tab.get(path)).status for path in sorted(leads)}
    assert answers == dict.fromkeys(answers, 200)


async def test_nobody_sees_what_he_may_not(tab: Browser, command: Cli) -> None:
    """Who may not read a part does not see it, and the page is whole without it."""
    assert command("role", "create", "poor", "--permission", "pools:read").returncode == 0
    page = await tab.sign_in(make_person(command, "over-bob", "poor"), "/console")
    assert page.status == 200
    assert f"{CODES} / {CODES}" in page.text
    for part in ("Money of partners", "Being delivered", "The books", "What has to be looked at"):
        assert part not in page.text


async def test_levels_say_what_is_short_and_what_ends(
    tab: Browser, command: Cli, tmp_path: Path
) -> None:
    """A pool below its mark is short; of codes with an end the first one is told, and its batch.

    Seen red without the bound of days: what ends in years was counted, too.
    """
    assert command("pool", "create", "ending").returncode == 0
    ends = [datetime.now(UTC) + timedelta(days=days) for days in (9, 20, 400)]
    lines = [f"END-{n:04d}-7F3K,{at:%Y-%m-%d}" for n, at in enumerate(ends)]
    file = tmp_path / "ending.csv"
    file.write_text("\n".join(["code,expires_at", *lines]), encoding="utf-8")
    sent = command("codes", "import", str(file), "--pool", "ending", "--yes")
    assert sent.returncode == 0, sent.stderr
    ann = make_person(command, "over-levels", "stock")
    page = await tab.sign_in(ann, "/console/stock", code=ann.recovery_codes.pop())
    assert page.status == 200
    assert "short Short" in page.text
    assert "3 of 3 are left" in page.text
    first = ends[0] + timedelta(days=1)  # a day that is named is the last one
    assert f"2 expire soon, the first: {first:%Y-%m-%d} 00:00:00Z" in page.text
    assert page.links["ending"] == "/console/pools/ending"
    pool = await tab.get("/console/pools/ending")
    assert "For sale 3" in pool.text
    assert "ending 3 / 3" in " ".join((await tab.get("/console")).text.split())


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0"), (1234, "1,234"), (COUNTED_MAX, "10,000"), (10_001, "10k+")]
)
def test_a_count_that_stopped_says_so(count: int, said: str) -> None:
    """10,001 means: more than were counted."""
    assert counted(count) == said


def test_what_is_urgent_looks_so() -> None:
    """Orders that wait for a person are bad, none of them is good; an empty pool, a held lane."""
    tones: dict[str, Number] = {one.label: one for one in orders({"parked": 3, "uncertain": 1})}
    assert [tones[x].tone for x in ("Being delivered", "Outcome not known")] == ["plain", "note"]
    assert tones["Wait for a person"].tone == "bad"
    assert orders({})[2].tone == "good"
    for imported, free, mark, tone, width in (
        (10, 0, 0, "bad", "0.0"), (10, 4, 5, "note", "40.0"), (0, 0, 0, "bad", "0.0"),
    ):  # fmt: skip
        bar = level(
            {
                "pool": "a",
                "imported": imported,
                "for_sale": free,
                "mark": mark,
                "days_of_cover": 1.5,
            }
        )
        assert (bar.tone, bar.width, bar.days) == (tone, width, 1.5)
    told = health(
        {
            "upstream": "u", "connector": "fulu", "paused": False, "ways": 2, "held_back": 1,
            "reason": "time-outs", "calls": 9, "failures": 9, "waiting": 0, "success_rate": 0.1,
            "latency_s": 2.0,
        }
    )  # fmt: skip
    assert (told.tone, told.note, told.text) == ("bad", "Held back", "10 %")
