"""What an HTTP status says by itself, before any platform's own words: the same for all of them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from connectors.contract import Answer, AnswerKind, Reason, UpstreamRefused
from connectors.exchange import HttpResponse, ProtocolError

RETRY_AFTER_S_MAX: Final = 3600.0  # a longer wait is a matter for the operator


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from `Retry-After` as a number or a date; None if absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return min(float(value), RETRY_AFTER_S_MAX)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait_s = (moment - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


def throttled_submit(response: HttpResponse, now: float) -> Answer | None:
    """A 429 was refused unread, so nothing was executed; None for every other status."""
    if response.status != 429:
        return None
    return Answer(
        kind=AnswerKind.NOT_SENT,
        reason=Reason.RATE_LIMITED,
        code="429",
        retry_after_s=retry_after_s(response.headers, now),
    )


def unreadable_submit(response: HttpResponse, message: str = "") -> Answer:
    """The outcome of an answer that proves nothing."""
    return Answer(
        kind=AnswerKind.UNKNOWN,
        reason=Reason.UNREADABLE,
        code=str(response.status),
        message=message,
    )


def throttled_query(response: HttpResponse, now: float) -> Answer | None:
    """A query answered 429 is no news, with a time to wait; None for every other status."""
    if response.status != 429:
        return None
    return Answer(
        kind=AnswerKind.UNKNOWN,
        reason=Reason.RATE_LIMITED,
        code="429",
        retry_after_s=retry_after_s(response.headers, now),
    )


def unanswered_query(response: HttpResponse, now: float) -> Answer | None:
    """A query that the platform itself did not answer (throttled, a proxy, a gate, a crash) is no
    news, whatever its body says; None for the statuses of its own answers.
    """
    if response.status in {200, 400, 404}:
        return None
    return throttled_query(response, now) or no_news("", code=str(response.status))


def no_news(message: str, *, reason: Reason = Reason.UNREADABLE, code: str = "") -> Answer:
    """The state of a query that brought no usable news."""
    return Answer(kind=AnswerKind.UNKNOWN, reason=reason, code=code, message=message)


def expect_ok(response: HttpResponse) -> None:
    """For balance and catalogue: raise unless the status is 200."""
    if response.status == 429:
        raise UpstreamRefused(Reason.RATE_LIMITED, "429", "")
    if response.status in {401, 403}:
        raise UpstreamRefused(Reason.CREDENTIALS, str(response.status), "")
    if response.status != 200:
        raise ProtocolError(f"HTTP {response.status}")
