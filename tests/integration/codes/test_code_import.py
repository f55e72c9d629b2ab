"""`quangate codes`: real processes on a real PostgreSQL, killed and run again."""

import asyncio
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.import_killing import (
    CHUNKED_ROWS,
    environment,
    kill_in_mid_import,
    numbered,
    whole,
)

_numbers = count(1)


@pytest.fixture
def pool(cli: Cli) -> str:
    """A fresh pool."""
    name = f"pool-{next(_numbers)}"
    assert cli("pool", "create", name, "--json").json["pool"] == name
    return name


def test_an_import_counts_and_reports_every_line(cli: Cli, pool: str, tmp_path: Path) -> None:
    """Imported, duplicate and rejected lines add up, the report names them, no code is in it."""
    file = tmp_path / "codes.csv"
    file.write_text(
        "\ufeffcode,pin\r\nCANARY-1,1\r\n\r\nCANARY-2,2\r\nCANARY-1,3\r\n,4\r\n3.4E+15,5\r\n"
    )
    report = tmp_path / "report.csv"
    done = cli("codes", "import", str(file), "--pool", pool, "--report", str(report), "--json")
    answer = done.json
    assert {k: answer[k] for k in ("imported", "duplicates", "rejected")} == {
        "imported": 2, "duplicates": 1, "rejected": 2,
    }  # fmt: skip
    assert report.read_text().splitlines() == [
        "line,verdict,reason",
        "2,ok,",
        "4,ok,",
        "5,duplicate,in_file",
        "6,rejected,empty_code",
        "7,rejected,ruined_number",
    ]
    assert "CANARY" not in done.stdout + done.stderr + report.read_text()
    stats = cli("codes", "stats", "--pool", pool, "--json").json
    assert stats == {
        "imported": 2,
        "delivered": 0,
        "free": 2,
        "leased": 0,
        "held": 0,
        "in_doubt": 0,
        "expired": 0,
        "void": 0,
    }
    again = cli(
        "codes", "import", str(file), "--pool", pool, "--report", str(report), "--json"
    ).json
    assert (again["imported"], again["duplicates"], again["rejected"]) == (0, 3, 2)
    assert report.read_text().count("duplicate,in_pool") == 3


async def test_workers_hear_of_new_codes(
    cli: Cli, pool: str, tmp_path: Path, connection: Any
) -> None:
    """An import tells the running workers once, and only when something came."""
    heard: list[str] = []
    await connection.add_listener("quangate", lambda *news: heard.append(news[3]))
    pool_id = await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool)
    file = numbered(tmp_path / "codes.txt", 3, "NEWS")
    await asyncio.to_thread(cli, "codes", "import", str(file), "--pool", pool)
    await asyncio.to_thread(cli, "codes", "import", str(file), "--pool", pool)
    await connection.fetchval("SELECT 1")
    assert heard.count(f"pool:{pool_id}") == 1


