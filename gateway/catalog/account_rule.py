"""What a top-up account must look like: a rule by name, or a regular expression of the operator.

A rule is matched against the whole account, in time linear in the account: the native core's
engine does not backtrack, so there is no pattern that partners could make it spin with.
Digits are ASCII digits only.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.ground.native import AccountRule

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
def _compiled(rule: str) -> "AccountRule | str":
    """A rule's pattern, or what is wrong with it: a catalog may hold what is refused today."""
    from gateway.ground.native import AccountRule  # late: help has no use for the native module

    named = RULES.get(rule)
    if named is not None:
        return AccountRule(named)
    if not 1 <= len(rule) <= RULE_LENGTH_MAX:
        return f"a rule has 1 to {RULE_LENGTH_MAX} characters"
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule):
        # A mistyped name would be a pattern that only its own letters match.
        return f"there is no rule {rule!r}; there are {', '.join(RULES)}"
    try:
        return AccountRule(rule)
    except ValueError as error:
        return f"{rule!r} {error}"


def compile_rule(rule: str) -> "AccountRule":
    """The pattern of a rule. Raises AccountRuleError that says what is wrong."""
    found = _compiled(rule)
    if isinstance(found, str):
        raise AccountRuleError(found)
    return found


def unusable_rules(rules: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Of (SKU, rule): the SKUs whose rule is refused today, and why; they cannot be sold."""
    found = [(sku, _compiled(rule)) for sku, rule in rules if rule is not None]
    return [(sku, why) for sku, why in found if isinstance(why, str)]


def fits(rule: str, account: str) -> bool:
    """Whether an account satisfies a rule. Raises AccountRuleError for a rule that is none."""
    return (
        0 < len(account) <= ACCOUNT_LENGTH_MAX
        and account.isprintable()
        and compile_rule(rule).fits(account)
    )
