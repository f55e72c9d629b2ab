"""Rows of the statements of importing, as import_store.py reads them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRow:
    """A pool; see PoolFacts."""

    id: int
    size: int
    case_insensitive: bool
    ignore_spaces: bool
    has_neighbours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunRow:
    """A batch that is not on sale yet; see StagedBatch."""

    id: int
    lo: int
    imported: int
    duplicates: int
    rejected: int
    lines_done: int
    data_key: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRow(BegunRow):
    """The same, found; `resumable`: it is of this very file."""

    source: str
    resumable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """Whose a fingerprint is, by its place in the chunk."""

    i: int
    pool_id: int
    batch_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRow:
    """A batch that is on sale now."""

    pool_id: int
    lo: int
    imported: int
    expiring: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlace:
    """Where a batch begins."""

    pool_id: int
    lo: int
