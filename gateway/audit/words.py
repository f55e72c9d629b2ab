"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-past": "{value} is no moment that has been, with its zone",
    "audit-too-long": "it took longer than {seconds} s: give `since`, or use `quangate audit`",
    "audit-running": "an audit is running; try again when it is over",
}
