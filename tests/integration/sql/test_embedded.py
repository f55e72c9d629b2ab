"""The embedded server through the deaths of its processes."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ground.sql.embedded import EmbeddedServer
from tests.world.partner import eventually


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory that the server's own user can reach too."""
    with tempfile.TemporaryDirectory(prefix="quangate-test-") as directory:
        yield Path(directory)


def postmaster(data: Path) -> int:
    """The server's process."""
    return int((data / "postgres/postmaster.pid").read_text().split()[0])


def asks_whether_it_is_ready() -> bool:
    """Whether a `pg_isready` of this very process is under way."""
    ours = f"\nPPid:\t{os.getpid()}\n"
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue  # it has ended meanwhile
        if text.startswith("Name:\tpg_isready\n") and ours in text:
            return True
    return False


async def test_killed_a_moment_before_a_start(data: Path) -> None:
    """It starts again, though nobody has reaped the dead one, and what is left of it may be in
    the way at first."""
    first, second = EmbeddedServer(data), EmbeddedServer(data)
    first.start()
    dead = postmaster(data)
    os.kill(dead, signal.SIGKILL)
    await asyncio.to_thread(second.start)
    assert postmaster(data) != dead
    second.release()
    first.release()


async def test_killed_while_a_start_waits_for_it(data: Path) -> None:
    """A start that finds a server waits until that takes connections; but not for a dead one.

    Seen red with a wait for as long as postmaster.pid is there.
    """
    first, second = EmbeddedServer(data), EmbeddedServer(data)
    first.start()
    silent = postmaster(data)
    os.kill(silent, signal.SIGSTOP)
    starting = asyncio.create_task(asyncio.to_thread(second.start))

    async def waits() -> bool:
        return asks_whether_it_is_ready()

    await eventually(waits)
    os.kill(silent, signal.SIGKILL)
    await starting
    assert postmaster(data) != silent
    second.release()
    first.release()
