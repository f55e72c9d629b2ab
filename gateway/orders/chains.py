"""The chains of the log of views that one worker writes: as many as write it at the same time."""

from typing import Final

LANES: Final = 2  # commits in flight (design D5), each with a chain of its own
_READS: Final = LANES
_PURCHASES: Final = LANES + 1  # codes bought on demand
CHAINS_PER_WORKER: Final = LANES + 2


def chain_of_committer(slot: int, committer: int) -> int:
    """Of a commit."""
    return slot * CHAINS_PER_WORKER + committer


def chain_of_reads(slot: int) -> int:
    """Of reading orders back."""
    return slot * CHAINS_PER_WORKER + _READS


def chain_of_purchases(slot: int) -> int:
    """Of codes bought on demand."""
    return slot * CHAINS_PER_WORKER + _PURCHASES
