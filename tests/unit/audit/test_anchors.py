"""Anchor files: what a writer leaves, and what a reader sees of anything done to it.

Seen red with each of these taken away, one at a time: the authenticator's comparison and its
key's name, `before`, `no`, the cut of a torn tail and what counts as one, the undoing of half a
write, the line's end after somebody's bytes, the lock, the whole line, the database's name, the
look at the kind of file, the order of names, the modes, the look back.
"""

import errno
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import anchor_files
from gateway.audit.anchor import Account, Head, Moment, Reading, changes, finding, to_digest
from gateway.audit.anchor_files import AnchorFiles, read_lines
from gateway.audit.anchor_store import key_of
from gateway.ground.native import Vault

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
HERE = "7001/16384"
NUMBERS = range(1, 7)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """A vault of its own."""
    return Vault.open(str(tmp_path_factory.mktemp("keys") / "kek"))


def files_of(directory: Path, vault: Vault) -> AnchorFiles:
    """A writer that has just been started."""
    return AnchorFiles(directory, key=key_of(vault), mac=vault.anchor_mac)


def moment(number: int, at: datetime = NOON, database: str = HERE) -> Moment:
    """What the database says after `number` sales: one chain and one account move, one rests."""
    return Moment(
        at,
        database,
        [Head(3, number, f"{number:064x}"), Head(4, 1, "ab")],
        [Account(1, 10 * number, -5 * number, 0, ""), Account(2, 1, 7, 0, "")],
    )


def write(files: AnchorFiles, now: Moment) -> bool:
    """One turn of a writer; False: nothing to write, or somebody else writes."""
    with files.alone() as alone:
        if not alone:
            return False
        files.catch_up()
        news = changes(files.known, now, whole=files.is_month_new(now.at))
        if news is not None:
            files.append(now, news)
        return news is not None


def read(directory: Path, vault: Vault) -> tuple[Reading, list[str]]:
    """What a reader finds, and the names of strangers."""
    reading = Reading(key=key_of(vault), mac=vault.anchor_mac, database=HERE)
    return reading, read_lines(directory, reading)


@pytest.fixture
def written(tmp_path: Path, vault: Vault) -> Path:
    """Six lines on three days."""
    directory = tmp_path / "anchors"
    files = files_of(directory, vault)
    for number in NUMBERS:
        assert write(files, moment(number, NOON + timedelta(hours=11 * number)))
    assert sorted(path.name[5:10] for path in directory.iterdir()) == [
        "11-29",
        "11-30",
        "12-01",
        "12-02",
    ]
    return directory


def lines_of(directory: Path) -> list[tuple[Path, bytes]]:
    """Every line with its file, oldest first."""
    return [
        (path, line)
        for path in sorted(directory.glob("*.jsonl"))
        for line in path.read_bytes().splitlines(keepends=True)
    ]


def put(directory: Path, lines: list[tuple[Path, bytes]]) -> None:
    """Instead of what is there."""
    for path in directory.glob("*.jsonl"):
        path.write_bytes(b"".join(line for place, line in lines if place == path))


def test_what_was_written_is_read(written: Path, vault: Vault) -> None:
    """Sound, private, and only what changed; the first line of a month says everything."""
    reading, strangers = read(written, vault)
    assert (reading.problems, strangers, reading.lines) == ([], [], 6)
    assert {head.height for head in reading.heads if head.chain == 3} == set(NUMBERS)
    assert len([account for account in reading.accounts if account.partner_id == 1]) == 6
    assert written.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in written.iterdir()} == {0o600}
    of_rest = [b'[4,1,"ab"]' in line for _, line in lines_of(written)]
    assert of_rest == [True, False, False, True, False, False]  # the fourth is December's first


def test_nothing_new_is_no_line(written: Path, vault: Vault) -> None:
    """Neither by the same writer nor by one that was started since."""
    files = files_of(written, vault)
    assert not write(files, moment(6))
    assert not write(files, moment(6))
    assert len(lines_of(written)) == 6


