"""What a top-up account must look like: a rule by name, or a regular expression of the operator.

A rule is matched against the whole account. Digits are ASCII digits only.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

ACCOUNT_LENGTH_MAX: Final = 128
RULE_LENGTH_MAX: Final = 256

RULES: Final[Mapping[str, str]] = {
    # Mainland mobile numbers: eleven digits, the second 3 to 9 (工信部 numbering plan).
    "cn-mobile": r"1[3-9][0-9]{9}",
    # ITU-T E.164: at most fifteen digits, no leading zero; the plus sign may be left out.
    "e164": r"\+?[1-9][0-9]{6,14}",
    # One address with a dotted domain; whether it exists only a mail can tell (RFC 5321 lengths).
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    # QQ numbers: five to eleven digits, no leading zero.
    "qq": r"[1-9][0-9]{4,10}",
    # Anything printable without blanks at its ends.
    "any": r"\S(?:.*\S)?",
}


class AccountRuleError(ValueError):
    """The text is neither the name of a rule nor a usable regular expression."""


@lru_cache(maxsize=4096)
def compile_rule(rule: str) -> re.Pattern[str]:
    """The pattern of a rule. Raises AccountRuleError that says what is wrong."""
    named = RULES.get(rule)
    if named is not None:
        return re.compile(named, re.ASCII)
    if not 1 <= len(rule) <= RULE_LENGTH_MAX:
        raise AccountRuleError(f"a rule has 1 to {RULE_LENGTH_MAX} characters")
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule):
        # A mistyped name would be a pattern that only its own letters match.
        raise AccountRuleError(f"there is no rule {rule!r}; there are {', '.join(RULES)}")
    try:
        pattern = re.compile(rule, re.ASCII)
    except re.error as error:
        raise AccountRuleError(f"{rule!r} is not a regular expression: {error}") from None
    if _REPEATED_REPEAT.search(rule):
        raise AccountRuleError(f"{rule!r} repeats a repetition and could take for ever to match")
    return pattern


# A group that ends in an unbounded repeat and is itself repeated, as (a+)+: matching time
# grows exponentially with the account's length, and partners choose the account.
_REPEATED_REPEAT: Final = re.compile(r"[*+}]\??\)(?:[*+]|\{\d*,\d*\})")


def fits(rule: str, account: str) -> bool:
    """Whether an account satisfies a rule."""
    return (
        0 < len(account) <= ACCOUNT_LENGTH_MAX
        and account.isprintable()
        and compile_rule(rule).fullmatch(account) is not None
    )
