"""An import knows when codes expire, by the zone that is said, and rejects what has expired."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Cli


def test_an_import_knows_the_expiry(cli: Cli, tmp_path: Any) -> None:
    """Expired lines are rejected; the rest is stored with its moment, by the zone that is said."""
    file, report = tmp_path / "codes.csv", tmp_path / "report.csv"
    file.write_text(
        "code,expires_at\nF-1,2020-01-01\nF-2,2199-01-01 08:00:00\nF-3,\nF-4,2198-06-30\n"
    )
    cli("pool", "create", "dated", "--json")
    done = cli(
        "codes", "import", str(file), "--pool", "dated", "--zone", "+08:00",
        "--report", str(report), "--json",
    ).json  # fmt: skip
    assert (done["imported"], done["rejected"]) == (3, 1)
    assert isinstance(done["batch"], str)
    assert report.read_text().splitlines()[1:] == [
        "2,rejected,expired", "3,ok,", "4,ok,", "5,ok,",
    ]  # fmt: skip
    stats = cli("codes", "stats", "--pool", "dated", "--json").json
    assert list(stats) == [
        "imported", "delivered", "free", "leased", "held", "in_doubt", "expired", "void",
    ]  # fmt: skip
    assert (stats["imported"], stats["free"]) == (3, 3)


async def test_the_moment_is_stored(cli: Cli, tmp_path: Any, connection: Any) -> None:
    """UTC, a day to its end; earliest first within the file."""
    file = tmp_path / "codes.csv"
    file.write_text("code,expires_at\nG-2,2199-01-01 08:00:00\nG-3,\nG-4,2198-06-30\n")
    cli("pool", "create", "moments", "--json")
    cli("codes", "import", str(file), "--pool", "moments", "--zone", "Asia/Shanghai", "--json")
    rows = await connection.fetch(
        "SELECT c.expires_at FROM code c JOIN pool p ON p.id = c.pool_id"
        " WHERE p.name = 'moments' ORDER BY seq"
    )
    assert [row["expires_at"] for row in rows] == [
        datetime(2198, 6, 30, 16, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC), None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "setting", "zone"),
    [("Asia/Shanghai", None, "Asia/Shanghai"), (None, "+08:00", "+08:00"), (None, None, "UTC")],
)
def test_the_zone_stands_in_the_log_of_changes(
    cli: Cli, tmp_path: Any, flag: str | None, setting: str | None, zone: str
) -> None:
    """By its name, whether it was typed, set or neither: codes expire by it.

    Seen red with only what was typed written down.
    """
    file, pool = tmp_path / "codes.csv", f"noted-{zone.replace('/', '-').replace(':', '.')[-4:]}"
    file.write_text(f"code,expires_at\n{pool}-1,2199-01-01 08:00:00\n")
    cli("pool", "create", pool, "--json")
    words = () if flag is None else ("--zone", flag)
    environment = {} if setting is None else {"QUANGATE_ZONE": setting}
    cli("codes", "import", str(file), "--pool", pool, *words, "--json", environment=environment)
    (change,) = cli("change", "list", "--limit", "1", "--json").json["changes"]
    assert (change["action"], change["subject"]) == ("codes.import", pool)
    assert change["after"]["zone"] == zone
