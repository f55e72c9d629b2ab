"""`DIR/postgres`: whose it is, what is in the way, what it is called, who owns it.

The server is the real one. Where a test needs another user it becomes one (as root only).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog

from gateway.ground.errors import ConfigError, RefusedError, StoreUnavailableError
from gateway.ground.sql.embedded import EmbeddedServer, cluster, programs
from gateway.ground.sql.embedded.locks import is_free
from tests.conftest import in_own_loop, run_cli

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
NAMELESS_UID = 23_456


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory for one shop."""
    with tempfile.TemporaryDirectory(prefix="quangate-test-") as directory:
        yield Path(directory) / "shop"


def everything_in(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    """Names, modes, times and contents of all that is in a directory."""
    found = {}
    for path in [directory, *sorted(directory.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def serves(data: Path) -> None:
    """Start the server, ask it something over its own address, stop it."""
    server = EmbeddedServer(data)
    server.start()
    try:
        in_own_loop(_ask(server.dsn))
    finally:
        server.release()
    assert is_free(data / ".postgres-server.lock")


async def _ask(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT current_database()") == "quangate"
    await connection.close()


def _mine(postgres: Path) -> None:
    (postgres / "mine.txt").write_text("not yours")


def _backup_too_deep(postgres: Path) -> None:
    (postgres / "2026-11-28").mkdir()
    (postgres / "2026-11-28/PG_VERSION").write_text("18\n")


def _somebody_elses_cluster(postgres: Path) -> None:
    (postgres / "PG_VERSION").write_text("18\n")
    (postgres / "base").mkdir()
    (postgres / "postgresql.conf").write_text("port = 5433\n")


def _hidden(postgres: Path) -> None:
    (postgres / ".config").write_text("")


def _lost_and_mine(postgres: Path) -> None:
    (postgres / "lost+found").mkdir()
    _mine(postgres)


def _half_made_and_mine(postgres: Path) -> None:
    (postgres / cluster.GROWING).mkdir()
    _mine(postgres)


STRANGERS = [
    _mine, _backup_too_deep, _somebody_elses_cluster, _hidden, _lost_and_mine, _half_made_and_mine,
]  # fmt: skip


@pytest.mark.parametrize("fill", STRANGERS)
def test_what_is_not_ours_is_refused_and_untouched(
    data: Path, fill: Callable[[Path], None]
) -> None:
    """Nothing in the data directory changes, and the refusal names `DIR/postgres`."""
    (data / "postgres").mkdir(parents=True)
    fill(data / "postgres")
    before = everything_in(data)
    for may_make in (True, False):
        with pytest.raises(ConfigError, match=re.escape(str(data.resolve() / "postgres"))):
            EmbeddedServer(data).start(may_make=may_make)
    assert everything_in(data) == before


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_directory_is_refused(data: Path, kind: str) -> None:
    """A file, or a link that leads nowhere."""
    data.mkdir()
    if kind == "file":
        (data / "postgres").write_text("x")
    else:
        (data / "postgres").symlink_to(data / "nowhere")
    with pytest.raises(ConfigError, match="not made by Quangate"):
        EmbeddedServer(data).start()
    assert [entry.name for entry in data.iterdir()] == ["postgres"]


@pytest.mark.parametrize("command", ["doctor", "serve", "partner create", "sku list"])
def test_every_command_refuses_what_is_not_ours(data: Path, command: str) -> None:
    """The doctor, too, which used to empty it."""
    (data / "postgres").mkdir(parents=True)
    _backup_too_deep(data / "postgres")
    before = everything_in(data)
    more = {"partner create": ["acme"], "serve": ["--port", "0"]}.get(command, [])
    done = run_cli(*command.split(), *more, "--data", str(data), environment={})
    assert done.returncode == 1
    assert f"{data.resolve()}/postgres" in done.stdout + done.stderr
    assert everything_in(data) == before


def test_an_empty_directory_will_do(data: Path) -> None:
    """With any mode, and with what a file system puts into a new one by itself."""
    (data / "postgres/lost+found").mkdir(parents=True)
    (data / "postgres").chmod(0o755)
    serves(data)
    assert (data / "postgres/lost+found").is_dir()
    assert (data / "postgres").stat().st_mode & 0o777 == 0o700


def test_an_interrupted_making_is_begun_again(data: Path) -> None:
    """Killed while initdb ran."""
    growing = data / "postgres" / cluster.GROWING
    (growing / "base").mkdir(parents=True)
    (growing / "PG_VERSION").write_text("18\n")
    with pytest.raises(RefusedError):
        EmbeddedServer(data).start(may_make=False)
    serves(data)
    assert not growing.exists()


@pytest.mark.parametrize(
    "left", [("PG_VERSION", cluster.MARKER, "base", "pg_wal"), (cluster.MARKER,)]
)
def test_an_interrupted_moving_is_finished(data: Path, left: tuple[str, ...]) -> None:
    """Killed between two entries that move up, or before the very last one."""
    serves(data)
    postgres = data / "postgres"
    growing = postgres / cluster.GROWING
    growing.mkdir()
    for name in left:
        (postgres / name).rename(growing / name)
    assert cluster.look(postgres) is cluster.State.HALF_MADE
    if os.geteuid() == 0:
        programs.hand_over(growing)
    serves(data)
    assert cluster.look(postgres) is cluster.State.OURS


def test_a_cluster_from_before_there_was_a_marker_is_ours(data: Path) -> None:
    """Our settings are included: that is how those are known; and then it gets its marker."""
    serves(data)
    marker = data / "postgres" / cluster.MARKER
    marker.unlink()
    serves(data)
    assert marker.exists()


def test_leftovers_of_a_backup_are_not_in_the_way(data: Path) -> None:
    """A base backup brings a socket's lock file along, a copy of a running server its pid file.

    The number in both lives again, as a process of the server's own user: to PostgreSQL that is
    a server. Seen red with the files left where they are.
    """
    serves(data)
    postgres = data / "postgres"
    with subprocess.Popen(["sleep", "600"], user=programs.owner()) as stranger:
        stale = f"{stranger.pid}\n{postgres}\n1795904043\n5432\n{postgres}\n\n  1     2\nready\n"
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (postgres / name).write_text(stale)
        (postgres / ".s.PGSQL.5432").write_text("")
        for path in postgres.iterdir():
            programs.hand_over(path)
        try:
            serves(data)
            assert stranger.poll() is None  # nobody stopped it for a server
        finally:
            stranger.kill()


NAMES = ["a#b%41&c=d?e", 'it\'s "one" $HOME `x` \\ 券', "with\na line break", "one,two", "l" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_directory_will_do(data: Path, name: str) -> None:
    """It reaches no command line, no settings file and no address as it stands.

    Seen red: the last two with `plain` always true.
    """
    serves(data / name)
    assert sorted(path.name for path in data.iterdir()) == [name]


def test_nothing_of_our_environment_reaches_the_server(data: Path) -> None:
    """`PG…` and the like would change ports, databases, settings or the code that runs."""
    hostile = {
        "PGPORT": "1", "PGHOST": "/nowhere", "PGDATA": "/nowhere", "PGSERVICE": "none",
        "PGSERVICEFILE": "/nowhere", "PGSSLMODE": "verify-full", "PGOPTIONS": "-c nonsense=1",
        "PGUSER": "somebody", "PGDATABASE": "nothing", "PGPASSFILE": "/nowhere", "PGTZ": "Mars",
        "PGTARGETSESSIONATTRS": "standby", "PGREQUIREAUTH": "scram-sha-256", "LC_ALL": "xx_XX",
        "LC_MESSAGES": "xx", "LD_LIBRARY_PATH": str(data), "PGSSLROOTCERT": "/nowhere",
    }  # fmt: skip
    made = run_cli("partner", "create", "acme", "--data", str(data), "--json", environment=hostile)
    assert made.returncode == 0, made.stderr
    listed = run_cli("partner", "list", "--data", str(data), "--json", environment=hostile)
    assert [partner["partner"] for partner in listed.json["partners"]] == ["acme"]


def test_a_failed_start_leaves_no_server(data: Path) -> None:
    """Here PostgreSQL runs, and lets nobody in."""
    serves(data)
    rules = data / "postgres/pg_hba.conf"
    rules.write_text("local all all reject\n")
    with pytest.raises(StoreUnavailableError, match="psql"):
        EmbeddedServer(data).start()
    assert is_free(data / ".postgres-server.lock")
    assert not (data / "postgres/postmaster.pid").exists()


def test_why_it_does_not_start_is_said(data: Path) -> None:
    """The cause from the server's log, and nothing from earlier starts."""
    serves(data)
    with (data / "postgres/postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(StoreUnavailableError, match="no_such_setting") as caught:
        EmbeddedServer(data).start()
    assert "ready to accept" not in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 9


def test_a_cluster_of_another_major_is_explained(data: Path) -> None:
    """Who made it, what this release brings, and where the way is described."""
    serves(data)
    (data / "postgres/PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigError) as caught:
        EmbeddedServer(data).start()
    assert "made by PostgreSQL 17" in str(caught.value)
    assert f"brings {programs.major_version()}" in str(caught.value)
    chapter = str(caught.value).rsplit('"', 2)[1]
    guide = Path(__file__).parents[3] / "deploy/README.md"
    assert f"\n## {chapter}\n" in guide.read_text(encoding="utf-8")


@AS_ROOT
def test_closed_parents_are_left_closed(data: Path) -> None:
    """The server's user need not pass them: it begins inside."""
    data.mkdir(mode=0o700)
    data.parent.chmod(0o700)
    serves(data)
    assert (data.stat().st_mode & 0o777, data.parent.stat().st_mode & 0o777) == (0o700, 0o700)


@AS_ROOT
def test_the_way_to_the_programs_is_opened_once_and_said(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes it again is told what that means, by the command that undoes it."""
    closed = data / "closed"
    shutil.copytree(programs.binaries().parent, closed / "pginstall", copy_function=_link)
    closed.chmod(0o700)
    data.chmod(0o700)
    data.parent.chmod(0o755)
    monkeypatch.setattr(programs, "binaries", lambda: closed / "pginstall/bin")
    opened = data / "opened-directories"
    with structlog.testing.capture_logs() as said:
        programs.make_reachable(opened)
    assert opened.read_text().splitlines() == [str(data), str(closed)]
    assert closed.stat().st_mode & 0o777 == 0o701
    assert [line["directory"] for line in said] == [str(data), str(closed)]
    programs.make_reachable(opened)  # nothing to do any more
    closed.chmod(0o700)
    with pytest.raises(ConfigError, match=f"chmod o\\+x {closed}"):
        programs.make_reachable(opened)
    assert closed.stat().st_mode & 0o777 == 0o700


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@AS_ROOT
def test_a_user_without_a_name(data: Path) -> None:
    """A container may run us as any number; initdb wants a name."""
    data.mkdir(mode=0o700)
    os.chown(data, NAMELESS_UID, NAMELESS_UID)
    data.parent.chmod(0o755)
    made = as_nameless("partner", "create", "acme", "--data", str(data), "--json")
    if "user namespaces" in made.stderr or "wants a name" in made.stderr:
        assert "/etc/passwd" in made.stderr  # here nothing else can be done, and it says so
        pytest.skip("this machine allows no user namespaces")
    assert made.returncode == 0, made.stderr
    assert (data / "postgres").stat().st_uid == NAMELESS_UID
    listed = as_nameless("partner", "list", "--data", str(data), "--json")
    assert listed.returncode == 0, listed.stderr


@AS_ROOT
def test_somebody_elses_cluster_of_ours(data: Path) -> None:
    """An ordinary user is told whose it is; root, who may, hands a restored backup over."""
    serves(data)
    for path in [data, *data.rglob("*")]:
        os.chown(path, NAMELESS_UID + 1, NAMELESS_UID + 1, follow_symlinks=False)
    data.chmod(0o755)
    data.parent.chmod(0o755)
    denied = as_nameless("partner", "list", "--data", str(data))
    assert denied.returncode == 1
    assert str(data / "postgres") in denied.stderr
    (data / "postgres").chmod(0o755)  # as `cp -r` leaves it
    serves(data)


def as_nameless(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command as a user that has no name, no group of ours and no home."""
    words = [
        "setpriv", f"--reuid={NAMELESS_UID}", f"--regid={NAMELESS_UID}", "--clear-groups",
        sys.executable, "-m", "gateway", *arguments,
    ]  # fmt: skip
    if subprocess.run([*words[:5], "-c", ""], check=False, capture_output=True).returncode != 0:
        pytest.skip(f"no other user can read what {sys.executable} is made of")
    return subprocess.run(
        words, check=False, capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin"}
    )
