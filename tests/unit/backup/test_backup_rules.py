"""What a backup is called, which ones go, which one reaches a moment; how a server is reached."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from gateway.backup.age import BackupAge
from gateway.backup.client_programs import own_server, words_of
from gateway.backup.rules import (
    NAME,
    Kind,
    Note,
    as_lsn,
    as_recovery_target,
    log_file,
    name_of,
    newest_first,
    too_many,
)
from gateway.backup.take import Pace, read_max_rate

START = datetime(2026, 11, 11, tzinfo=UTC)


def note(hours: int, kind: Kind = Kind.BASE) -> Note:
    """A backup that ended so many hours after the start."""
    return Note(
        kind=kind, ended_at=START + timedelta(hours=hours), bytes=1, lsn="0/0", major=18,
        embedded=True, superuser="quangate", database="quangate",
    )  # fmt: skip


@pytest.mark.parametrize("rate", ["32", "32k", "40M", "1024M", "1048576"])
def test_a_rate_is_what_the_program_takes(rate: str) -> None:
    """From 32 kB to 1024 MB a second, as it is written; and how a backup begins."""
    pace = Pace(max_rate=read_max_rate(rate), spread=True)
    assert pace.arguments() == ["--checkpoint=spread", f"--max-rate={rate}"]
    assert Pace().arguments() == ["--checkpoint=fast"]


@pytest.mark.parametrize(
    "rate", ["", "31", "31k", "0M", "1025M", "1048577", "-40M", "4e3", "40m", "40 M", "40M\n"]
)
def test_what_is_no_rate(rate: str) -> None:
    """It is refused here, before anything is made."""
    with pytest.raises(ValueError, match="from 32 to 1024M"):
        read_max_rate(rate)


def test_names_sort_as_backups_end() -> None:
    """Of both kinds, and each is known again."""
    names = [name_of(note(hours)) for hours in (1, 9, 10, 100)]
    assert sorted(names) == names
    assert name_of(note(1, Kind.LOGICAL)) == names[0] + "-logical"
    assert all(NAME.fullmatch(name) for name in (*names, name_of(note(1, Kind.LOGICAL))))
    assert not NAME.fullmatch(".unfinished-1-0")


@pytest.mark.parametrize(("keep", "gone"), [(1, ["a", "b"]), (2, ["a"]), (3, []), (9, [])])
def test_what_is_too_many(keep: int, gone: list[str]) -> None:
    """The oldest, whatever they are called."""
    ages = [("b", START + timedelta(1)), ("c", START + timedelta(2)), ("a", START)]
    assert gone == too_many(ages, keep)


@pytest.mark.parametrize(
    ("to", "expected"),
    [(None, ["d", "b", "a"]), (2, ["a"]), (1, ["a"]), (0, []), (24, ["b", "a"])],
)
def test_from_which_a_moment_is_reached(to: int | None, expected: list[str]) -> None:
    """Those that ended before it; a dump has one moment, and reaches none."""
    notes = {"a": note(1), "b": note(3), "d": note(5, Kind.LOGICAL)}
    moment = None if to is None else START + timedelta(hours=to)
    assert expected == [name for name, _ in newest_first(notes.items(), moment)]


def test_a_moment_as_postgresql_takes_it() -> None:
    """In UTC, without `T` and `Z`."""
    moment = datetime(2026, 11, 11, 0, 0, 0, 1, tzinfo=timezone(timedelta(hours=8)))
    assert as_recovery_target(moment) == "2026-11-10 16:00:00.000001+00"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0000000100000000000000AB", "0000000100000000000000AB"),
        ("0000000100000000000000AB.partial", "0000000100000000000000AB"),
        ("00000002.history", "00000002.history"),
        ("followed.json", None),
        ("0000000100000000000000AB.gz", None),
        ("0000000100000000000000ab", None),
    ],
)
def test_what_is_a_part_of_the_log(name: str, expected: str | None) -> None:
    """A piece that is not whole counts, under its name."""
    assert log_file(name) == expected


def test_a_place_in_the_log() -> None:
    """Two halves of 32 bits."""
    assert as_lsn("1/A0") == (1 << 32) + 160


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40s@h:5/d", {"password": "p@s", "host": "h", "port": "5"}),
        ("postgresql://u@/d?host=/run/pg", {"host": "/run/pg"}),
        (
            "postgresql://u@a,b:6/d",  # of several the one that takes writes
            {"host": "a,b", "port": ",6", "target_session_attrs": "read-write"},
        ),
        (
            "postgresql://u@[::1]:7/d?sslmode=require",
            {"host": "::1", "port": "7", "sslmode": "require"},
        ),
        ("postgresql://u@h/d?schema=public", {"host": "h"}),
    ],
)
def test_a_url_in_libpq_s_words(url: str, expected: dict[str, str]) -> None:
    """What our driver takes, PostgreSQL's programs take."""
    assert {"user": "u", "dbname": "d", **expected} == words_of(url)


def test_no_password_on_a_command_line() -> None:
    """It lies in a file that only we may read, and only as long as it is needed."""
    with own_server("postgresql://u:canary@h/d") as source:
        assert "canary" not in repr(source)
        path = Path(source.environment["PGSERVICEFILE"])
        assert "password=canary" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
    assert not path.exists()


@dataclass
class Aged:
    """What knows the age."""

    age: float | None = None

    async def age_s(self) -> float | None:
        """As it was set."""
        return self.age


async def test_an_age_grows_between_looks() -> None:
    """None before the first; a look sets it, a clock lets it grow."""
    now, aged = [100.0], Aged()
    age = BackupAge(aged, lambda: now[0])
    await age.look()
    assert age.now() is None
    aged.age = 7.0
    await age.look()
    now[0] += 3
    assert age.now() == 10.0


def test_a_note_is_whole_or_none() -> None:
    """What is cut short is no note."""
    text = msgspec.json.encode(note(1))
    assert msgspec.json.decode(text, type=Note) == note(1)
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(text[:-3], type=Note)