def test_a_changed_byte_is_seen_wherever_it_is(written: Path, vault: Vault) -> None:
    """Every byte of a line in the middle and of the last one."""
    sound = lines_of(written)
    for number in (2, 5):
        path, line = sound[number]
        before, after = path.read_bytes().split(line)
        for at in range(len(line) - 1):
            changed = bytearray(line)
            changed[at] ^= 1
            path.write_bytes(before + changed + after)
            assert read(written, vault)[0].problems, (number, at)
        path.write_bytes(before + line + after)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda rows: rows[1:],
            "number 1 is missing before 2026-11-30.jsonl line 1, which is number 2",
        ),
        (
            lambda rows: rows[:2] + rows[3:],
            "number 3 is missing before 2026-12-01.jsonl line 1, which is number 4",
        ),
        (lambda rows: rows[:1] + rows[3:], "numbers 2 to 3 are missing before 2026-12-01.jsonl"),
        (lambda rows: [*rows[:2], rows[1], *rows[2:]], "does not follow the line before it"),
        (
            lambda rows: [rows[0], rows[2], rows[1], *rows[3:]],
            "number 2 is missing before 2026-11-30",
        ),
        (lambda rows: [*rows[:2], (rows[1][0], b"{}\n"), *rows[2:]], "is no line of ours"),
        (lambda rows: [*rows[:2], (rows[1][0], b"\n"), *rows[2:]], "is no line of ours"),
    ],
)
def test_lines_removed_moved_and_added_are_seen(
    written: Path, vault: Vault, change: Callable[[Any], Any], words: str
) -> None:
    """What is wrong is named with its file and number."""
    put(written, change(lines_of(written)))
    assert any(words in problem for problem in read(written, vault)[0].problems), read(
        written, vault
    )[0].problems


def test_lines_of_two_pasts_do_not_fit_together(
    written: Path, vault: Vault, tmp_path: Path
) -> None:
    """Cut short and written on: authentic lines of before and after, each with its number."""
    before = lines_of(written)
    put(written, before[:4])
    for number in (5, 6):
        late = moment(number + 30, NOON + timedelta(hours=11 * number))
        assert write(files_of(written, vault), late)
    assert read(written, vault)[0].problems == []
    put(written, [*before[:5], lines_of(written)[5]])
    assert read(written, vault)[0].problems == [
        "2026-12-02.jsonl line 1 does not follow the line before it"
    ]


def test_a_removed_file_is_seen(written: Path, vault: Vault) -> None:
    """All but the newest: that is what copies elsewhere are for."""
    for name in ("2026-11-29.jsonl", "2026-11-30.jsonl", "2026-12-01.jsonl"):
        kept = (written / name).read_bytes()
        (written / name).unlink()
        assert any("missing before" in each for each in read(written, vault)[0].problems)
        (written / name).write_bytes(kept)
    (written / "2026-12-02.jsonl").unlink()
    assert read(written, vault)[0].problems == []


@pytest.mark.parametrize("stranger", ["directory", "link", "pipe", "text", "binary"])
def test_what_is_no_file_of_ours_is_named_and_left_alone(
    written: Path, vault: Vault, stranger: str
) -> None:
    """Under a name of ours it is a problem, and the writer goes on; elsewhere it is passed over."""
    path = written / "2026-12-03.jsonl"
    (written / "notes.txt").write_text("mine")
    if stranger == "directory":
        path.mkdir()
    elif stranger == "link":
        path.symlink_to(written / "2026-12-02.jsonl")
    elif stranger == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"mine" if stranger == "text" else bytes(range(256)) * 100)
    reading, strangers = read(written, vault)
    assert strangers == ["notes.txt"]
    assert len(reading.problems) >= 1
    assert "2026-12-03.jsonl" in reading.problems[0]
    if stranger in {"text", "binary"}:
        before = path.read_bytes()
        assert write(files_of(written, vault), moment(7, NOON + timedelta(days=4)))
        assert path.read_bytes().startswith(before)
        assert Head(3, 7, f"{7:064x}") in read(written, vault)[0].heads


def test_a_torn_line_is_none_and_is_cut_off(written: Path, vault: Vault, tmp_path: Path) -> None:
    """Whatever a power cut left of the last line: beginnings of every length, and zeros."""
    *_, (path, last) = lines_of(written)
    for left in [last[:n] for n in range(1, len(last))] + [b"\0" * 40, last[:50] + b"\0" * 90]:
        directory = tmp_path / "torn"
        shutil.copytree(written, directory)
        torn = directory / path.name
        torn.write_bytes(torn.read_bytes()[: -len(last)] + left)
        reading, _ = read(directory, vault)
        assert (reading.problems, reading.lines) == ([], 5)
        assert write(files_of(directory, vault), moment(7, NOON + timedelta(days=4)))
        reading, _ = read(directory, vault)
        assert (reading.problems, reading.lines) == ([], 6)
        shutil.rmtree(directory)


