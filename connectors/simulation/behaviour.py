"""What a simulated platform does to a purchase: a table, and the script that overrides it.

The rows 000–013 are the contract of api.md (chosen by the account's last three characters); the
named ones below them are for scripts only.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Ending(StrEnum):
    """How an accepted purchase ends."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"  # accepted, then refused: never executed
    HELD = "held"  # processing until POST /_release
    REVERSED = "reversed"  # success, taken back `reversal_delay_s` later
    PARTLY_REFUNDED = "partly_refunded"  # given up, but half of the money is kept
    SUCCESS_PARTLY_REFUNDED = "success_partly_refunded"  # done, but half of the money comes back


class Answer(StrEnum):
    """What the buyer gets to see as the answer of a submit."""

    NORMAL = "normal"
    REFUSED = "refused"
    DROPPED = "dropped"  # the connection is cut without an answer
    ERROR = "error"  # HTTP 500
    UNAVAILABLE = "unavailable"  # HTTP 503 with Retry-After
    GARBLED = "garbled"
    TRUNCATED = "truncated"
    HUGE = "huge"
    SLOW = "slow"  # one byte at a time
    MISMATCHED = "mismatched"  # speaks of another account


class Callbacks(StrEnum):
    """How the result is told."""

    NORMAL = "normal"
    NEVER = "never"
    DOUBLED = "doubled"  # twice, with a progress callback out of order between them
    EARLY = "early"  # before the submit is answered
    FORGED_FIRST = "forged_first"
    LATE = "late"
    STORMED = "stormed"  # the same one, many times at once
    CONTRADICTED = "contradicted"  # once it is acknowledged, the opposite, as well signed


