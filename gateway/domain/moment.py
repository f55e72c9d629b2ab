"""Moments as the API writes them."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    # isoformat takes a quarter of strftime's time; every order and webhook has two moments.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
