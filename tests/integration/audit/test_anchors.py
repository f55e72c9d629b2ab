"""`audit --anchors`: what an owner of the database rewrites so that it adds up is seen.

Seen red without the comparisons of heads_differ, balances_differ and digests, one at a time.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.anchor import Moment, Reading
from gateway.audit.anchor_files import read_lines
from gateway.audit.anchor_store import AnchorWriter, key_of, whose
from gateway.ground.config import Config
from gateway.ground.native import Vault
from gateway.ground.sql.database import Database
from tests.chaos.processes import GatewayProcess
from tests.conftest import Cli, unguarded

TABLES = ("reveal", "reveal_head", "entry", "account")
VIEW = 'SELECT record_views({0}, \'[{{"order": {1}, "via": "read"}}]\')'
# The chain from link 2 on, computed anew over what its links say now, and its head.
RELINKED = """
    WITH RECURSIVE anew AS (
        SELECT chain, height, no, hash FROM reveal WHERE chain = 5 AND height = 1
        UNION ALL SELECT r.chain, r.height, r.no, sha256(a.hash || r.digest)
        FROM anew a JOIN reveal r ON r.chain = a.chain AND r.height = a.height + 1)
    UPDATE reveal r SET hash = a.hash FROM anew a WHERE a.no = r.no;
    UPDATE reveal_head h SET hash = r.hash FROM reveal r
    WHERE r.chain = 5 AND h.chain = 5 AND r.height = h.height;
"""
# What the anchors say of it, and what the owner did.
TAMPERINGS = {
    "chain 5: height 3 was written down": """
        DELETE FROM reveal WHERE chain = 5 AND height = 3;
        UPDATE reveal_head h SET height = 2, hash = r.hash FROM reveal r
        WHERE h.chain = 5 AND r.chain = 5 AND r.height = 2""",
    "chain 5: link 3 is not the one that was written down": f"""
        UPDATE reveal SET items = '[]', digest = sha256('[]') WHERE chain = 5 AND height = 2;
        {RELINKED}""",
    "now its head says 0": """
        DELETE FROM reveal WHERE chain = 5; DELETE FROM reveal_head WHERE chain = 5""",
    "the balance after entry 3 was 600 when it was written down": """
        UPDATE entry SET amount = amount + 50 WHERE seq = 2;
        UPDATE entry SET balance_after = balance_after + 50 WHERE seq >= 2;
        UPDATE account SET balance = balance + 50""",
    "now the account says its last is 2": """
        DELETE FROM entry WHERE seq = 3; UPDATE account SET last_entry = 2, balance = 300""",
    "now the account says nothing: it is gone": "DELETE FROM entry; DELETE FROM account",
    "entries 2 to 3 are not the ones that were written down": """
        UPDATE entry SET amount = 250, balance_after = 350 WHERE seq = 2;
        UPDATE entry SET amount = 250 WHERE seq = 3""",
    "partner 1: entries 2 to 3 are not the ones": """
        UPDATE entry SET reference = 'another' WHERE seq = 2""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A partner with one deposit, and one view."""

    command: Cli
    connection: Any
    vault: Vault
    directory: Path  # where this test's commands write anchors

    async def sell(self, number: int) -> None:
        """Money moves and a code is seen."""
        deposit = ("account", "deposit", "acme", str(100 * number), "--reference", f"r{number}")
        assert self.command(*deposit, "--json").returncode == 0
        await self.connection.execute(VIEW.format(5, number))

    async def as_owner(self, statements: str) -> None:
        """Rewrite what nobody else can."""
        async with unguarded(self.connection):
            await self.connection.execute(statements)

    def audit(self, *arguments: str) -> tuple[int, bool, str]:
        """The exit code of an audit with anchors, and what it says of them."""
        done = self.command("audit", "--json", "--anchors", *arguments)
        last = done.json["checks"][-1]
        assert last["invariant"] == "anchors"
        assert done.json["ok"] == all(check["ok"] for check in done.json["checks"])
        return done.returncode, last["ok"], last["detail"]

    def plain_audit(self) -> bool:
        """Whether an audit without anchors is content."""
        return bool(self.command("audit", "--json").json["ok"])

    def writer(self, database: Database, directory: Path) -> AnchorWriter:
        """A writer as the gateway's."""
        mac = self.vault.anchor_mac
        return AnchorWriter(database.pool, directory, key=key_of(self.vault), mac=mac)


@pytest.fixture
async def books(
    config: Config,
    command: Cli,
    connection: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Books]:
    """The books of this module; whatever a test does to them is undone."""
    monkeypatch.setenv("QUANGATE_ANCHORS", str(tmp_path / "anchors"))
    if is_new := await connection.fetchval("SELECT count(*) FROM partner") == 0:
        assert command("partner", "create", "acme", "--json").returncode == 0
    vault = Vault.open(str(config.data / "kek"), create=False)
    made = Books(
        command=command, connection=connection, vault=vault, directory=tmp_path / "anchors"
    )
    if is_new:
        await made.sell(1)
    for table in TABLES:
        await connection.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
    yield made
    for table in TABLES:
        await made.as_owner(f"DELETE FROM {table}; INSERT INTO {table} TABLE kept_{table}")


