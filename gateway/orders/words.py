"""What stands in the way, in the words of the command line: a sentence for each `why`."""

from typing import Final

from gateway.ground.desk.words import Sentences

WORDS: Final[Sentences] = {
    "no-order": "there is no order {order_no}; try `quangate order list`",
    "verdict": "unknown verdict {value!r}; there are {known}",
    "from-stock": "the order was delivered from stock at once: no upstream is to be asked, and a"
    " code that was shown cannot be taken back. Money is put right with `quangate account adjust`",
    "verdict-of-state": "the order is {state}, so it cannot be resolved as {value}: only {known}",
    "nothing-to-decide": "the order is {state}, so it cannot be resolved as {value}: nothing is to"
    " be decided",
    "codes-nobody-has": "the order delivers codes, and nobody has them but the upstream: it is"
    " delivered by itself when the upstream gives them; else resolve it as failed",
    "moved-meanwhile": "the order has moved meanwhile ({outcome}); look with"
    " `quangate order show {order_no}`",
    "not-cancellable": "the order is {state}, or was sent to an upstream already",
}
