"""What staging codes into a pool is told and tells: plain facts, no codes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFacts:
    """A pool as an import sees it."""

    id: int
    size: int
    ignore_case: bool  # `abcd` and `ABCD` are one code
    ignore_spaces: bool  # `AB CD` and `ABCD` are one code
    has_neighbours: bool  # other pools hold codes, so the same code may be on sale twice


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBatch:
    """A batch that is not on sale yet, with its committed progress."""

    id: int
    pool_id: int
    lo: int  # its first code's number
    imported: int
    duplicates: int
    rejected: int
    lines_done: int  # the first line of the last committed row; 0: nothing is committed
    data_key: bytes | None  # wrapped
    discarded: str | None = None  # the source of another unfinished batch it took the place of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Candidates of a chunk that were there before, by index, ascending."""

    in_file: Sequence[int] = ()
    in_pool: Sequence[int] = ()
    elsewhere: int = 0  # candidates that another pool has too; imported all the same

    @property
    def dropped(self) -> list[int]:
        """All that must not be imported again, ascending."""
        return sorted([*self.in_file, *self.in_pool])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFacts:
    """A chunk's counts, as they are added to its batch."""

    candidates: int
    repeats: int
    rejected: int
    last_line: int
    bytes_done: int
    expiring: bool = False  # some of its codes expire


# Makes COPY rows of a chunk's candidates but the ones dropped (indices, ascending).
MakeRows = Callable[[list[int]], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageableChunk:
    """A chunk ready for its transaction; its codes are sealed on demand."""

    facts: ChunkFacts
    fingerprints: bytes  # of the candidates, 16 bytes each
    fingerprint_rows: MakeRows
    code_rows: MakeRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the rows of a file so far."""

    imported: int = 0
    duplicates: int = 0
    rejected: int = 0
    elsewhere: int = 0  # of this run only; imported, and in another pool as well

    def plus(self, chunk: ChunkFacts, known: Known) -> "Tally":
        """The tally with one more chunk."""
        dropped = len(known.in_file) + len(known.in_pool)
        return Tally(
            imported=self.imported + chunk.candidates - dropped,
            duplicates=self.duplicates + chunk.repeats + dropped,
            rejected=self.rejected + chunk.rejected,
            elsewhere=self.elsewhere + known.elsewhere,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOnSale:
    """A batch whose codes can be read."""

    id: int
    numbers: range
    data_key: bytes  # wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidTally:
    """What became of codes that were to be voided."""

    voided: int
    kept: int  # delivered or void already
    unknown: int = 0  # lines of a file whose code the pool does not have