def test_two_writers_take_turns(tmp_path: Path, vault: Vault) -> None:
    """One at a time; each goes on where the other stopped; nothing is written twice."""
    directory = tmp_path / "anchors"
    one, other = files_of(directory, vault), files_of(directory, vault)
    with one.alone() as alone:
        assert alone
        assert not write(other, moment(1))
    for number in NUMBERS:
        first, second = (one, other) if number % 2 else (other, one)
        assert write(first, moment(number, NOON + timedelta(minutes=number)))
        assert not write(second, moment(number, NOON + timedelta(minutes=number)))
    reading, _ = read(directory, vault)
    assert (reading.problems, reading.lines) == ([], 6)


def test_half_a_write_is_undone(
    written: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the file as it was, and the next turn writes."""
    before = lines_of(written)
    files = files_of(written, vault)
    real = os.write

    def full(descriptor: int, data: Any) -> int:
        if len(data) > 100:
            return real(descriptor, data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(anchor_files.os, "write", full)
    with pytest.raises(OSError, match="No space"):
        write(files, moment(7, NOON + timedelta(hours=80)))
    monkeypatch.undo()
    assert [line for line in lines_of(written) if line[1]] == before
    assert write(files, moment(7, NOON + timedelta(hours=80)))
    assert read(written, vault)[0].problems == []


def test_a_clock_set_back_makes_no_earlier_file(written: Path, vault: Vault) -> None:
    """Lines stand in the order of their writing."""
    assert write(files_of(written, vault), moment(7, NOON - timedelta(days=9)))
    reading, _ = read(written, vault)
    assert (reading.problems, reading.lines) == ([], 7)


def test_a_rotated_key_file_still_vouches(tmp_path: Path) -> None:
    """Lines from before a rotation, and the old key retired, are as authentic as before."""
    vault = Vault.open(str(tmp_path / "kek"))
    directory = tmp_path / "anchors"
    assert write(files_of(directory, vault), moment(1))
    old = vault.kek_ids()[0]
    vault.rotate_kek()
    vault.retire_kek(old)
    again = Vault.open(str(tmp_path / "kek"), create=False)
    assert write(files_of(directory, again), moment(2))
    reading, _ = read(directory, again)
    assert (reading.problems, reading.lines) == ([], 2)


def test_lines_of_another_key_file_prove_nothing(
    written: Path, vault: Vault, tmp_path: Path
) -> None:
    """They are named as such; none of what they say is compared."""
    other = Vault.open(str(tmp_path / "other" / "kek"))
    reading, _ = read(written, other)
    assert len(reading.problems) == 6
    assert "2026-11-29.jsonl line 1 was written under another key file" in reading.problems[0]
    assert (reading.heads, reading.accounts) == ({}, {})


def test_lines_of_another_database_are_told_apart(written: Path, vault: Vault) -> None:
    """Authentic, in the chain, counted, and not compared; the first of ours says everything."""
    elsewhere = moment(9, NOON + timedelta(days=5), "9/9")
    assert write(files_of(written, vault), elsewhere)
    assert write(files_of(written, vault), moment(6, NOON + timedelta(days=6)))
    reading, _ = read(written, vault)
    assert (reading.problems, reading.others, reading.lines) == ([], {"9/9": 1}, 8)
    assert Head(3, 9, f"{9:064x}") not in reading.heads
    assert b'[4,1,"ab"]' in lines_of(written)[-1][1]


def test_what_goes_back_is_told_and_written(written: Path, vault: Vault) -> None:
    """No honest change makes a height, a number or a balance like that."""
    files = files_of(written, vault)
    with files.alone():
        files.catch_up()
    news = changes(files.known, moment(5), whole=False)
    assert news is not None
    assert len(news.gone_back) == 2
    assert news.accounts == [Account(1, 50, -25, 50, "")]


def test_a_line_digests_so_many_entries_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is vouched for by its balance alone."""
    monkeypatch.setattr("gateway.audit.anchor.ENTRIES_MAX", 10)
    accounts = [Account(n, last, 0, 0, "") for n, last in enumerate((8, 5, 2, 0))]
    assert [account.partner_id for account in to_digest(accounts)] == [0, 2]


def test_many_problems_are_counted_and_ten_told(written: Path, vault: Vault) -> None:
    """As the audit's other findings."""
    reading, _ = read(written, vault)
    found = finding(reading, "D", [f"p{n}" for n in range(12)], "; and a remark")
    assert not found.ok
    assert found.detail == "; ".join(f"p{n}" for n in range(10)) + "; and 2 more; and a remark"
    assert finding(reading, "D", [], "").ok


def test_the_key_is_for_lines_alone(vault: Vault) -> None:
    """No code's fingerprint begins an authenticator, though both come from one secret."""
    for text in (b"", b"A-1", b'{"v":1}'):
        assert not vault.anchor_mac(text).startswith(vault.fingerprints([text]))
        assert len(vault.anchor_mac(text)) == 32
