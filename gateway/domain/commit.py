"""The shape of a commit: what the intake asks of the store, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRequest:
    """The columns of SQL's commit_orders for one batch: lists, or array literals as text."""

    lines: tuple[Sequence[Any] | str, ...]  # p_partner … p_notify_url, in SQL's order
    attempts: tuple[Sequence[Any], ...]  # p_attempt … p_face
    allocations: tuple[str, ...]  # a_line (from 1), a_seq, a_lease
    leases: tuple[str, ...]  # l_id, l_epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAnswer:
    """Per line: what became of it, and the order or amount that explains it."""

    committed_at: datetime
    outcomes: Sequence[int]
    existing: Sequence[int | None]
