"""What an audit finds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """How many rows break a rule, and what the first of them say."""

    total: int
    samples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether an invariant holds, and if not, where it does not."""

    invariant: str
    ok: bool
    detail: str
