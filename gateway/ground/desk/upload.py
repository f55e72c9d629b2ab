"""A file that somebody sends by API for a job, as it is taken in: sealed, in pieces."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was sent. Its pieces were sealed as they came; nothing of it is there in the open."""

    name: str  # for people
    size: int  # bytes
    sha256: bytes
    pieces: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How a job takes files in: bound to a purpose in the vault, of at most so many bytes.

    `follows` is the noun whose row says how far it is: the answer names it, its list leads here.
    """

    follows: str
    purpose: str
    bytes_max: int
    piece_bytes: int
