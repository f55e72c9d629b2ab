"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "codes-unseen": "nothing that you may see has this; to look for it as a code needs"
    " {permission}",
}
