"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "unknown-connector": "unknown connector {value!r}; there are {known}",
    "upstreams-asked": "{most} upstreams are being asked by this worker; try again",
    "upstream-settings": "{detail}",
    "web-address": "{what} {detail}",
    "nothing-to-change": "say what to change: --base-url, --set, --calls-per-second, --proxy,"
    " --client-cert, --client-key, --ca, --http2",
}
