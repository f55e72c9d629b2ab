"""Taking backups: what lies where, what is removed, what is refused; nothing here is faked."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import run_cli
from tests.world.backups import ShopDirectory, directory, open_shop
from tests.world.partner import eventually


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopDirectory]:
    """A shop that nobody serves; its server starts for each command."""
    with directory() as here:
        yield open_shop(here / "data")


@pytest.fixture
def place() -> Iterator[Path]:
    """Where backups go."""
    with directory() as here:
        yield here / "backups"


def entries(place: Path) -> set[str]:
    """What lies there."""
    return {path.name for path in place.iterdir()}


def test_a_backup_is_one_entry_of_its_owner(shop: ShopDirectory, place: Path) -> None:
    """Its path, size, end and that it was verified are said; nobody else can read it, and the key
    file is not in it but named. Seen red without `_close_to_others`."""
    done = shop("backup", str(place), "--json")
    answer = done.json
    assert set(answer) == {"backup", "bytes", "lsn", "verified"}
    assert answer["verified"] is True
    backup = Path(answer["backup"])
    assert entries(place) == {backup.name}
    assert backup.parent == place
    found = list(backup.rglob("*"))
    assert answer["bytes"] == pytest.approx(
        sum(p.stat().st_size for p in found if p.is_file()), rel=0.02
    )
    assert [p for p in (backup, *found) if p.stat().st_mode & 0o077] == []
    key = (shop.data / "kek").read_bytes()
    assert [p for p in found if p.is_file() and key in p.read_bytes()] == []
    assert str(shop.data / "kek") in done.stderr


def test_keep_removes_good_older_ones_alone(shop: ShopDirectory, place: Path) -> None:
    """After a good new one; what is damaged, half done or somebody else's stays and does not count.

    Seen red with `is_good` left out, and with names instead of notes.
    """
    place.mkdir(mode=0o700)
    (place / "mine.txt").write_text("mine")
    first, damaged, third = (Path(shop.asked("backup", str(place))["backup"]) for _ in range(3))
    with (damaged / "global" / "pg_control").open("r+b") as file:
        file.write(b"\0\0\0\0")
    no_backup = place / first.name.replace("quangate-2", "quangate-1")
    no_backup.mkdir()
    left = place / ".unfinished-1-0"
    shutil.copytree(first, left)
    fourth = Path(shop.asked("backup", str(place), "--keep", "2")["backup"])
    # What a killed one left has gone: nobody holds it.
    assert entries(place) == {"mine.txt", damaged.name, third.name, fourth.name, no_backup.name}
    assert shop("backup", str(place), "--keep", "0").returncode == 2
    assert fourth.name in entries(place)


def test_two_at_once(shop: ShopDirectory, place: Path) -> None:
    """Each has its entry, and neither takes the other's for a leftover."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: shop.asked("backup", str(place)), range(2)))
    assert entries(place) == {Path(answer["backup"]).name for answer in answers}
    assert len(entries(place)) == 2


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("{data}", "inside-data"),
        ("{data}/backups", "inside-data"),
        ("{data}/postgres", "inside-data"),
        ("{link}", "inside-data"),
        ("{file}", "unusable-place"),
        ("{file}/x", "unusable-place"),
    ],
)
def test_where_a_backup_cannot_go(
    shop: ShopDirectory, tmp_path: Path, where: str, code: str
) -> None:
    """Into the shop it is of, however that is called; into what is no directory. Nothing is made.

    Seen red without `resolve`.
    """
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(shop.data)
    before = entries(shop.data) - {"run"}
    place = where.format(data=shop.data, link=tmp_path / "link", file=tmp_path / "file")
    assert shop.refused("backup", place) == code
    assert entries(shop.data) - {"run"} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_without_rights(shop: ShopDirectory, place: Path) -> None:
    """It is said; nothing is half done."""
    place.mkdir(mode=0o500)
    assert shop.refused("backup", str(place)) == "unusable-place"


