"""The nodes that live on one database, as one of them sees it.

A node is what shares one data directory on one running machine: its workers share what lies there
in memory, rate limits above all. Nodes share those by their number.
"""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(slots=True)
class Nodes:
    """How many live, this one and its worker among them. Kept current by the worker's control
    connection: at once where a worker comes, within two seconds where one goes; while the database
    is away it stays as it was last seen."""

    count: int = 1  # nodes
    workers: int = 1  # on all of them

    def note(self, count: int, workers: int) -> None:
        """What the database says; we live, whatever it has missed."""
        self.count, self.workers = max(1, count), max(1, workers)


def node_of(data: Path) -> uuid.UUID:
    """The name of the node a process of this data directory belongs to.

    It is that of the directory itself, on this boot of this machine: a copy of it is another one,
    whatever was copied with it. Where there can be none each process is a node of its own.
    """
    run = data / "run"
    try:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = os.stat(run)
        boot = BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return uuid.uuid4()
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{boot} {place.st_dev} {place.st_ino}")
