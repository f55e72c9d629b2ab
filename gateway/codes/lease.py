"""What the database answers a worker that wants codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RefillVerdict = Literal["granted", "others", "mine", "held", "sold_out", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One lease just granted: [lo, hi) of the pool."""

    lease_id: int
    epoch: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refill:
    """Grants, or why there are none; `generation` is the pool's at that instant.

    `held` codes may come back from holds, the first of them in `held_s` seconds.
    """

    verdict: RefillVerdict
    pool_id: int
    generation: int
    grants: tuple[Grant, ...]
    held: int = 0
    held_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What the database says of the leases a worker holds, and of those it does not."""

    workers: int  # that live, on all nodes
    gone: tuple[int, ...]  # held by the worker, not by the database
    unknown: Mapping[int, int]  # lease id → outlet, the other way round: they run out by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Unsold codes of a pool that expire soon."""

    pool: str  # its name
    codes: int
    first: datetime  # when the first of them expire


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRange:
    """A lease's records in one piece, and the wrapped data keys of their batches."""

    packed: bytes
    data_keys: tuple[tuple[int, bytes], ...]  # (batch id, wrapped key)
