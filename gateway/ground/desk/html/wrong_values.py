"""What is wrong with what was typed, for people: the decoder speaks to programs. Pure."""

import re
from typing import Final

from gateway.ground.desk.given import Member
from gateway.ground.desk.html.wording import Wording

SAID_UNIT: Final = "In minor units: 1250 is 12.50."
SAID_NO_AMOUNT: Final = "It must be a whole number of minor units: 1250 for 12.50."
# How the decoder begins, and what is said for it: its named groups stand in that.
_BEGINNINGS: Final = (
    r"Expected `int(?: \| null)?`, got",
    r"Object missing required field",
    r"Expected `float(?: \| null)?`, got",
    r"Expected `(?:int|float)(?: \| null)?` >= (?P<least>[-0-9.]+)",
    r"Expected `(?:int|float)(?: \| null)?` <= (?P<most>[-0-9.]+)",
    r"Expected `object(?: \| null)?`, got",
    r"Invalid RFC3339",
    r"Invalid enum value",
)
SAID_WRONG: Final[tuple[str, ...]] = (
    "It must be a whole number.",
    "It is wanted.",
    "It must be a number.",
    "It must be {least} or more.",
    "It must be {most} or less.",
    "Say one on each line, as name=value.",
    "It must be a time, as 2026-12-31T23:59:59Z.",
    "It must be one of those there are.",
)


def said_plainly(member: Member, error: str, words: Wording) -> str:
    """An error at a member, in the reader's language."""
    if member.in_minor_units and re.match(_BEGINNINGS[0], error):
        return words(SAID_NO_AMOUNT)
    for beginning, said in zip(_BEGINNINGS, SAID_WRONG, strict=True):
        found = re.match(beginning, error)
        if found is not None:
            return words(said, **found.groupdict())
    return words(error)
