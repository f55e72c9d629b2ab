"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "codes-unseen": "this can be nothing but a code; to look for one needs {permission}",
}
