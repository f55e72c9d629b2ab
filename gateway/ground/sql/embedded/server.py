"""One data directory's server: start it, use it, stop it as its last user.

Locks decide, not process ids. Every process that uses a data directory (gateway, command
line) holds a shared lock while it does; the last one out stops the server. The server's own
processes hold another one, which each inherits: it is free exactly when none of them lives.
A killed process loses its locks with its life, so nothing has to be cleaned up after it.
"""

import fcntl
import os
import signal
import time
from pathlib import Path
from urllib.parse import quote

import structlog

from gateway.ground.errors import ConfigError, RefusedError, StoreUnavailableError
from gateway.ground.sql.embedded import programs
from gateway.ground.sql.embedded.cluster import (
    DATABASE_NAME,
    DATABASE_USER,
    PORT,
    EmbeddedPaths,
    State,
    get_ready,
    look,
    make,
    make_data_directory,
    refuse_strangers,
)
from gateway.ground.sql.embedded.locks import exclusive, is_free, lock, try_lock

log = structlog.get_logger()

START_DEADLINE_S = 60.0  # of silence; one that recovers after a crash is waited for
RECOVERY_DEADLINE_S = 3_600.0
STOP_DEADLINE_S = 60.0
LOOK_S = 0.02
LOG_LINES_SHOWN = 8
SOCKET_DIRECTORY_BYTES_MAX = 90  # sun_path holds 108, with the file name
READY, RECOVERING = 0, 1  # exit codes of pg_isready


