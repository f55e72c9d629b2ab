"""How connections are evened out among the workers of a node.

The kernel gives a connection to a socket by a hash of its addresses, not by load, and a worker that
was started again begins with none. Whoever has far more than its share ends some after a whole
answer (`Connection: close`): their clients come again, and most of them elsewhere.
"""

import math
from typing import Final

UNEVEN: Final = 1.5  # times the mean
TOLERATED: Final = 1  # connections beyond it: of two or three nobody can make halves


def to_send_away(own: int, mean: float) -> int:
    """How many of its `own` connections a worker is to end now; 0 while they are even enough.

    Half of what is beyond the mean: asked each second they are even within some ten, and those who
    come back to it are not sent away all at once.
    """
    if own <= UNEVEN * mean or own - mean <= TOLERATED:
        return 0
    return math.ceil((own - mean) / 2)
