"""The shape of a commit: what the intake asks of the store, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRequest:
    """The columns of SQL's commit_orders for one batch, as array literals."""

    lines: tuple[str, ...]  # p_partner … p_face, in SQL's order
    claimed: tuple[str, ...]  # a_line (from 1), a_seq, a_lease, l_id, l_epoch
    windows: tuple[str, ...]  # p_opens, p_closes


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAnswer:
    """Per line: what became of it, and the order or amount that explains it."""

    committed_at: datetime
    outcomes: Sequence[int]
    existing: Sequence[int | None]
