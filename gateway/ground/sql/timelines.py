"""The newest timeline that this node has met, of each cluster: what fences an old primary off.

A promotion begins a new timeline. A primary that died, or was cut off, and comes back still writes
the old one: what is committed there is lost as soon as it follows the new one. So nobody here
writes to a server of an older timeline, also after a restart: it is written down, in
`DIR/timelines`, where several servers are named. Timeline 1 needs no remembering.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

NAME: Final = "timelines"


class Timelines:
    """Of one data directory; its processes tell one another by the file."""

    def __init__(self, data: Path) -> None:
        self._path = data / NAME
        self._newest: dict[str, int] = {}

    def newest(self, system: str) -> int:
        """The newest timeline of that cluster that was met here; 0: none."""
        for name, timeline in self._written().items():
            self._newest[name] = max(timeline, self._newest.get(name, 0))
        return self._newest.get(system, 0)

    def note(self, system: str, timeline: int, *, keep: bool) -> None:
        """It was met. `keep`: it is written down."""
        before = self.newest(system)
        if timeline <= before:
            return
        self._newest[system] = timeline
        if before:
            log.warning("database.promoted", timeline=timeline, before=before)
        if not keep or timeline == 1 or not self._path.parent.is_dir():
            return
        draft = self._path.with_name(f".{NAME}.{os.getpid()}")
        try:
            draft.write_text(json.dumps(self._newest) + "\n", encoding="ascii")
            draft.replace(self._path)
        except OSError as error:
            log.warning("database.timeline_not_written", file=str(self._path), error=str(error))

    def _written(self) -> dict[str, int]:
        with suppress(OSError, ValueError, AttributeError):
            read = json.loads(self._path.read_text(encoding="ascii"))
            return {str(name): int(timeline) for name, timeline in read.items()}
        return {}
