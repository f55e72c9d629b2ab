"""What a text that somebody searches by may be, told by its shape. Pure.

By shape first: what no order number can be is not looked up as one. A text may be several things;
each is one look by an index.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NUMBER_MAX: Final = 2**63 - 1
TEXT_LENGTH_MAX: Final = 2048  # a code may be a link


class Matched(StrEnum):
    """What of a row the text was: the `matched` of a match, in the order of the answer."""

    ORDER_NO = "order_no"
    ATTEMPT_NO = "attempt_no"
    WEBHOOK_ID = "webhook_id"
    OUT_ORDER_NO = "out_order_no"
    UPSTREAM_NO = "upstream_no"
    RECIPIENT = "recipient"
    CASE_NO = "case_no"
    OUT_CASE_NO = "out_case_no"
    KEY_ID = "key_id"
    BATCH = "batch"
    OPERATOR = "operator"
    TOKEN_ID = "token_id"  # noqa: S105  no secret
    TRACE_ID = "trace_id"
    NAME = "name"
    CODE = "code"


_NUMBER: Final = r"[1-9][0-9]{0,18}"
SHAPES: Final = {
    Matched.ORDER_NO: _NUMBER,
    Matched.ATTEMPT_NO: _NUMBER,
    Matched.WEBHOOK_ID: rf"(msg_)?{_NUMBER}",
    Matched.OUT_ORDER_NO: r"[!-~]{1,64}",
    Matched.UPSTREAM_NO: r".{1,256}",
    Matched.RECIPIENT: r".{1,128}",  # what an order takes
    Matched.CASE_NO: _NUMBER,
    Matched.OUT_CASE_NO: r"[!-~]{1,64}",
    Matched.KEY_ID: r"qk_[0-9A-Za-z_]{1,64}",
    Matched.BATCH: _NUMBER,
    Matched.OPERATOR: r"[A-Za-z0-9._-]{1,64}",
    Matched.TOKEN_ID: r"tok_[0-9a-f]{16}",
    Matched.TRACE_ID: r"[0-9a-f]{32}",
    Matched.NAME: r"[A-Za-z0-9._-]{1,64}",
    Matched.CODE: r".{4,2048}",  # what is shorter, anybody guesses
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Something that has the text: a row of the noun, by its name; a label for people."""

    noun: str  # in the singular
    name: str
    label: str
    matched: str


def kinds_of(text: str) -> Sequence[Matched]:
    """What it may be."""
    return tuple(kind for kind, shape in SHAPES.items() if _fits(text, shape))


def _fits(text: str, shape: str) -> bool:
    return re.fullmatch(shape, text) is not None and (shape != _NUMBER or int(text) <= NUMBER_MAX)


def is_only_a_code(kinds: Sequence[Matched]) -> bool:
    """Whether it is a code or nothing: no other number that anybody has is so shaped."""
    return tuple(kinds) == (Matched.CODE,)


def number_of(text: str) -> int | None:
    """The number of one of our ids, with or without what stands before it; None: too large."""
    number = int(text.removeprefix("msg_"))
    return number if number <= NUMBER_MAX else None
