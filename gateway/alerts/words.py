"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "unknown-notifier-kind": "unknown kind {value!r}; there are {known}",
    "notifier-settings": "{detail}",
    "not-told": "{notifier} did not take it: {detail}",
    "notifiers-max": "there are {most} places already, and no more can be; remove one first",
}