@pytest.mark.parametrize("words", TAMPERINGS)
async def test_what_adds_up_again_is_seen_by_the_anchors_alone(
    books: Books, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Rows and heads rewritten together: the plain audit finds nothing, with anchors it does."""
    assert books.plain_audit()
    await books.sell(2)
    await books.sell(3)
    assert books.audit()[:2] == (0, True)
    await books.as_owner(TAMPERINGS[words])
    monkeypatch.setenv("QUANGATE_ANCHORS", "off")
    assert books.plain_audit()
    code, ok, detail = books.audit(str(books.directory))
    assert (code, ok) == (1, False)
    assert words in detail


async def test_a_later_line_hides_nothing(books: Books) -> None:
    """The plain audit after the tampering writes what it sees; the old lines stay."""
    assert books.plain_audit()
    await books.as_owner("DELETE FROM entry; UPDATE account SET last_entry = 0, balance = 0")
    assert books.plain_audit()
    assert books.audit()[:2] == (1, False)


async def test_a_sound_shop_passes_and_what_was_compared_is_said(
    books: Books, tmp_path: Path
) -> None:
    """Also after sales that no line knows yet, on a copy, with --since, and over a rotation."""
    assert books.plain_audit()
    await books.sell(2)
    assert books.command("keys", "rotate", "--json").returncode == 0
    _, ok, detail = books.audit()
    assert ok
    assert f"1 lines of {books.directory}, the last of 20" in detail
    assert "1 ends of chains and 1 balances are in the database" in detail
    copy = tmp_path / "copy"
    shutil.copytree(books.directory, copy)
    (copy / "notes.txt").write_text("mine")
    _, ok, detail = books.audit(str(copy))
    assert ok
    assert f"2 lines of {copy}" in detail
    assert detail.endswith("; not ours and passed over: notes.txt")
    assert books.audit("--since", "2026-01-01T00:00:00Z")[1]


@pytest.mark.parametrize("case", ["missing", "empty", "file", "off"])
async def test_nothing_to_compare_is_wrong_usage(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Never ok, never a finding: exit 2, and the directory is named."""
    assert books.plain_audit()
    place = tmp_path / case
    arguments, words = [str(place)], str(place)
    if case == "empty":
        place.mkdir()
    elif case == "file":
        place.write_text("mine")
    elif case == "off":
        monkeypatch.setenv("QUANGATE_ANCHORS", "off")
        arguments, words = [], "anchors are off"
    refused = books.command("audit", "--json", "--anchors", *arguments)
    assert refused.returncode == 2
    assert refused.json["error"]["code"] == "no-anchors"
    assert words in refused.json["error"]["detail"]


async def test_lines_of_another_database_are_said_and_not_compared(
    books: Books, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them: exit 2. Some of them: those of ours decide, and the others are counted."""
    writer = books.writer(database, books.directory)
    read = writer._read

    async def elsewhere() -> Moment:
        moment = await read()
        heads = [head._replace(height=head.height + 70) for head in moment.heads]
        return moment._replace(database="9/9", heads=heads)

    monkeypatch.setattr(writer, "_read", elsewhere)
    assert await writer.write()
    refused = books.command("audit", "--json", "--anchors")
    assert (refused.returncode, refused.json["error"]["code"]) == (2, "other-anchors")
    assert books.plain_audit()
    _, ok, detail = books.audit()
    assert ok
    assert detail.endswith("; 1 lines are of another database (9/9) and were not compared")


async def test_a_disk_that_is_full_is_no_outage(
    books: Books, database: Database, tmp_path: Path
) -> None:
    """The writer counts as failing, and goes on when it can; an audit stays ok and warns."""
    blocked = tmp_path / "anchors"
    blocked.write_text("a file where the directory should be")
    writer = books.writer(database, blocked)
    await writer.try_to_write()
    assert (writer.failing, writer.last_at) == (True, 0.0)
    done = books.command("audit", "--json")
    assert done.returncode == 0
    assert "warning: no anchor was written: " in done.stderr
    blocked.unlink()
    await writer.try_to_write()
    assert not writer.failing
    assert writer.last_at > 1_700_000_000


async def test_it_is_written_when_due_and_at_the_orderly_end(
    books: Books, config: Config, database: Database, tmp_path: Path
) -> None:
    """Two workers: one line at the start, none for what follows at once, one at the end; again."""
    here = await whose(books.connection)

    def lines() -> int:
        mac = books.vault.anchor_mac
        reading = Reading(key=key_of(books.vault), mac=mac, database=here)
        read_lines(books.directory, reading)
        assert reading.problems == []
        return reading.lines

    settings = {"QUANGATE_ANCHORS": str(books.directory)}
    async with GatewayProcess(config, tmp_path / "log", workers=2, settings=settings) as gateway:
        assert await gateway.terminate() == 0
        assert lines() == 1
        await books.sell(2)
        await asyncio.to_thread(gateway.start)
        assert not await books.writer(database, books.directory).write(due_only=True)
        assert await gateway.terminate() == 0
        assert lines() == 2
        await asyncio.to_thread(gateway.start)
        assert await gateway.terminate() == 0
        assert lines() == 2
    assert "Traceback" not in gateway.log.read_text()
