"""What fails again and again is said at intervals, with a count. Pure: the clock is passed in."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

SAY_EVERY_S: Final = 60.0
KNOWN_MAX: Final = 1000  # kinds of failure remembered; of more the oldest is said anew


@dataclass(slots=True)
class Repeats:
    """Which lines were written lately, and how many like them were not."""

    _known: dict[Hashable, tuple[float, int]] = field(default_factory=dict)

    def counted(self, kind: Hashable, now: float) -> int | None:
        """None: not now. Else how many of this kind were kept back since the last that was said."""
        said_at, kept_back = self._known.get(kind, (None, 0))
        if said_at is not None and now - said_at < SAY_EVERY_S:
            self._known[kind] = said_at, kept_back + 1
            return None
        self._known.pop(kind, None)  # the newest stands last
        self._known[kind] = now, 0
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]
        return kept_back
