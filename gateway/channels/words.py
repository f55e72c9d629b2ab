"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "unknown-adapter": "unknown adapter {value!r}; there are {known}",
    "channel-settings": "{detail}",
}
