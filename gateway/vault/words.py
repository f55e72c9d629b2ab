"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "key-file-there": "{path} is there already; it was left as it is",
    "no-master-key": "the key file holds no key {kek!r}; see `keys show`",
    "current-key": "{kek} is the current key; `quangate keys rotate` first",
    "key-wraps": "{kek} still wraps {wraps} things; `quangate keys rotate --resume` moves them",
}
