"""The cluster `DIR/postgres`: whose it is, making one, and getting it ready for a start.

What is not empty and not ours is never touched. Ours is what has our marker, or was made
before there was one and includes our settings. A new cluster grows in a directory inside and
moves up entry by entry, the marker last; so an interrupted making is known and finished, and
a mount point with its `lost+found` will do.
"""

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.embedded import programs

log = structlog.get_logger()

DATABASE_USER = "quangate"
DATABASE_NAME = "quangate"
MARKER = "quangate-cluster"
MARKER_TEXT = "This PostgreSQL cluster was made by Quangate; without this file it is a stranger.\n"
SETTINGS_FILE = "quangate.conf"
GROWING = ".quangate-new"
PORT = 5432
# What a file system puts into a new directory by itself.
NOTHING = frozenset({"lost+found"})

# fsync, synchronous_commit and full_page_writes stay at PostgreSQL's safe defaults on purpose.
SETTINGS = f"""\
unix_socket_directories = '{programs.HERE}'
unix_socket_permissions = 0700
port = {PORT}
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
wal_level = replica
max_wal_senders = 10
wal_keep_size = 256MB
max_slot_wal_keep_size = 16GB
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


class State(StrEnum):
    """What there is at `DIR/postgres`."""

    NOTHING = "nothing"
    HALF_MADE = "half made"  # by us, interrupted
    OURS = "ours"
    STRANGE = "strange"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPaths:
    """Where the embedded server keeps its things."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory; its Unix socket lies there, too."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """PostgreSQL's log; statements never appear in it."""
        return self.cluster / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts or stops the server."""
        return self.data_dir / ".postgres-start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by all who use the server; who has it alone is the last."""
        return self.data_dir / ".postgres-users.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server's processes, all of them inheriting it, as long as one lives."""
        return self.data_dir / ".postgres-server.lock"

    @property
    def opened(self) -> Path:
        """Names directories that were opened for the server's user (as root only)."""
        return self.data_dir / "opened-directories"


def make_data_directory(path: Path) -> None:
    """Make the data directory unless it is there. Raises ConfigError."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"--data {path} cannot be a directory: {error.strerror}") from None


def look(cluster: Path) -> State:
    """What is there; changes nothing. Raises ConfigError when that cannot be told."""
    try:
        names = {entry.name for entry in os.scandir(cluster)} - NOTHING
        growing = {entry.name for entry in os.scandir(cluster / GROWING)} if (
            GROWING in names
        ) else None  # fmt: skip
        if growing is not None and (MARKER in growing or names == {GROWING}):
            return State.HALF_MADE
        if not names:
            return State.NOTHING
        ours = MARKER in names or _includes_our_settings(cluster)
    except FileNotFoundError:
        return State.STRANGE if os.path.lexists(cluster) else State.NOTHING
    except NotADirectoryError:
        return State.STRANGE
    except OSError as error:
        raise ConfigError(f"{cluster} cannot be looked at: {error.strerror}") from None
    return State.OURS if ours and "PG_VERSION" in names else State.STRANGE


def _includes_our_settings(cluster: Path) -> bool:
    """Whether we made it before there was a marker."""
    try:
        lines = (cluster / "postgresql.conf").read_text(errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    return f"include '{SETTINGS_FILE}'" in lines


def make(cluster: Path) -> None:
    """Make a new cluster where there is nothing, or finish an interrupted making."""
    cluster.mkdir(mode=0o700, exist_ok=True)
    _own(cluster)
    growing = cluster / GROWING
    if not (growing / MARKER).exists():
        if growing.exists():
            shutil.rmtree(growing)
        _grow(growing)
    last = ("PG_VERSION", MARKER)
    for name in [*(n for n in sorted(os.listdir(growing)) if n not in last), *last]:
        if not os.path.lexists(growing / name):
            continue  # moved before the interruption
        if os.path.lexists(cluster / name):
            raise _not_ours(cluster)
        (growing / name).rename(cluster / name)
    growing.rmdir()
    for directory in (cluster, cluster.parent):
        _sync(directory)


def _grow(growing: Path) -> None:
    growing.mkdir(mode=0o700)
    _own(growing)
    code, said = programs.run(
        "initdb", "-D", programs.HERE, "-U", DATABASE_USER, "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--no-instructions", "--no-sync", cluster=growing,
    )  # fmt: skip
    if code != 0:
        raise StoreUnavailableError(f"initdb failed: {said[-500:]}")
    with (growing / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"\ninclude '{SETTINGS_FILE}'\n")
    os.sync()
    _write(growing / MARKER, MARKER_TEXT)


def adopt(cluster: Path) -> None:
    """Make the files of somebody else's server ours: its settings and who may enter.

    `cluster` is a copy that no server uses; user and database are made ours once it runs.
    """
    _write(cluster / "postgresql.conf", f"include '{SETTINGS_FILE}'\n")
    _write(cluster / "pg_hba.conf", "local all all trust\nlocal replication all trust\n")
    _write(cluster / "pg_ident.conf", "")
    _write(cluster / MARKER, MARKER_TEXT)


def get_ready(cluster: Path) -> None:
    """Before a start, with no server alive: version, owner, leftovers, settings.

    Raises ConfigError when this release cannot or may not open it.
    """
    made_by = (cluster / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major_version()):
        raise ConfigError(
            f"{cluster} was made by PostgreSQL {made_by}; this release brings"
            f" {programs.major_version()}, which cannot open it. Nothing was changed. Dump it with"
            " the release that made it and load the dump into an empty directory:"
            ' deploy/README.md, "Another major of PostgreSQL"'
        )
    _own(cluster)
    # What a killed server left, or a backup brought along. No server lives: its lock is ours.
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (cluster / name).unlink(missing_ok=True)
    _write(cluster / SETTINGS_FILE, SETTINGS)
    if not (cluster / MARKER).exists():
        _write(cluster / MARKER, MARKER_TEXT)


def _own(cluster: Path) -> None:
    """See to it that the server's user owns it, as PostgreSQL wants: closed to all others."""
    owner = programs.owner()
    found = cluster.stat().st_uid
    if found != owner:
        if os.geteuid() != 0:
            raise ConfigError(
                f"{cluster} belongs to the uid {found}: run quangate as that user (root, if it is"
                f" {programs.SYSTEM_USER}'s), or chown -R {owner} {cluster}"
            )
        if any(cluster.iterdir()):
            log.warning("embedded.handed_over", directory=str(cluster), to=programs.SYSTEM_USER)
        for folder, _, files in os.walk(cluster):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                programs.hand_over(Path(path))
    if cluster.stat().st_mode & 0o077:
        cluster.chmod(0o700)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """Write a file anew, following no link that lies there; the server's user may read it."""
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with open(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)  # whatever our umask is
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)


def refuse_strangers(cluster: Path, state: State) -> None:
    """Raise ConfigError for what is not ours."""
    if state is State.STRANGE:
        raise _not_ours(cluster)


def _not_ours(cluster: Path) -> ConfigError:
    return ConfigError(
        f"{cluster} is not empty and was not made by Quangate. Nothing in it was touched:"
        " move it away, or name another directory with --data"
    )
