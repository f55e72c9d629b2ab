"""Running PostgreSQL's own client programs: pg_basebackup and its kin, from the embedded wheel.

They end with us, however we end; no password is ever on their command line.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.dsn import Wanted, understand
from gateway.ground.sql.embedded import programs

SAID_MAX: Final = 40  # lines of what a program said that are kept
NICE: Final = 10  # orders come first
PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
Heard = Callable[[str], None]


class ProgramFailedError(StoreUnavailableError):
    """A program ended with an error; `said` is what it printed last."""

    def __init__(self, program: str, said: str) -> None:
        super().__init__(f"{program} failed: {said}")
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How programs reach a server: settings in a file of ours, or the embedded server's socket."""

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()


@dataclass(slots=True)
class Running:
    """A program that runs."""

    program: str
    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    def interrupt(self) -> None:
        """Ask it to end; it finishes what it writes."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)

    async def ended(self) -> None:
        """Wait for its end. Raises ProgramFailedError."""
        if await self.process.wait() != 0:
            raise ProgramFailedError(self.program, "\n".join(self.said)[-2000:])


async def run(
    program: str,
    *arguments: str,
    source: Source | None = None,
    heard: Heard = lambda _: None,
    cwd: Path = Path("/"),
) -> None:
    """Run a program to its end; `heard` gets each line it says. Raises ProgramFailedError."""
    async with running(program, *arguments, source=source, heard=heard, cwd=cwd) as started:
        await started.ended()


@asynccontextmanager
async def running(
    program: str,
    *arguments: str,
    source: Source | None = None,
    heard: Heard = lambda _: None,
    cwd: Path = Path("/"),
) -> AsyncIterator[Running]:
    """A program while it runs; at the end of the block it is killed if it still does."""
    reach = source or Source()
    try:
        process = await asyncio.create_subprocess_exec(
            str(programs.binaries() / program),
            *reach.arguments,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=cwd,
            env={**programs.ENVIRONMENT, **reach.environment},
            pass_fds=reach.descriptors,
            start_new_session=True,  # Ctrl-C is for us, who then end it in order
            preexec_fn=_end_with(os.getpid()),
        )
    except OSError as error:
        raise StoreUnavailableError(f"{program} cannot be run: {error}") from None
    started = Running(program, process)
    listening = asyncio.create_task(_listen(process, started.said, heard))
    try:
        yield started
        await listening
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        listening.cancel()


def _end_with(parent: int) -> Callable[[], None]:
    def ready() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.umask(0o077)
        os.nice(NICE)
        if os.getppid() != parent:
            os._exit(1)  # it died meanwhile

    return ready


async def _listen(process: asyncio.subprocess.Process, said: list[str], heard: Heard) -> None:
    assert process.stdout is not None
    rest = ""
    while chunk := await process.stdout.read(4096):
        *lines, rest = (rest + chunk.decode(errors="replace")).replace("\r", "\n").split("\n")
        for line in filter(None, lines):
            heard(line)
            said.append(line)
        del said[:-SAID_MAX]
    if rest:
        heard(rest)
        said.append(rest)


@contextmanager
def own_server(url: str) -> Iterator[Source]:
    """A server of somebody's own, by a URL of ours: its words go into a file only we may read."""
    with tempfile.TemporaryDirectory(prefix="quangate-service-") as directory:
        path = Path(directory) / "service.conf"
        lines = [f"{name}={value}" for name, value in words_of(url).items()]
        path.write_text("\n".join(["[quangate]", *lines, ""]), encoding="utf-8")
        path.chmod(0o600)
        yield Source(environment={"PGSERVICEFILE": str(path), "PGSERVICE": "quangate"})


def words_of(url: str) -> dict[str, str]:
    """A URL as libpq's words."""
    target = understand(url)
    parts = urlsplit(target.url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    places = [_host_and_port(one) for one in hosts.split(",")] if hosts else []
    found = {
        "user": unquote(user),
        "password": unquote(password),
        "host": ",".join(host for host, _ in places),
        "port": ",".join(port for _, port in places),
        "dbname": unquote(parts.path.lstrip("/")),
        **dict(parse_qsl(parts.query)),
        **({"target_session_attrs": "read-write"} if target.wanted is Wanted.PRIMARY else {}),
    }
    found["dbname"] = found.pop("database", found["dbname"])
    if set(found["port"]) <= {","}:
        del found["port"]
    return {name: value for name, value in found.items() if value}


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.lstrip(":")
    host, _, port = text.partition(":")
    return unquote(host), port