def test_standard_input_is_a_file(cli: Cli, pool: str, config: Config) -> None:
    """`-` reads the standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "codes", "import", "-", "--pool", pool, "--json"],
        check=False, capture_output=True, text=True, input="STDIN-1----p\nSTDIN-2----p\n",
        timeout=300, env=environment(config),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"imported": 2' in done.stdout


def test_the_same_code_in_another_pool_is_told(cli: Cli, pool: str, tmp_path: Path) -> None:
    """It is imported, and a warning counts it."""
    other = f"{pool}-other"
    cli("pool", "create", other)
    file = numbered(tmp_path / "codes.txt", 3, f"TWICE-{pool}")
    assert cli("codes", "import", str(file), "--pool", pool, "--json").json["imported"] == 3
    done = cli("codes", "import", str(file), "--pool", other, "--json")
    assert done.json["imported"] == 3
    assert "3 of these codes are in another pool" in done.stderr


def test_a_dry_run_tells_the_same_and_leaves_nothing(cli: Cli, pool: str, tmp_path: Path) -> None:
    """Counts and report are those of the real run after it; stock and batches do not change."""
    file, reports = tmp_path / "codes.txt", [tmp_path / "dry.csv", tmp_path / "real.csv"]
    file.write_text("DRY-0001\nDRY-0002\nDRY-0001\n2.5E+20\n")
    base = ("codes", "import", str(file), "--pool", pool, "--json")
    dry = cli(*base, "--dry-run", "--report", str(reports[0])).json
    assert cli("codes", "batches", "--pool", pool, "--json").json == {"batches": []}
    assert cli("codes", "stats", "--pool", pool, "--json").json["imported"] == 0
    real = cli(*base, "--report", str(reports[1])).json
    for answer in (dry, real):
        assert [answer[k] for k in ("imported", "duplicates", "rejected")] == [2, 1, 1]
    assert dry["batch"] is None
    assert reports[0].read_text() == reports[1].read_text()


def test_strict_is_all_or_nothing(cli: Cli, pool: str, tmp_path: Path) -> None:
    """One rejected line: exit 1, nothing imported, and a mended file goes in whole."""
    file = tmp_path / "codes.txt"
    file.write_text("STRICT-1\n3.465E+15\nSTRICT-2\n")
    refused = cli("codes", "import", str(file), "--pool", pool, "--strict", "--json")
    assert (refused.returncode, refused.json["error"]["code"]) == (1, "rejected-lines")
    assert cli("codes", "stats", "--pool", pool, "--json").json["imported"] == 0
    file.write_text("STRICT-1\nSTRICT-3\nSTRICT-2\n")
    assert (
        cli("codes", "import", str(file), "--pool", pool, "--strict", "--json").json["imported"]
        == 3
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "file-not-found"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "unreadable-file"),
        (bytes(range(256)) * 4, "unreadable-file"),
        (b"PK\x03\x04 no workbook", "unreadable-file"),
    ],
)
def test_what_is_no_code_file_is_refused(
    cli: Cli, pool: str, tmp_path: Path, content: bytes | None, code: str
) -> None:
    """Exit 1 with a code for programs; nothing is imported."""
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    done = cli("codes", "import", str(file), "--pool", pool, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, code)
    assert cli("codes", "batches", "--pool", pool, "--json").json == {"batches": []}


@pytest.mark.parametrize(
    "flags",
    [
        ("--encoding", "latin-9"),
        ("--separator", "###"),
        ("--columns", "code,colour"),
        ("--report", "FILE"),  # would overwrite what is to be imported
    ],
)
def test_wrong_flags_are_wrong_usage(
    cli: Cli, pool: str, tmp_path: Path, flags: tuple[str, str]
) -> None:
    """Exit 2, and the file is as it was."""
    file = numbered(tmp_path / "codes.txt", 2, "FLAGS")
    name, value = flags
    value = str(file) if value == "FILE" else value
    done = cli("codes", "import", str(file), "--pool", pool, name, value, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (2, "invalid-argument")
    assert file.read_text() == "FLAGS-00000000\nFLAGS-00000001\n"


def test_an_unknown_pool_is_refused(cli: Cli, tmp_path: Path) -> None:
    """Exit 1, `not-found`."""
    file = numbered(tmp_path / "codes.txt", 1, "NOWHERE")
    for arguments in (("import", str(file)), ("stats",), ("generate", "1", "--pattern", "AAAA")):
        done = cli("codes", *arguments, "--pool", "nowhere", "--json")
        assert (done.returncode, done.json["error"]["code"]) == (1, "not-found")


async def test_a_full_disk_stops_in_order(
    cli: Cli, pool: str, tmp_path: Path, connection: Any
) -> None:
    """A server without room: exit 1 `disk-full`, nothing on sale; the same command then goes on."""
    file = numbered(tmp_path / "codes.txt", 50_000, "DISK")
    # The server's own error, raised where a full disk raises it: in the middle of a chunk.
    await connection.execute("""
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.seq >= 30000 THEN
                RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER no_room BEFORE INSERT ON code FOR EACH ROW EXECUTE FUNCTION no_room();
    """)
    base = ("codes", "import", str(file), "--pool", pool, "--json")
    try:
        full = await asyncio.to_thread(cli, *base)
    finally:
        await connection.execute("DROP TRIGGER no_room ON code; DROP FUNCTION no_room()")
    assert (full.returncode, full.json["error"]["code"]) == (1, "disk-full")
    assert (await asyncio.to_thread(cli, "codes", "stats", "--pool", pool, "--json")).json[
        "imported"
    ] == 0
    assert (await asyncio.to_thread(cli, *base)).json["imported"] == 50_000
    await whole(connection, pool, 50_000)


@pytest.mark.chaos
async def test_a_killed_import_goes_on_where_it_stopped(
    pool: str, tmp_path: Path, config: Config, connection: Any, cli: Cli
) -> None:
    """kill -9 in mid import: nothing is on sale; the same command finishes it, each code once."""
    file = numbered(tmp_path / "codes.txt", CHUNKED_ROWS, f"KILL-{pool}")
    with file.open("a") as more:
        more.write(f"KILL-{pool}-00000000\n3.465E+15\n")
    await kill_in_mid_import(config, connection, pool, file)
    stats = await asyncio.to_thread(cli, "codes", "stats", "--pool", pool, "--json")
    assert stats.json["imported"] == 0
    assert stats.json["free"] == 0
    # Killed between the commit of a chunk's codes and that of the progress that tells of them.
    await connection.execute(
        "INSERT INTO code (pool_id, seq, batch_id, sealed)"
        " SELECT p.id, lo + imported + n, b.id, 'x' FROM generate_series(0, 9) AS n, pool p"
        " JOIN batch b ON b.pool_id = p.id AND b.state = 'staged' WHERE p.name = $1",
        pool,
    )
    report = tmp_path / "report.csv"
    done = await asyncio.to_thread(
        cli, "codes", "import", str(file), "--pool", pool, "--report", str(report), "--json"
    )
    assert "went on after line" in done.stderr
    assert [done.json[k] for k in ("imported", "duplicates", "rejected")] == [CHUNKED_ROWS, 1, 1]
    lines = report.read_text().splitlines()
    assert len(lines) == CHUNKED_ROWS + 3
    assert lines[-2:] == [
        f"{CHUNKED_ROWS + 1},duplicate,in_file",
        f"{CHUNKED_ROWS + 2},rejected,ruined_number",
    ]
    assert sum(line.endswith(",ok,") for line in lines) == CHUNKED_ROWS
    await whole(connection, pool, CHUNKED_ROWS)


@pytest.mark.chaos
async def test_another_file_discards_a_killed_import(
    pool: str, tmp_path: Path, config: Config, connection: Any, cli: Cli
) -> None:
    """What a killed import staged is gone without a trace when another file is imported."""
    file = numbered(tmp_path / "codes.txt", CHUNKED_ROWS, f"GONE-{pool}")
    await kill_in_mid_import(config, connection, pool, file)
    # The first of the killed file's codes again: it is no duplicate of what was discarded.
    other = numbered(tmp_path / "other.txt", 10, f"GONE-{pool}")
    done = await asyncio.to_thread(cli, "codes", "import", str(other), "--pool", pool, "--json")
    assert [done.json[k] for k in ("imported", "duplicates", "rejected")] == [10, 0, 0]
    assert "discarded what an unfinished import of codes.txt" in done.stderr
    await whole(connection, pool, 10)


async def test_one_import_at_a_time(cli: Cli, pool: str, tmp_path: Path, connection: Any) -> None:
    """While another import of the pool runs, one more is refused and changes nothing."""
    file = numbered(tmp_path / "codes.txt", 3, "BUSY")
    pool_id = await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool)
    await connection.execute("SELECT pg_advisory_lock(20809, hashint8($1))", pool_id)
    done = await asyncio.to_thread(cli, "codes", "import", str(file), "--pool", pool, "--json")
    await connection.execute("SELECT pg_advisory_unlock_all()")
    assert (done.returncode, done.json["error"]["code"]) == (1, "import-running")


async def test_generated_codes_are_new_and_on_sale(cli: Cli, pool: str, connection: Any) -> None:
    """As many different codes as asked for, also when the pool has many of the pattern already."""
    first = cli("codes", "generate", "40", "--pool", pool, "--pattern", "X-99", "--json").json
    assert first["generated"] == 40
    second = cli("codes", "generate", "40", "--pool", pool, "--pattern", "X-99", "--json").json
    assert second["batch"] != first["batch"]
    assert cli("codes", "stats", "--pool", pool, "--json").json["free"] == 80
    await whole(connection, pool, 80)


@pytest.mark.parametrize(
    ("count", "pattern", "warned"),
    [
        ("5", "ABC-XYZ", "2.3 bits"),
        ("40", "X-99", "1.3 bits"),
        ("2", "######", "29.0 bits"),  # 2^30 codes, two of them
        ("1", "######", None),
        ("5", "AAAA-9999-####", None),
    ],
)
def test_codes_that_can_be_guessed_are_warned_of(
    cli: Cli, pool: str, count: str, pattern: str, warned: str | None
) -> None:
    """Below 30 bits a code: how many it has is said; the answer is the same."""
    done = cli("codes", "generate", count, "--pool", pool, "--pattern", pattern, "--json")
    assert done.json["generated"] == int(count)
    assert ("can be guessed" in done.stderr) == (warned is not None)
    assert warned is None or warned in done.stderr


def test_a_pattern_that_is_too_small_is_refused(cli: Cli, pool: str) -> None:
    """At most half of a pattern's codes; a malformed pattern is wrong usage."""
    small = cli("codes", "generate", "51", "--pool", pool, "--pattern", "X-99", "--json")
    assert (small.returncode, small.json["error"]["code"]) == (1, "pattern-too-small")
    wrong = cli("codes", "generate", "1", "--pool", pool, "--pattern", "---", "--json")
    assert wrong.returncode == 2
    assert cli("codes", "stats", "--pool", pool, "--json").json["imported"] == 0
