"""A callback as it came in, and how many of a kind may come."""

from dataclasses import dataclass
from typing import Final

import msgspec

from connectors.contract import AnswerKind, CallbackEvent

ATTEMPT_ID_MAX: Final = 2**63 - 1
# What a signature that covers it settles; how much of a partial one was delivered, a query tells.
SETTLED_BY_WORD: Final = frozenset(
    {AnswerKind.SUCCESS, AnswerKind.FAILED, AnswerKind.CANCELLED, AnswerKind.REVERSED}
)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A callback whose signature, if it has one, was found right; `event` is the connector's."""

    upstream_id: int
    event: CallbackEvent
    body: bytes
    named: bool = False  # it came to the address that only the platform knows

    @property
    def attempt_id(self) -> int | None:
        """Our number, if it can be one of ours."""
        text = self.event.attempt_no or ""
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            return None
        number = int(text)
        return number if number <= ATTEMPT_ID_MAX else None

    @property
    def settles(self) -> bool:
        """Whether its word may be enough: it is judged like every other answer."""
        return self.event.trusted and self.event.answer.kind in SETTLED_BY_WORD


@dataclass(slots=True)
class Allowance:
    """How much of something may still happen now: a token bucket, of one second unless said."""

    per_s: float
    burst: float | None = None
    _left: float = 0.0
    _at: float = float("-inf")

    def take(self, now: float) -> bool:
        """Whether one more may happen; `now` from a monotonic clock."""
        full = self.per_s if self.burst is None else self.burst
        self._left = min(full, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
