"""Workers and their supervisor: they end together, and import nothing from where they are run."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.world import build_world
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos


def workers_of(config: Config) -> Sequence[int]:
    """Living worker processes on this test's database, whoever their parent is now."""
    ours = f"QUANGATE_DATABASE_URL={config.database_url}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            environment = (place / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # ended, or made itself unreadable: then we are not root
        tied = any(line.startswith(b"QUANGATE_WORKER_TIE_FD=") for line in environment)
        if tied and ours in environment:
            found.append(int(place.name))
    return found


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


@pytest.fixture
def stopped(fresh: Config, log: Path) -> Iterator[GatewayProcess]:
    """A gateway with two workers, not started yet; killed at the end."""
    gateway = GatewayProcess(fresh, log, workers=2)
    yield gateway
    gateway.kill()


async def test_workers_end_with_a_killed_supervisor(fresh: Config, stopped: GatewayProcess) -> None:
    """They sell nothing beside a successor's, and its port is free.

    Seen red (both lived on) without `tie.follow()`.
    """
    await asyncio.to_thread(stopped.start)
    workers = stopped.worker_pids()
    assert len(workers) == 2
    os.kill(stopped.pid, 9)
    stopped.wait()

    async def gone() -> bool:
        port = int(stopped.url.rsplit(":", 1)[1])
        return not any(_lives(pid) for pid in workers) and is_free(port)

    await eventually(gone)


async def test_a_worker_that_stands_still_ends_too(stopped: GatewayProcess) -> None:
    """The kernel ends it: its own loop would never look. Seen red without PR_SET_PDEATHSIG."""
    await asyncio.to_thread(stopped.start)
    workers = stopped.worker_pids()
    for pid in workers:
        os.kill(pid, 19)  # SIGSTOP
    os.kill(stopped.pid, 9)
    stopped.wait()

    async def gone() -> bool:
        return not any(_lives(pid) for pid in workers)

    await eventually(gone)


async def test_a_worker_whose_supervisor_died_before_it_looked(
    fresh: Config, stopped: GatewayProcess
) -> None:
    """It is still importing when its supervisor is killed: no signal will come for that.

    Seen red without the reader of the socket.
    """
    stopped.launch()

    async def started() -> bool:
        return bool(stopped.worker_pids())

    await eventually(started)
    workers = stopped.worker_pids()
    os.kill(stopped.pid, 9)
    stopped.wait()

    async def gone() -> bool:
        return not any(_lives(pid) for pid in workers)

    await eventually(gone)
    assert not workers_of(fresh)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


HOSTILE = (
    "import pathlib; pathlib.Path(__file__).with_name('imported').touch()\nraise SystemExit(7)\n"
)
NAMES = ["structlog", "json", "asyncpg", "uvloop", "msgspec", "gateway", "connectors", "typer"]


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A directory of modules that nobody should import."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(HOSTILE)
    return tmp_path


@pytest.mark.parametrize("how", ["script", "script with an empty path", "module"])
def test_nothing_is_imported_from_the_current_directory(
    fresh: Config, trap: Path, how: str
) -> None:
    """Neither by a command nor by the two workers it starts. Seen red with plain `-m gateway`."""
    script = Path(sys.executable).with_name("quangate")
    if how != "script":
        (trap / "gateway.py").unlink()  # this one Python finds before any line of ours runs
    words = [sys.executable, "-m", "gateway"] if how == "module" else [str(script)]
    environment = {
        "PATH": os.environ["PATH"],
        "QUANGATE_DATA": str(fresh.data),
        "QUANGATE_DATABASE_URL": str(fresh.database_url),
        **({"PYTHONPATH": ":"} if how == "script with an empty path" else {}),
    }
    with subprocess.Popen(
        [*words, "serve", "--port", "0", "--workers", "2"],
        cwd=trap, env=environment, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.readline()
        process.terminate()
        said += process.stderr.read()
    assert "listening on" in said, said
    assert not (trap / "imported").exists()


async def test_the_end_comes_while_a_worker_begins(fresh: Config, log: Path) -> None:
    """One that hears SIGTERM before it knows what to do with it dies of it; nothing is undone.

    Seen red (exit code 1) without `unheard` in `WorkerProcess._end`.
    """
    await build_world(fresh, codes=0)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        before = set(gateway.worker_pids())
        kill_quietly(min(before))
        while not set(gateway.worker_pids()) - before:  # noqa: ASYNC110  before it does anything
            await asyncio.sleep(0.005)
        assert await gateway.terminate() == 0, gateway.said()


async def test_the_end_comes_before_a_dead_worker_has_a_successor(fresh: Config, log: Path) -> None:
    """Its death was told when it died; the end cuts nothing off.

    Seen red (exit code 1) without `_is_over`.
    """
    await build_world(fresh, codes=0)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        kill_quietly(min(gateway.worker_pids()))
        while "serve.worker_died" not in gateway.said():  # noqa: ASYNC110  half a second is left
            await asyncio.sleep(0.01)
        assert await gateway.terminate() == 0, gateway.said()
