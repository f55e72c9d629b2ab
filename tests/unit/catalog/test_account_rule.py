"""Account rules: what a top-up account must look like."""

import pytest

from gateway.catalog.account_rule import AccountRuleError, compile_rule, fits, unusable_rules
from tests.bounded import output_of


@pytest.mark.parametrize(
    ("rule", "account", "expected"),
    [
        ("cn-mobile", "13800138000", True),
        ("cn-mobile", "19912345678", True),
        ("cn-mobile", "12800138000", False),  # no such prefix
        ("cn-mobile", "1380013800", False),  # too short
        ("cn-mobile", "138001380000", False),  # too long
        ("cn-mobile", "+8613800138000", False),  # with a country code
        ("cn-mobile", "13800138000\n", False),  # a line end slips past `$`, not past fullmatch
        ("cn-mobile", "1380013800０", False),  # a full-width digit is not ASCII
        ("e164", "+14155552671", True),
        ("e164", "8613800138000", True),  # the plus may be left out
        ("e164", "+0415555267", False),  # no country code begins with 0
        ("e164", "+1234567890123456", False),  # sixteen digits
        ("email", "a.b+c@example.co.uk", True),
        ("email", "a@example", False),  # no dot
        ("email", "a b@example.org", False),
        ("email", "a@-example.org", False),
        ("email", "a@b@example.org", False),
        ("qq", "10001", True),
        ("qq", "01234", False),  # a leading zero
        ("qq", "123456789012", False),  # twelve digits
        ("any", "玩家一号", True),
        ("any", " padded ", False),
        ("any", "", False),
        ("any", "a" * 129, False),  # longer than any account
        ("any", "a\tb", False),  # a control character
        (r"[A-Z]{3}\d+", "ABC123", True),  # a pattern of the operator
        (r"[A-Z]{3}\d+", "xABC123", False),  # matched whole
        (r"a|b", "ab", False),  # alternatives, too
    ],
)
def test_a_rule_matches_whole_accounts(rule: str, account: str, expected: bool) -> None:
    """A rule accepts exactly the accounts it is meant for."""
    assert fits(rule, account) is expected


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("cn-moblie", "there is no rule"),  # a misspelt name is not taken as a pattern
        ("(", "not a regular expression"),
        ("", "1 to 256"),
        ("a" * 300, "1 to 256"),
        (r"(?=a)b", "looks ahead"),  # what only a backtracking engine can match
        (r"(?<!a)b", "looks ahead or behind"),
        (r"(\d)\1", "refers back"),
        (r"(.{1,90}){1,90}", "too large"),
        ("a)(b", "not a regular expression"),
    ],
)
def test_a_wrong_rule_is_refused(rule: str, words: str) -> None:
    """A rule that is no name and no usable pattern is refused, with the reason."""
    with pytest.raises(AccountRuleError, match=words):
        compile_rule(rule)


@pytest.mark.parametrize(
    "rule",
    [r"(\d+-?)+", r"((\d+))+", r"(\d|\d)*b", r".*.*.*.*.*.*.*x", r"(\d*)*x", r"(\d{1,}){2,}y"],
)
def test_no_rule_computes_for_ever(rule: str) -> None:
    """A pattern that a backtracking engine would try for centuries answers at once, and rightly."""
    code = f"""
from gateway.catalog.account_rule import fits
print(fits({rule!r}, "1" * 126 + "!"), fits({rule!r}, "1" * 128))
"""
    assert output_of(code) == f"False {rule.endswith('+')}"


@pytest.mark.parametrize(
    ("rule", "account", "expected"),
    [
        (r"(\d+-?)+", "12-34-5", True),
        (r"(a|a)*b", "aaab", True),
        (r"\d{3}[\d-]+", "123４", False),  # in brackets, too, digits are ASCII digits
        (r"\w+", "é", False),
        (r"[^\d]+", "四", True),
        (r"(?i)ab", "aB", True),
        (r"(?P<zone>\d)-(?:x|y)", "3-y", True),
    ],
)
def test_a_pattern_means_what_it_says(rule: str, account: str, expected: bool) -> None:
    """Nested repetitions, classes, flags and groups are taken and mean what they do elsewhere."""
    assert fits(rule, account) is expected


def test_a_rule_that_is_refused_today_names_its_sku() -> None:
    """What an older version took is found in a catalog; what works and what has none is not."""
    assert unusable_rules([("A", None), ("B", "cn-mobile"), ("C", r"(?=1)\d+")]) == [
        ("C", r"'(?=1)\\d+' looks ahead or behind, which cannot be matched in linear time")
    ]
