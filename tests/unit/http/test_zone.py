"""Zones of code files: which offset holds at which local time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.ground.zone import offsets_of, read_zone


def offset_at(name: str, local: str) -> int:
    """Hours east of UTC that the table gives for a local time, as the native reader looks it up."""
    seconds = int(datetime.fromisoformat(local).replace(tzinfo=UTC).timestamp())
    table = offsets_of(read_zone(name))
    return [offset for start, offset in table if start <= seconds][-1] // 3600


@pytest.mark.parametrize(
    ("name", "local", "hours"),
    [
        ("UTC", "2027-01-01 00:00:00", 0),
        ("+08:00", "2027-01-01 00:00:00", 8),
        ("-0500", "2027-01-01 00:00:00", -5),
        ("Asia/Shanghai", "2027-12-31 23:59:59", 8),
        ("Europe/Berlin", "2027-03-28 01:59:59", 1),
        ("Europe/Berlin", "2027-03-28 03:00:00", 2),
        ("Europe/Berlin", "2027-10-31 01:59:59", 2),
        ("Europe/Berlin", "2027-10-31 03:00:00", 1),
        ("America/New_York", "2099-07-01 12:00:00", -4),
    ],
)
def test_offsets_by_local_time(name: str, local: str, hours: int) -> None:
    """The offset of a local time, on both sides of a change of the clocks."""
    assert offset_at(name, local) == hours


def test_a_fixed_offset_is_itself() -> None:
    """Minutes and the sign are kept."""
    assert read_zone("-03:30") == timezone(-timedelta(hours=3, minutes=30))


@pytest.mark.parametrize("name", ["", "Mars/Base", "+25:00", "+08:99", "../../etc/passwd", "8"])
def test_other_words_are_no_zone(name: str) -> None:
    """They are refused, and the message says what is taken."""
    with pytest.raises(ValueError, match=r"Asia/Shanghai, or \+08:00"):
        read_zone(name)
