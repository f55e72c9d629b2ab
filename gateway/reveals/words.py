"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-code-there": "the order has no code {index}: it has {codes}, counted from 0",
    "too-many-views": "you saw {most} codes within an hour: no more until somebody else lets you,"
    " by `quangate operator unfreeze`",
    "views-frozen": "you saw too many codes within an hour: somebody else has to let you go on,"
    " by `quangate operator unfreeze`",
}