class Refusal(StrEnum):
    """Why a platform says no; each platform has its own words for them."""

    PRODUCT = "product"
    UNKNOWN_PRODUCT = "unknown_product"
    ACCOUNT = "account"
    BALANCE = "balance"
    PRICE = "price"
    THROTTLED = "throttled"
    CREDENTIALS = "credentials"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 — a word, not a token
    DUPLICATE = "duplicate"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One row. With `refuse_first`, only that many submits of an account are refused."""

    name: str
    executes: bool = True
    answer: Answer = Answer.NORMAL
    ending: Ending = Ending.SUCCESS
    callbacks: Callbacks = Callbacks.NORMAL
    refusal: Refusal | None = None
    refuse_first: int = 0
    hidden_s: float = 0.0  # how long a query does not find the order
    queries_fail: bool = False  # queries for this order are answered with HTTP 500
    settle_s: float | None = None  # how long it takes, where a platform's sandbox says so


def _rows() -> dict[str, Behaviour]:
    numbered = {
        "000": Behaviour(name="success"),
        "001": Behaviour(name="rejected", executes=False, answer=Answer.REFUSED,
                         refusal=Refusal.PRODUCT),
        "002": Behaviour(name="processing", ending=Ending.HELD),
        "003": Behaviour(name="executed_dropped", answer=Answer.DROPPED),
        "004": Behaviour(name="dropped", executes=False, answer=Answer.DROPPED),
        "005": Behaviour(name="partial", ending=Ending.PARTIAL),
        "006": Behaviour(name="reversed", ending=Ending.REVERSED),
        "007": Behaviour(name="callbacks_doubled", callbacks=Callbacks.DOUBLED),
        "008": Behaviour(name="callback_first", callbacks=Callbacks.EARLY),
        "009": Behaviour(name="error_executed", answer=Answer.ERROR),
        "010": Behaviour(name="throttled", refusal=Refusal.THROTTLED, refuse_first=2),
        "011": Behaviour(name="garbled", answer=Answer.GARBLED),
        "012": Behaviour(name="no_callback", callbacks=Callbacks.NEVER),
        "013": Behaviour(name="forged_callback", callbacks=Callbacks.FORGED_FIRST),
    }  # fmt: skip
    scripted = (
        Behaviour(name="failed", ending=Ending.FAILED),
        Behaviour(name="storm", executes=False, answer=Answer.UNAVAILABLE),
        Behaviour(name="error", executes=False, answer=Answer.ERROR),
        Behaviour(name="truncated", answer=Answer.TRUNCATED),
        Behaviour(name="huge", answer=Answer.HUGE),
        Behaviour(name="slow", answer=Answer.SLOW),
        Behaviour(name="mismatched", answer=Answer.MISMATCHED),
        Behaviour(name="late_callback", callbacks=Callbacks.LATE),
        Behaviour(name="callbacks_stormed", callbacks=Callbacks.STORMED),
        Behaviour(name="contradicted", callbacks=Callbacks.CONTRADICTED),
        Behaviour(name="hidden", hidden_s=3.0),
        Behaviour(name="hidden_dropped", answer=Answer.DROPPED, hidden_s=3.0),
        Behaviour(name="queries_fail", queries_fail=True),
        Behaviour(name="partly_refunded", ending=Ending.PARTLY_REFUNDED),
        Behaviour(name="success_partly_refunded", ending=Ending.SUCCESS_PARTLY_REFUNDED),
        _refusing("unknown_product", Refusal.UNKNOWN_PRODUCT),
        _refusing("balance_exhausted", Refusal.BALANCE),
        _refusing("price_changed", Refusal.PRICE),
        _refusing("bad_account", Refusal.ACCOUNT),
        _refusing("bad_credentials", Refusal.CREDENTIALS),
        _refusing("rate_limited", Refusal.THROTTLED),
        Behaviour(name="token_expired", refusal=Refusal.TOKEN_EXPIRED, refuse_first=1),
    )
    return numbered | {row.name: row for row in (*numbered.values(), *scripted)}


def _refusing(name: str, refusal: Refusal) -> Behaviour:
    return Behaviour(name=name, executes=False, answer=Answer.REFUSED, refusal=refusal)


BEHAVIOURS: Final[Mapping[str, Behaviour]] = _rows()
SUCCESS: Final = BEHAVIOURS["000"]
# What a script's `do` may say, beside the numbers and the aliases.
SCRIPTED: Final = tuple(dict.fromkeys(row.name for row in BEHAVIOURS.values()))

# Other words people write for the same rows.
ALIASES: Final[Mapping[str, str]] = {
    "ok": "success", "succeed": "success", "accepted": "success",
    "reject": "rejected", "refuse": "rejected", "refused": "rejected",
    "hold": "processing", "held": "processing", "pending": "processing",
    "execute_then_drop": "executed_dropped", "executed_then_dropped": "executed_dropped",
    "drop_after": "executed_dropped", "dropped_executed": "executed_dropped",
    "drop": "dropped", "drop_before": "dropped", "never_executed": "dropped",
    "half": "partial", "reverse": "reversed", "reversal": "reversed",
    "duplicate_callbacks": "callbacks_doubled", "doubled": "callbacks_doubled",
    "callback_doubled": "callbacks_doubled", "out_of_order": "callbacks_doubled",
    "callback_before_answer": "callback_first", "callback_before": "callback_first",
    "early_callback": "callback_first",
    "500": "error_executed", "error_500": "error_executed", "error_after_executing":
    "error_executed", "429": "throttled", "rate_limit": "throttled", "throttle": "throttled",
    "garbage": "garbled", "garble": "garbled", "silent": "no_callback", "forged": "forged_callback",
    "forge": "forged_callback", "late": "late_callback", "fail": "failed", "503": "storm",
    "slow_body": "slow", "insufficient_balance": "balance_exhausted",
    "no_such_product": "unknown_product", "product_unknown": "unknown_product",
    "partial_refund": "partly_refunded", "partially_refunded": "partly_refunded",
    "half_refunded": "partly_refunded",
}  # fmt: skip


class ScriptError(ValueError):
    """A script cannot be read; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Purchases whose account matches get a behaviour, or a share of them does."""

    account: re.Pattern[str]
    behaviour: Behaviour
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What goes wrong, reproducibly: the same seed and orders give the same faults.

    `unavailable` is the share of all requests, whatever they ask, that get a 503 unread.
    """

    seed: int = 0
    unavailable: float = 0.0
    latency_p50_s: float = 0.0
    latency_p99_s: float = 0.0
    rules: tuple[Rule, ...] = ()

    def choose(self, account: str, whose: str, try_no: int) -> Behaviour | None:
        """The first rule that matches and whose die falls; None leaves it to the account.

        `try_no` counts the purchases of `whose` (see Market.sell) so far.
        """
        for index, rule in enumerate(self.rules):
            if rule.account.search(account) and (
                rule.share >= 1.0 or self.die(f"{index}:{whose}:{try_no}") < rule.share
            ):
                return rule.behaviour
        return None

    def die(self, throw: str) -> float:
        """A number in [0, 1) that depends on nothing but the seed and the throw's name."""
        digest = hashlib.blake2b(f"{self.seed}:{throw}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def by_tail(account: str) -> Behaviour | None:
    """The row of api.md for the account's last three characters, if there is one."""
    tail = account[-3:]
    return BEHAVIOURS[tail] if len(tail) == 3 and tail.isdigit() and tail in BEHAVIOURS else None


def behaviour_named(name: str) -> Behaviour:
    """A row by number, name or alias; raises `ScriptError` that lists the names."""
    word = re.sub(r"[\s\-]+", "_", name.strip().lower())
    row = BEHAVIOURS.get(ALIASES.get(word, word))
    if row is None:
        raise ScriptError(f"unknown behaviour {name!r}; there are {', '.join(sorted(BEHAVIOURS))}")
    return row


def _name(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:03d}"


def read_script(value: object) -> Script:
    """Read `{"seed", "latency_ms": [p50, p99], "rules": […]}`, and `"unavailable": share`; raises
    `ScriptError`.
    """
    if not isinstance(value, dict):
        raise ScriptError("a script is a JSON object")
    unknown = set(value) - {"seed", "latency_ms", "rules", "unavailable"}
    if unknown:
        raise ScriptError(f"unknown member {', '.join(sorted(map(str, unknown)))}")
    p50_s, p99_s = _read_latency(value.get("latency_ms") or [0, 0])
    rules = value.get("rules", [])
    if not isinstance(rules, list):
        raise ScriptError("rules is not a list")
    return Script(
        seed=_read_seed(value.get("seed", 0)),
        unavailable=_read_share("unavailable", value.get("unavailable", 0.0)),
        latency_p50_s=p50_s,
        latency_p99_s=p99_s,
        rules=tuple(_read_rule(index, rule) for index, rule in enumerate(rules)),
    )


def _read_seed(value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, int):
        raise ScriptError("seed is not a whole number")
    return value


def _read_latency(value: Any) -> tuple[float, float]:
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) != 2 or not all(isinstance(part, (int, float)) and part >= 0 for part in pair):
        raise ScriptError("latency_ms is not [p50, p99]")
    return pair[0] / 1000, max(pair) / 1000


def _read_share(name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ScriptError(f"{name} is not between 0 and 1")
    return float(value)


def _read_rule(index: int, value: Any) -> Rule:
    if not isinstance(value, dict) or not isinstance(value.get("do"), (str, int)):
        raise ScriptError(f'rules[{index}] is not {{"account", "do", "share"}}')
    share = _read_share(f"rules[{index}].share", value.get("share", 1.0))
    try:
        pattern = re.compile(str(value.get("account", "")))
    except re.error as error:
        raise ScriptError(f"rules[{index}].account: {error}") from None
    return Rule(account=pattern, behaviour=behaviour_named(_name(value["do"])), share=share)
