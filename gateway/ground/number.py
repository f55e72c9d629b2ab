"""Whole numbers as people and programs write them: one reader for all of them. Pure.

Python's own `int` takes much that nobody means by an amount: `1_000`, ` 10`, `+5`, digits of other
scripts. What is read here is what JSON calls an integer, and nothing else.
"""

import re
from typing import Final

NUMBER_MAX: Final = 2**63 - 1  # what a bigint holds; below zero as much
_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]*").fullmatch
_DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?").fullmatch


def check_decimal(text: str) -> None:
    """That a text is a number from zero up, maybe with a fraction. Raises ValueError."""
    if _DECIMAL(text) is None:
        raise ValueError(f"{text!r} is not a number in plain digits, such as 0.5")


def read_whole(text: str) -> int:
    """The number that a text is. Raises ValueError, which repeats the text."""
    if _WHOLE(text) is None:
        raise ValueError(f"{text!r} is not a whole number in plain digits, such as 1990")
    number = int(text) if len(text) < 21 else NUMBER_MAX + 1
    if abs(number) > NUMBER_MAX:
        raise ValueError(f"{text[:30]} is out of any range")
    return number
