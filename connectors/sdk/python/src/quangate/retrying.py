"""How often and when a call is tried again. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

RETRIED: Final = frozenset({429, 502, 503, 504})  # statuses
FIRST_S: Final = 0.5
MOST_S: Final = 8.0
WAITED_FOR_S: Final = 60.0  # a longer Retry-After is not waited for


def backoff_s(tries: int, chance: float) -> float:
    """How long to wait after so many tries (1: the first); `chance` is in [0, 1).

    Half of it is certain, the other half is chance, so that callers that failed together come
    back apart.
    """
    most = min(MOST_S, FIRST_S * 2.0 ** (tries - 1))
    return most * (0.5 + 0.5 * chance)


def retry_after_s(said: str | None, now: float) -> float | None:
    """What a `Retry-After` means in seconds from `now` (Unix); None: it says nothing."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())


def wait_s(tries: int, said: str | None, *, chance: float, now: float) -> float | None:
    """How long to wait before the next try; None: that is too long, do not try again."""
    asked = retry_after_s(said, now)
    if asked is None:
        return backoff_s(tries, chance)
    return asked if asked <= WAITED_FOR_S else None
