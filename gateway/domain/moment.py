"""Moments as the API writes them."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    # The database's moments are in UTC already. isoformat takes a quarter of strftime's time; an
    # order and its webhook write six of them.
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
