"""Our own voucher codes: their form, their chance, and how few a pattern may hold."""

import re
from collections import Counter

import pytest

from gateway.ground.native import generate_codes, pattern_space

LETTER, DIGIT, EITHER = "[A-HJ-NP-Z]", "[0-9]", "[A-HJ-NP-Z2-9]"


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        # api.md's example.
        ("AAAA-9999-####", f"{LETTER}{{4}}-{DIGIT}{{4}}-{EITHER}{{4}}"),
        # Everything else stands as it is: other letters, lower case, blanks inside, Chinese.
        ("VIP x9a#", f"VIP x{DIGIT}a{EITHER}"),
        ("券99999", f"券{DIGIT}{{5}}"),
        ("+.*999999", rf"\+\.\*{DIGIT}{{6}}"),
    ],
)
def test_codes_have_the_patterns_form(pattern: str, form: str) -> None:
    """Every code matches the pattern, and no two are the same."""
    codes = [code.decode() for code in generate_codes(pattern, 100)]
    assert len(set(codes)) == 100
    assert all(re.fullmatch(form, code) for code in codes)


@pytest.mark.parametrize(
    ("pattern", "space"),
    [("A", 24), ("9", 10), ("#", 32), ("X9", 10), ("A9#", 7680), ("#" * 40, 2**128 - 1)],
)
def test_the_space_of_a_pattern(pattern: str, space: int) -> None:
    """How many codes a pattern has; beyond 2^128 the number no longer grows."""
    assert pattern_space(pattern) == space


@pytest.mark.parametrize(("pattern", "most"), [("9", 5), ("A", 12), ("99", 50), ("##", 512)])
def test_half_the_space_at_most(pattern: str, most: int) -> None:
    """Half of a pattern's codes can be had, all different; one more is refused."""
    assert len(set(generate_codes(pattern, most))) == most
    with pytest.raises(ValueError, match="at most half"):
        generate_codes(pattern, most + 1)


@pytest.mark.parametrize(
    "pattern",
    # Nothing to fill, empty, too long, control characters, blanks at the ends.
    ["", "XYZ", "----", "A" * 129, "A\n9", "A\x00", " A9", "A9 ", "\u3000A"],
)
def test_patterns_without_sense(pattern: str) -> None:
    """A pattern that cannot be meant is refused."""
    with pytest.raises(ValueError, match="pattern"):
        generate_codes(pattern, 1)


def test_no_symbol_is_preferred() -> None:
    """Each of ten digits comes within five standard deviations of its share (24 and 32 alike)."""
    # 10 and 24 do not divide 256: taking a byte modulo them would prefer the first symbols by 4 to
    # 10 percent, tens of standard deviations here.
    for pattern, symbols in (("9" * 64, 10), ("A" * 64, 24), ("#" * 64, 32)):
        counts = Counter(b"".join(generate_codes(pattern, 2000)))
        share = 128_000 / symbols
        assert len(counts) == symbols
        assert all(abs(count - share) < 5 * share**0.5 for count in counts.values())


CHECKED = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def luhn_holds(code: str) -> bool:
    """Luhn mod N over the whole code, written down independently of the engine."""
    total = 0
    for index, symbol in enumerate(reversed([c for c in code if c in CHECKED])):
        value = CHECKED.index(symbol) * (1 + index % 2)
        total += value // len(CHECKED) + value % len(CHECKED)
    return total % len(CHECKED) == 0


def test_check_characters() -> None:
    """A check character is appended, holds, and finds every single wrong character."""
    for raw in generate_codes("AA-99##", 20, check=True):
        code = raw.decode()
        assert re.fullmatch(f"{LETTER}{{2}}-{DIGIT}{{2}}{EITHER}{{2}}[{CHECKED}]", code)
        assert luhn_holds(code)
        for index, symbol in enumerate(code):
            for other in CHECKED.replace(symbol, "") if symbol != "-" else "":
                assert not luhn_holds(code[:index] + other + code[index + 1 :])


def test_too_many_at_a_time() -> None:
    """A count that no memory holds is refused before anything is reserved for it."""
    with pytest.raises(ValueError, match="at a time"):
        generate_codes("A" * 20, 10**15)


def test_no_codes() -> None:
    """None asked for, none made."""
    assert generate_codes("AAAA", 0) == []
