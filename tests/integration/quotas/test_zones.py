"""Days and hours of partners: SQL counts in the windows that Python says end, and tells them alike
for ever, also when the partner's zone has changed since."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from gateway.quotas.rules import Per, Quota, Window
from tests.conftest import Cli
from tests.integration.quotas.quota_books import NOW, complaints, had, make_quota, take

OK, USED_UP = 1, 5
TICK = timedelta(microseconds=1)
# Each in the year of a change of its clock: at night, at midnight, by half an hour; or none.
ZONES = (
    "Asia/Shanghai", "Asia/Kolkata", "America/New_York", "America/Havana", "America/Santiago",
    "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "UTC",
)  # fmt: skip


@pytest.fixture
async def books(connection: Any) -> AsyncIterator[Any]:
    """A connection inside a transaction, rolled back at the end."""
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    assert await complaints(connection) == []
    await transaction.rollback()


async def lives_in(books: Any, zone: str, since: str = "-infinity", partner: int = 1) -> None:
    """The partner's zone from a moment on."""
    await books.execute(
        "INSERT INTO partner_zone (partner_id, since, zone)"
        f" VALUES ({partner}, '{since}', $1)", zone,
    )  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window", [Window.DAY, Window.HOUR])
async def test_a_window_ends_when_we_say(books: Any, zone: str, window: Window) -> None:
    """Every window of a year: all of it up to `resets_at` is one, and what follows is another.

    Seen red with a day that ends 24 hours after it began.
    """
    await lives_in(books, zone)
    quota = Quota(id=1, name="q", per=Per.PARTNER, window=window, most=1)
    now, ends, moments = datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC), [], []
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        end = quota.resets_at(now, ZoneInfo(zone))
        assert end is not None
        assert now < end <= now + timedelta(hours=26)
        ends.append(end)
        moments += [now, end - TICK, end]
        now = end
    rows = await books.fetch(
        "SELECT quota_period('partner', $1, '1', m) AS period FROM unnest($2::timestamptz[]) AS m",
        window.value, moments,
    )  # fmt: skip
    periods = [row["period"] for row in rows]
    for n, end in enumerate(ends):
        first, last, following = periods[3 * n : 3 * n + 3]
        assert (first == last, last == following) == (True, False), end
    assert len(set(periods[::3])) == len(ends)


@pytest.mark.parametrize("per", ["buyer", "partner"])
async def test_a_partner_s_day_is_its_own(books: Any, per: str) -> None:
    """Midnight in Shanghai begins another day for this partner, not for one that says nothing.

    Seen red with the subject's partner not looked at.
    """
    await lives_in(books, "Asia/Shanghai")
    quota = await make_quota(books, "q", per, 1, span="day")
    midnight = datetime(2026, 11, 29, 16, tzinfo=UTC)
    outcomes = []
    for n, (partner, moment) in enumerate(
        [(1, midnight - TICK), (1, midnight), (1, midnight + timedelta(hours=23)),
         (2, midnight - TICK), (2, midnight), (2, midnight + timedelta(hours=8))]
    ):  # fmt: skip
        subject = f"{partner} ann" if per == "buyer" else f"{partner}"
        owner = (n, 1, [(quota, subject)])
        outcomes.append((await take(books, [owner], now=moment, partner=partner))[0][0])
    assert outcomes == [OK, OK, USED_UP, OK, USED_UP, OK]


async def test_what_counts_across_partners_counts_in_utc(books: Any) -> None:
    """A device's, an address's, a recipient's day, and everybody's."""
    await lives_in(books, "Asia/Shanghai")
    for n, (per, subject) in enumerate(
        [("device", "1 d"), ("ip", "1.2.3.4"), ("recipient", "139"), ("total", "")]
    ):
        quota = await make_quota(books, per, per, 1, span="day")
        for k, (moment, expected) in enumerate(
            [(NOW.replace(hour=15), OK), (NOW.replace(hour=16), USED_UP)]
        ):
            got = await take(books, [(10 * n + k, 1, [(quota, subject)])], now=moment)
            assert got[0] == [expected], per


async def test_what_was_counted_stays_in_its_window(books: Any) -> None:
    """Given back after the zone changed, units go to the window they were taken in."""
    quota = await make_quota(books, "q", "partner", 2, span="day")
    assert (await take(books, [(1, 2, [(quota, "1")])], now=NOW.replace(hour=17)))[0] == [OK]
    await lives_in(books, "Asia/Shanghai", since=f"{NOW.replace(hour=18)}")
    assert (await take(books, [(2, 1, [(quota, "1")])], now=NOW.replace(hour=19)))[0] == [OK]
    assert sorted((await had(books, quota)).values()) == [1, 2]
    await books.fetchval("SELECT give_back_units('{1}', '{1}', '{2}', '{f}')")
    assert sorted((await had(books, quota)).values()) == [0, 1]


async def test_a_zone_that_postgresql_does_not_know_is_not_stored(books: Any) -> None:
    """It would fail every commit that counts in it. And what was is not rewritten."""
    for change in (
        "INSERT INTO partner_zone VALUES (1, now(), 'Asia/Atlantis')",
        "INSERT INTO partner_zone VALUES (1, now(), 'UTC'); UPDATE partner_zone SET zone = 'UTC'",
        "INSERT INTO partner_zone VALUES (1, now(), 'UTC'); DELETE FROM partner_zone",
    ):
        savepoint = books.transaction()
        await savepoint.start()
        with pytest.raises(asyncpg.PostgresError) as refused:
            await books.execute(change)
        assert refused.value.sqlstate == "QG003"
        await savepoint.rollback()


def zone_of(command: Cli, partner: str) -> Any:
    """As `partner show` says it."""
    return command("partner", "show", partner, "--json").json["zone"]


def test_the_command(command: Cli) -> None:
    """`partner create|change --zone`: UTC unless said; what is no zone is wrong usage, by name."""
    assert command("partner", "create", "utc", "--json").json == {"partner": "utc"}
    made = command("partner", "create", "sh", "--zone", "Asia/Shanghai", "--json")
    assert (made.returncode, made.json) == (0, {"partner": "sh"})
    assert (zone_of(command, "utc"), zone_of(command, "sh")) == ("UTC", "Asia/Shanghai")
    for _ in range(2):
        changed = command("partner", "change", "sh", "--zone", "America/New_York", "--json")
        assert changed.json == {"partner": "sh", "zone": "America/New_York"}
    assert zone_of(command, "sh") == "America/New_York"
    assert command("partner", "change", "sh", "--zone", "UTC", "--json").returncode == 0
    assert zone_of(command, "sh") == "UTC"
    listed = command("partner", "list", "--json").json["partners"]
    assert {row["partner"]: row["zone"] for row in listed} == {"utc": "UTC", "sh": "UTC"}
    for wrong in ("Asia/Atlantis", "Asia", "", "+08:00", "asia/shanghai", "../UTC", "CET-1CEST"):
        for words in (("create", "no"), ("change", "sh")):
            refused = command("partner", *words, f"--zone={wrong}", "--json")
            assert refused.returncode == 2, (wrong, words)
            assert "Asia/Shanghai" in refused.json["error"]["detail"]
    unknown = command("partner", "change", "nobody", "--zone", "UTC", "--json")
    assert (unknown.returncode, unknown.json["error"]["code"]) == (1, "not-found")
    assert command("partner", "show", "no", "--json").returncode == 1