@pytest.mark.parametrize(
    "words",
    [("backup",), ("backup", "a", "b"), ("backup", "follow"), ("backup", "follow", "a", "b"),
     ("backup", "a", "--synchronous"), ("backup", "follow", "a", "--keep", "2"),
     ("backup", "follow", "--leave", "--synchronous"), ("backup", "a", "--keep", "-1"),
     ("backup", "a", "--max-rate", "fast"), ("backup", "a", "--logical", "--spread"),
     ("backup", "follow", "--leave", "--max-rate", "40M"),
     ("restore", "a", "--to", "yesterday"), ("restore", "a", "--to", "2026-01-01T00:00:00")],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 2, and nothing is made."""
    done = run_cli(*words, environment={"QUANGATE_DATA": str(tmp_path / "shop")})
    assert done.returncode == 2, done.stderr
    assert entries(tmp_path) == set()


@pytest.fixture
def full(place: Path) -> Iterator[Path]:
    """A place on a disk of its own, too small for a backup."""
    place.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("more", [(), ("--logical",)], ids=["files", "logical"])
def test_a_full_disk(shop: ShopDirectory, full: Path, more: tuple[str, ...]) -> None:
    """It is said, exit 1; nothing is left of it, and what else lies there stays. With room it goes.

    Seen red (an error of a program, `unavailable`) without a word for it.
    """
    (full / "mine.txt").write_text("mine")
    filling = full / "filling"
    filling.write_bytes(bytes(shutil.disk_usage(full).free - 20_000))
    assert shop.refused("backup", str(full), *more) == "disk-full"
    assert entries(full) == {"mine.txt", "filling"}
    filling.unlink()
    grown = ["mount", "-o", "remount,size=400m", str(full)]
    subprocess.run(grown, check=True)
    assert shop.asked("backup", str(full), "--keep", "1", *more)["verified"] is True
    assert len(entries(full)) == 2


def test_it_goes_no_faster_than_it_may(shop: ShopDirectory, place: Path) -> None:
    """`--max-rate` is the copying program's, and what it makes is as good as another."""
    assert shop.asked("backup", str(place), "--max-rate", "900M")["verified"] is True


def test_where_there_is_no_shop(tmp_path: Path) -> None:
    """Nothing is backed up, and neither a shop nor a place for backups is made."""
    nowhere = ShopDirectory(tmp_path / "mistyped")
    for words in (("backup",), ("backup", "--logical"), ("backup", "follow")):
        assert nowhere.refused(*words, str(tmp_path / "backups")) == "no-shop"
    assert nowhere.refused("backup", "follow", "--leave") == "no-shop"
    assert entries(tmp_path) == set()


async def test_its_age_is_told(shop: ShopDirectory, place: Path, tmp_path: Path) -> None:
    """By none before the first good one, a failed one heeded by nobody, and after a restart too.

    Seen red with the age kept in memory alone.
    """
    with directory() as here:
        new = open_shop(here / "data")
        async with new.gateway(tmp_path / "log") as gateway:
            assert await asyncio.to_thread(_age, gateway.url) is None
            await asyncio.to_thread(new.asked, "backup", str(place))
            first = await _told(gateway.url)
            assert await asyncio.to_thread(new.refused, "backup", str(new.data)) == "inside-data"
            assert await _told(gateway.url) >= first
            gateway.kill()
            await asyncio.to_thread(gateway.start)
            assert await _told(gateway.url) >= first
            doctor = await asyncio.to_thread(new, "doctor", "--json")
            rows = {check["name"]: check for check in doctor.json["checks"]}
            assert rows["backup"]["ok"]
            assert "hours old" in rows["backup"]["detail"]


async def _told(url: str) -> float:
    found: list[float] = []

    async def is_told() -> bool:
        age = await asyncio.to_thread(_age, url)
        if age is not None:
            found.append(age)
        return age is not None

    await eventually(is_told)
    return found[0]


def _age(url: str) -> float | None:
    with urlopen(f"{url}/metrics") as answer:
        text = answer.read().decode()
    found = re.search(r"^quangate_backup_age_seconds\{.*\} (\S+)$", text, re.MULTILINE)
    return None if found is None else float(found[1])
