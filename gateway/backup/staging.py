"""Where a shop is restored: beside its place, in the same directory, moved there when it is whole.

Until then the directory holds no shop. What a killed restore left is removed by the next one.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from gateway.ground.desk.refusal import refused
from gateway.ground.errors import ConfigError, QuangateError
from gateway.ground.sql.embedded import EmbeddedServer

STAGING: Final = ".quangate-restoring"
CLUSTER: Final = "postgres"
# What may be there before: what a file system makes, the key file, and what we left.
MAY_BE_THERE: Final = frozenset({"lost+found", "kek", STAGING})


class Staging:
    """A directory in which a shop is put together."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.path = data / STAGING

    @property
    def cluster(self) -> Path:
        """The cluster that is put together."""
        return self.path / CLUSTER

    def finish(self) -> None:
        """It is whole, no server uses it: from here on it is the shop."""
        os.rename(self.cluster, self._data / CLUSTER)
        descriptor = os.open(self._data, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@asynccontextmanager
async def staged(data: Path) -> AsyncIterator[Staging]:
    """A staging in an empty directory, or in one that is made. All of it is gone at the end.

    Raises RefusedError when the directory holds something, ConfigError when it cannot be one.
    """
    made = check_empty(data)
    staging = Staging(data)
    _make(staging.path)
    held = os.open(staging.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refused("busy", "restore-running", data=data) from None
        try:
            await _clear(staging)
            yield staging
        finally:
            await _clear(staging)
            _unmake(staging.path, *([data] if made else []))  # unless there is a shop in it now
    finally:
        os.close(held)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--data {path.parent} cannot be used: {error.strerror}") from None


def _unmake(*paths: Path) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.rmdir()


def check_empty(data: Path) -> bool:
    """That nothing is there; whether there is no such directory yet. Raises as `staged`."""
    try:
        found = sorted({entry.name for entry in os.scandir(data)} - MAY_BE_THERE)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise ConfigError(f"--data {data} cannot be used: {error.strerror}") from None
    if found:
        raise refused("not-empty", "not-empty", data=data, found=", ".join(found[:5]))
    return False


async def _clear(staging: Staging) -> None:
    """Remove what is in it; a server of a killed restore is stopped first."""
    if staging.cluster.exists():
        server = EmbeddedServer(staging.path)
        with contextlib.suppress(QuangateError, OSError):
            await asyncio.to_thread(server.stop_left)
    for entry in os.scandir(staging.path):
        if entry.is_dir(follow_symlinks=False):
            await asyncio.to_thread(shutil.rmtree, entry.path)
        else:
            os.unlink(entry.path)
