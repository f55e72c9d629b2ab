"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "rehearsal-over": "{campaign} is over: there is nothing to rehearse",
    "rehearsal-runs": "another rehearsal runs on this machine: one after the other",
    "rehearsal-without-pool": "{sku} is bought from upstreams when it is ordered: only what is sold"
    " from a pool can be rehearsed",
    "rehearsal-without-codes": "{pool} has no code left to sell: import some first",
}