class EmbeddedServer:
    """A handle on the embedded server of one data directory; start it, use `dsn`, release it."""

    def __init__(self, data_dir: Path) -> None:
        try:
            self._paths = EmbeddedPaths(data_dir=data_dir.resolve())
        except OSError as error:
            raise ConfigError(f"--data {data_dir}: {error.strerror}") from None
        self._users_lock: int | None = None
        self._hurried = False
        self._way: int | None = None  # the cluster, open, where its name is no address

    @property
    def dsn(self) -> str:
        """Connection string of the owner (migrations)."""
        return self.dsn_of(DATABASE_USER)

    def dsn_of(self, role: str, database: str = DATABASE_NAME) -> str:
        """Connection string; the password-less socket lies in a directory only we may enter.

        A directory whose name is too long for a socket, or has characters a host list gives a
        meaning, is reached by a descriptor of it (`descriptors`): there is no second name
        anywhere that somebody could take before us.
        """
        name = str(self._paths.cluster)
        plain = len(os.fsencode(name)) <= SOCKET_DIRECTORY_BYTES_MAX and name.isprintable()
        if not plain or "," in name or ".s.PGSQL." in name:
            if self._way is None:
                self._way = os.open(self._paths.cluster, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            name = f"/proc/self/fd/{self._way}"
        who, where = quote(role, safe=""), quote(database, safe="")
        return f"postgresql://{who}@/{where}?host={quote(name, safe='')}&port={PORT}"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child that is given `dsn` must inherit, under the same numbers."""
        return () if self._way is None else (self._way,)

    def start(self, *, may_make: bool = True, adopting: bool = False) -> None:
        """Start the server unless it runs, and register as one of its users.

        `adopting`: a cluster of somebody else's, whose user and database are made ours later.

        Raises StoreUnavailableError with the end of the server's log when it will not start;
        ConfigError when the directory cannot be used; RefusedError when there is no shop and
        none may be made. Nothing is touched then.
        """
        state = look(self._paths.cluster)
        refuse_strangers(self._paths.cluster, state)
        if not may_make and state is not State.OURS:
            raise no_shop(self._paths.data_dir)
        try:
            make_data_directory(self._paths.data_dir)
            with exclusive(self._paths.start_lock):
                self._start(adopting=adopting)
                self._users_lock = lock(self._paths.users_lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            place = error.filename or self._paths.data_dir
            raise ConfigError(
                f"the embedded database needs {place}, as the uid {os.geteuid()}: {error.strerror}"
            ) from None

    def revive(self) -> bool:
        """Start the server again if it died under its users; True: it had died.

        Raises StoreUnavailableError when it will not start yet. Cheap while it lives.
        """
        if self._users_lock is None or self._is_alive():
            return False
        with exclusive(self._paths.start_lock):
            if self._users_lock is None or self._is_alive():
                return False  # released, or another user was quicker
            self._start()
        return True

    def release(self) -> None:
        """Stop using the server; the last user stops it. Idempotent."""
        if self._users_lock is None:
            return
        with exclusive(self._paths.start_lock):
            try:
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it
            else:
                self._stop()
            os.close(self._users_lock)
            self._users_lock = None
        if self._way is not None:
            os.close(self._way)
            self._way = None

    def hurry(self) -> None:
        """Let go of it at once: told to stop, it does so by itself.

        For whoever has no time left: while a follower is frozen a server takes a minute to stop.
        """
        self._hurried = True
        self.release()

    def stop_left(self) -> None:
        """Stop a server that nobody uses any more, because its users were killed. Idempotent."""
        with exclusive(self._paths.start_lock):
            alone = try_lock(self._paths.users_lock)
            if alone is not None:
                try:
                    self._stop()
                finally:
                    os.close(alone)

    def _start(self, *, adopting: bool = False) -> None:
        cluster = self._paths.cluster
        programs.make_reachable(self._paths.opened)
        state = look(cluster)
        refuse_strangers(cluster, state)
        if state is not State.OURS:
            make(cluster)
        deadline = time.monotonic() + START_DEADLINE_S
        while (free := self._take_server_lock()) is None:
            # Alive: ours or somebody's who was quicker, or what is left of a killed one.
            if self._readiness() == READY:
                return
            if time.monotonic() > deadline and self._readiness() != RECOVERING:
                raise StoreUnavailableError(
                    f"a PostgreSQL holds {cluster} and does not answer{self._log_end(0)}"
                )
            time.sleep(LOOK_S)
        logged = self._log_size()
        try:
            get_ready(cluster)
            code, said = programs.run(
                "pg_ctl", "-D", programs.HERE, "-l", self._paths.log.name, "-W", "-s", "start",
                cluster=cluster, descriptors=(free,),
            )  # fmt: skip
        finally:
            os.close(free)  # from here on it is the server's alone
        if code != 0:
            raise StoreUnavailableError(f"pg_ctl failed: {said[-500:]}")
        try:
            self._await_ready(logged)
            if not adopting:
                self._ensure_database()
        except BaseException:
            self._stop()  # a failed start leaves nothing running
            raise

    def _take_server_lock(self) -> int | None:
        """The server's lock, for the server to inherit; None while a server lives."""
        taken = try_lock(self._paths.server_lock)
        if taken is not None and self._postmaster() is not None:
            os.close(taken)  # started by a release that had no such lock
            return None
        return taken

    def _await_ready(self, logged: int) -> None:
        """Wait for a server that was just started. Raises StoreUnavailableError when it ends."""
        silent = time.monotonic() + START_DEADLINE_S
        recovered = time.monotonic() + RECOVERY_DEADLINE_S
        while (readiness := self._readiness()) != READY:
            if is_free(self._paths.server_lock):
                raise StoreUnavailableError(f"PostgreSQL does not start{self._log_end(logged)}")
            if time.monotonic() > (recovered if readiness == RECOVERING else silent):
                raise StoreUnavailableError(f"PostgreSQL hangs{self._log_end(logged)}")
            time.sleep(LOOK_S)

    def _stop(self) -> None:
        """Stop the server in order, if one lives; what was acknowledged is on disk either way."""
        for number in (signal.SIGINT, signal.SIGQUIT):  # PostgreSQL's "fast" and "immediate"
            postmaster = self._postmaster()
            if postmaster is not None:
                os.kill(postmaster, number)
            deadline = time.monotonic() + STOP_DEADLINE_S
            while self._is_alive() and not self._hurried and time.monotonic() < deadline:
                time.sleep(LOOK_S)
            if self._hurried or not self._is_alive():
                return
        raise StoreUnavailableError(f"PostgreSQL does not stop{self._log_end(0)}")

    def _is_alive(self) -> bool:
        return not is_free(self._paths.server_lock) or self._postmaster() is not None

    def _postmaster(self) -> int | None:
        """The living process that the server's own file names, if it works in this cluster.

        The number in a file that was left behind may be anybody's by now.
        """
        try:
            pid = int((self._paths.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            works_here = os.path.samestat(os.stat(f"/proc/{pid}/cwd"), os.stat(self._paths.cluster))
            return pid if works_here and b"postgres" in _command(pid) else None
        except (OSError, ValueError):
            return None

    def _readiness(self) -> int:
        code, _ = programs.run(
            "pg_isready", "-q", "-h", programs.HERE, "-p", str(PORT), "-U", DATABASE_USER,
            cluster=self._paths.cluster,
        )  # fmt: skip
        return code

    def _ensure_database(self) -> None:
        exists = self._psql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'quangate'")
        if exists != "1":
            self._psql("postgres", "CREATE DATABASE quangate TEMPLATE template0")

    def _psql(self, database: str, statement: str) -> str:
        code, said = programs.run(
            "psql", "-X", "-q", "-At", "-h", programs.HERE, "-p", str(PORT), "-U", DATABASE_USER,
            "-d", database, "-c", statement, cluster=self._paths.cluster,
        )  # fmt: skip
        if code != 0:
            raise StoreUnavailableError(f"psql failed: {said[-500:]}")
        return said

    def _log_size(self) -> int:
        try:
            return self._paths.log.stat().st_size
        except OSError:
            return 0

    def _log_end(self, since: int) -> str:
        """The last lines of what the server said from a position in its log on."""
        try:
            with self._paths.log.open("rb") as file:
                file.seek(since)
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "".join(f"\n{line}" for line in lines[-LOG_LINES_SHOWN:])


def no_shop(place: object) -> RefusedError:
    """Why a command that only looks has nothing to look at."""
    return RefusedError(
        "no-shop",
        f"there is no shop in {place}, and nothing was made there: name its directory with --data"
        " (QUANGATE_DATA); `quangate serve` or `quangate partner create` begin a new one",
    )


def _command(pid: int) -> bytes:
    # Of a killed process that nobody has reaped yet this is empty.
    return Path(f"/proc/{pid}/cmdline").read_bytes()
