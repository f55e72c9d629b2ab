"""What houses write is read exactly, or refused with the member's name and never its value."""

from typing import Any

import pytest

from connectors.channels.members import MemberError, minor, text, web_address, whole, word
from connectors.loose import read_json

HUGE = "9" * 400


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"2.20"', 220), ('"2.2"', 220), ('"2"', 200), ("2.20", 220), ("2", 200), ("0", 0),
        ('"0.01"', 1), ('"2.2000"', 220), ("2.200", 220), ("null", None), ('""', None),
    ],
)  # fmt: skip
def test_money_is_read_exactly(written: str, expected: int | None) -> None:
    """Texts and numbers alike, to the fen; zeros behind are nothing."""
    assert minor({"m": read_json(written.encode())}, "m") == expected


@pytest.mark.parametrize(
    "written",
    [
        '"2.205"', "2.205", '"-1"', "-1", '"1e2"', '"+1"', '"NaN"', '"Infinity"', '"1,000"',
        '"1.2.3"', "true", "[]", "{}", '"x"', '"１"', f'"{HUGE}"', HUGE,
    ],
)  # fmt: skip
def test_money_that_does_not_fit_is_refused(written: str) -> None:
    """A thousandth, a sign, an exponent, a separator, what is no number, what is beyond any sum.

    Seen red with amounts rounded as upstreams' are.
    """
    value = read_json(written.encode())
    with pytest.raises(MemberError, match=r"^m$"):
        minor({"m": value}, "m")


def test_yen_have_no_hundredths() -> None:
    """Each currency has its own."""
    assert minor({"m": "500"}, "m", "JPY") == 500
    with pytest.raises(MemberError):
        minor({"m": "500.5"}, "m", "JPY")


@pytest.mark.parametrize("value", ["7", 7])
def test_numbers_come_as_texts_too(value: Any) -> None:
    """Where a house writes both."""
    assert whole({"n": value}, "n", 1, 9) == 7
    assert word({"n": value}, "n") == "7"


@pytest.mark.parametrize("value", ["7.0", "٧", "0x7", " 7", "-7", HUGE, True, 7.0, [7], {"n": 7}])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    """Also digits of other scripts."""
    with pytest.raises(MemberError):
        whole({"n": value}, "n", 1, 9)


@pytest.mark.parametrize("value", [7, "a\nb", "a\x00", "x" * 256, ["x"], "\ud800"])
def test_what_is_no_text_is_refused(value: Any) -> None:
    """Control characters, halves of characters, what is too long."""
    with pytest.raises(MemberError):
        text({"t": value}, "t")


@pytest.mark.parametrize("value", ["ftp://x", "//x", "x", "http://", "http://[", "javascript:x"])
def test_what_is_no_web_address_is_refused(value: str) -> None:
    """Absolute, http or https."""
    with pytest.raises(MemberError):
        web_address({"u": value}, "u")
