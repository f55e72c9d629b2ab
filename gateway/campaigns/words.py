"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "set-or-rate": "--set is where it serves to now, --rate how it goes on: one of them",
    "rate-without-passes": "--rate is how fast a waiting room serves: it wants --pass required",
    "ends-before-start": "--from must be before --to",
    "which-end": "say --from, --to or both",
    "campaign-over": "{campaign} is over: make another one",
    "campaign-running": "{campaign} has begun: its start stays, --to moves its end",
    "end-is-over": "{field} is over already: `quangate campaign end {campaign}` ends it now",
    "nothing-to-come": "{field} is over already: no codes are put aside for that",
    "codes-without-pool": "{field}: {sku} is sold from no pool, so there is nothing to put aside",
}
