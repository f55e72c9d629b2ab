"""Restoring: a shop whose sales are closed until it is checked, or nothing at all."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.conftest import as_owner, run_cli
from tests.world.backups import CODES, POOL, Follower, ShopDirectory, directory, open_shop, restored


@pytest.fixture(scope="module")
def here() -> Iterator[Path]:
    """Where shops and backups of this module lie."""
    with directory() as path:
        yield path


@pytest.fixture(scope="module")
def shop(here: Path) -> ShopDirectory:
    """A shop that sells."""
    return open_shop(here / "data")


@pytest.fixture(scope="module")
def place(here: Path) -> Path:
    """Where its backups lie."""
    return here / "backups"


@pytest.fixture(scope="module")
def backed_up(here: Path, shop: ShopDirectory, place: Path) -> Path:
    """A backup taken while it sells: A1 was sold before, A2 after."""
    with_gateway = shop.gateway(here / "gateway.log")
    with_gateway.start()
    try:
        assert shop.order(with_gateway, "A1")["state"] == "delivered"
        backup = Path(shop.asked("backup", str(place))["backup"])
        assert shop.order(with_gateway, "A2")["state"] == "delivered"
    finally:
        with_gateway.kill()
    return backup


async def test_sales_are_closed_until_it_is_checked(
    here: Path, shop: ShopDirectory, place: Path, backed_up: Path
) -> None:
    """The whole way: restored without a key file; neither served nor checked without it or with
    another's; served, nothing new is sold and what was accepted is answered; checked, what may
    have been sold is kept off sale from the first number on; released, it is sold.

    Seen red without `sales_closed` in `judge`, and without `withhold_codes`.
    """
    data = here / "restored"
    new = ShopDirectory(data)
    done = new("restore", str(place), "--json")
    assert done.returncode == 0, done.stderr
    assert done.json["restored"] == str(backed_up)
    assert str(data / "kek") in done.stderr
    assert {path.name for path in data.iterdir()} == {"postgres"}
    for key in (None, _another_key(here)):
        if key is not None:
            shutil.copy(key, data / "kek")
        assert new.refused("restore-check") == "vault"
        assert new.refused("serve", "--port", "0") == "vault"
    shutil.copy(shop.data / "kek", data / "kek")
    async with new.gateway(here / "closed.log") as gateway:
        refused = new.order(gateway, "A3")["error"]
        assert refused["code"] == "maintenance"
        assert new.order(gateway, "A1")["state"] == "delivered"
        assert new.order(gateway, "A2")["error"]["code"] == "maintenance"  # not in this shop
        checked = new.asked("restore-check")
        assert (checked["ok"], checked["epochs_raised"]) == (True, 1)
        assert all(check["ok"] for check in checked["checks"])
        assert checked["withheld"] == [{"pool": POOL, "from_seq": 1, "codes": CODES - 1}]
        assert "from number 1 on" in new("restore-check").stderr
        assert new.order(gateway, "A3")["error"]["code"] in {"busy", "maintenance"}
        assert new.refused("shelf", "move", POOL, "withheld.1", "main", "1") == "codes-withheld"
        assert new.asked("codes", "void", "--pool", POOL, "--seq", "1-1")["voided"] == 1
        released = new.asked("codes", "release", "--pool", POOL, "--from", "3")
        assert (released["released"], released["withheld"]) == (CODES - 3, 1)
        assert new.order(gateway, "A3")["state"] == "delivered"
    again = new.asked("restore-check")
    assert (again["ok"], again["epochs_raised"]) == (True, 0)
    stats = new.asked("codes", "stats", "--pool", POOL)
    assert (stats["delivered"], stats["void"], stats["imported"]) == (2, 1, CODES)


def _another_key(here: Path) -> Path:
    other = ShopDirectory(here / "other")
    other.asked("partner", "create", "other")
    return other.data / "kek"


def test_a_shop_that_was_not_restored_is_only_audited(shop: ShopDirectory, backed_up: Path) -> None:
    """Nothing is closed, raised or kept off sale."""
    checked = shop.asked("restore-check")
    assert (checked["ok"], checked["epochs_raised"], checked["withheld"]) == (True, 0, [])
    assert shop.asked("codes", "stats", "--pool", POOL)["delivered"] == 2


@pytest.mark.parametrize("damage", ["a byte", "a file less", "cut short", "its log", "no note"])
def test_a_damaged_backup(here: Path, backed_up: Path, tmp_path: Path, damage: str) -> None:
    """Named, it is refused, and the directory stays as it was; where several lie it is passed
    over. Seen red without `verify` in `choose`."""
    with directory() as place:
        bad = place / backed_up.name.replace("quangate-2", "quangate-9")
        shutil.copytree(backed_up, bad)
        victim = max(
            (p for p in (bad / "base").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size
        )
        if damage == "a byte":
            with victim.open("r+b") as file:
                file.seek(100)
                file.write(b"\xff\x00\xff")
        elif damage == "a file less":
            victim.unlink()
        elif damage == "cut short":
            with victim.open("r+b") as file:
                file.truncate(victim.stat().st_size // 2)
        elif damage == "its log":
            for path in (bad / "pg_wal").glob("0*"):
                path.write_bytes(b"\0" * 4096)
        else:
            (bad / "pg_wal" / "quangate-backup.json").unlink()
        data = tmp_path / "new"
        data.mkdir()
        code = ShopDirectory(data).refused("restore", str(bad))
        assert code == ("no-backup" if damage == "no note" else "bad-backup")
        assert list(data.iterdir()) == []
        assert ShopDirectory(tmp_path / "none").refused("restore", str(place)) == "no-backup"
        assert not (tmp_path / "none").exists()


def test_a_good_one_is_found_behind_a_bad_one(here: Path, backed_up: Path) -> None:
    """The newest good one, and the other is named."""
    with directory() as place:
        shutil.copytree(backed_up, place / backed_up.name)
        bad = place / "quangate-99991231T000000000000Z"
        shutil.copytree(backed_up, bad)
        note = bad / "pg_wal" / "quangate-backup.json"
        note.write_text(note.read_text().replace('"ended_at":"2', '"ended_at":"9'))
        (bad / "PG_VERSION").unlink()
        new = ShopDirectory(place / "restored")
        done = new("restore", str(place), "--json")
        assert done.json["restored"] == str(place / backed_up.name)
        assert bad.name in done.stderr


def test_a_directory_that_is_not_empty(here: Path, backed_up: Path, tmp_path: Path) -> None:
    """It is left as it was, whatever is in it."""
    (tmp_path / "mine.txt").write_text("mine")
    assert ShopDirectory(tmp_path).refused("restore", str(backed_up)) == "not-empty"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


async def test_to_a_moment(here: Path, shop: ShopDirectory, backed_up: Path) -> None:
    """What a follower received reaches any moment since its backup, in any zone, and none before
    it or to come. Seen red with the log left where it was received."""
    place = here / "followed"
    async with shop.gateway(here / "followed.log") as gateway:
        follower = Follower(shop, place, here / "follow.log").follows()
        shop.order(gateway, "B1")
        between = _passed()
        shop.order(gateway, "B2")
        last = _passed()
        assert follower.end() == 0
    zone = timezone(timedelta(hours=8))
    first = restored(shop, place, here / "at-b1", "--to", between.astimezone(zone).isoformat())
    assert {"A1", "A2", "B1"} == first.numbers()
    whole = restored(shop, place, here / "at-end")
    assert {"A1", "A2", "B1", "B2"} == whole.numbers()
    late = ShopDirectory(here / "late")
    for moment in (last + timedelta(days=1), last.replace(year=2020)):
        assert late.refused("restore", str(place), "--to", moment.isoformat()) == "out-of-reach"
    assert late.refused("restore", str(backed_up), "--to", last.isoformat()) == "out-of-reach"
    assert not late.data.exists()


def _passed() -> datetime:
    """Now; whoever goes on does so at another moment."""
    now = datetime.now().astimezone()
    while datetime.now().astimezone() <= now + timedelta(milliseconds=5):
        pass
    return now


def test_of_your_own_server(here: Path, config: Config) -> None:
    """Its role needs what a backup is by, and is told; restored it is an embedded shop."""
    place = here / "own"
    environment = {
        "QUANGATE_DATA": str(here / "own-data"), "QUANGATE_DATABASE_URL": str(config.database_url),
    }  # fmt: skip
    assert run_cli("partner", "create", "own", environment=environment).returncode == 0
    refused = run_cli("backup", str(place), "--json", environment=environment)
    assert refused.json["error"]["code"] == "invalid-configuration"
    assert "ALTER ROLE quangate_gateway REPLICATION" in refused.stderr
    owner = {**environment, "QUANGATE_OWNER_URL": as_owner(str(config.database_url))}
    for more in ((), ("--logical",)):
        taken = run_cli("backup", str(place), *more, "--json", environment=owner)
        assert taken.returncode == 0, taken.stderr
        data = here / f"from-own{len(more)}"
        new = ShopDirectory(data)
        new.asked("restore", taken.json["backup"])
        shutil.copy(here / "own-data" / "kek", data / "kek")
        assert new.asked("restore-check")["ok"]
        assert [row["partner"] for row in new.asked("partner", "list")["partners"]] == ["own"]


async def test_a_logical_backup(here: Path, shop: ShopDirectory, backed_up: Path) -> None:
    """Taken and restored like any other; damaged it is refused, and it has one moment only."""
    place = here / "logical"
    backup = Path(shop.asked("backup", str(place), "--logical")["backup"])
    before = shop.numbers()
    new = restored(shop, place, here / "from-logical")
    assert before == new.numbers()
    assert new.asked("restore-check")["ok"]
    late = ShopDirectory(here / "late")
    moment = datetime.now().astimezone().isoformat()
    assert late.refused("restore", str(backup), "--to", moment) == "out-of-reach"
    with (backup / "quangate.dump").open("r+b") as file:
        file.seek(-64, 2)
        file.write(b"\0" * 8)
    assert late.refused("restore", str(backup)) == "bad-backup"
    assert not late.data.exists()
