"""What one worker counts about signing in."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from gateway.ground.metric_family import Family

Way = Literal["password", "passkey"]
End = Literal["in", "refused", "locked"]
WAYS: Final[tuple[Way, ...]] = ("password", "passkey")
ENDS: Final[tuple[End, ...]] = ("in", "refused", "locked")


class Tried(NamedTuple):
    """How a try ended: what the browser shows from now on, or why not."""

    shown: str | None
    locked: bool = False  # the account was, at that address or everywhere


@dataclass(slots=True)
class SignIns:
    """How tries ended, by the way; and the sessions that last, as this worker last read it."""

    tries: Counter[tuple[Way, End]] = field(default_factory=Counter)
    lasting: int = 0

    def count(self, way: Way, tried: Tried) -> str | None:
        """One more; what the browser shows from now on, if it came in."""
        end: End = "in" if tried.shown else "locked" if tried.locked else "refused"
        self.tries[way, end] += 1
        return tried.shown


def families(counted: SignIns) -> Iterator[Family]:
    """All of this worker's, now."""
    yield Family(
        "counter",
        "quangate_sign_ins",
        "Tries to sign in at the console: in, refused, or kept out by a lock-out.",
        ["way", "end"],
        [([way, end], counted.tries[way, end]) for way in WAYS for end in ENDS],
    )
    yield Family(
        "gauge",
        "quangate_sessions",
        "Sessions at the console that last, at most 10,001; the same at every worker.",
        [],
        [([], counted.lasting)],
    )
