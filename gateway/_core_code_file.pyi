"""The part of the native core that reads code files, as Python sees it: a stub beside `_core.pyi`,
which names it all; there is no module of this name.

Plaintext stays in the native core; what comes out are counts, lines, fingerprints and
sealed rows. Indices of candidates count the rows of a batch that repeat no earlier one."""

from os import PathLike
from typing import TypedDict, final, type_check_only

from gateway._core import Vault

@type_check_only
class CodeFileOptions(TypedDict):
    """What the operator fixed by flags (None: detected), and the pool's rule for equal codes."""

    encoding: str | None
    separator: str | None
    columns: str | None
    header: bool | None
    quotes: bool | None
    sheet: str | None
    named_csv: bool
    ignore_case: bool
    ignore_spaces: bool
    zone: list[tuple[int, int]]

@final
class CodeFile:
    """A supplier's code file being read, text or XLSX, in bounded memory."""

    @staticmethod
    def open(
        path: str | PathLike[str] | None, options: CodeFileOptions, now_s: int | None = None
    ) -> CodeFile:
        """Open a file (None: the standard input) and detect its shape.

        What has expired by `now_s` (Unix seconds, None: nothing) is rejected. `zone` is local
        seconds from which on an offset in seconds holds, ascending; empty: UTC.

        OSError: it cannot be opened. CodeFileError: it is no code file. ValueError: a flag is
        wrong."""
    def explain(self) -> str:
        """How the file is read, in one line for people."""
    def sample(self) -> list[str]:
        """The first rows with every value masked."""
    def doubts(self) -> list[str]:
        """What is not certain about its shape, for people: to be asked before anything is sold."""
    def guessed(self) -> bool:
        """Whether its columns were neither named by a header nor given."""
    def ignored(self) -> list[tuple[str, int]]:
        """The columns left out of what was read so far: names, and how many cells are filled."""
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far; and their total, if only the file itself tells it (workbooks)."""
    def next_batch(self, rows_max: int) -> ParsedBatch | None:
        """The next rows, blank lines and headers left out; None at the end. Detaches.

        CodeFileError: the file cannot be read on."""

@final
class ParsedBatch:
    """Some thousand rows; their plaintext never leaves it and is wiped with it."""

    @staticmethod
    def generate(
        pattern: str,
        count: int,
        *,
        check: bool = False,
        ignore_case: bool = False,
        ignore_spaces: bool = False,
    ) -> ParsedBatch:
        """Codes of our own; their lines count from 1. ValueError: a bad or too small pattern."""
    def __len__(self) -> int:
        """Rows, rejected ones included."""
    def last_line(self) -> int:
        """The line the last row starts on."""
    def rejected(self) -> int:
        """How many rows cannot be imported."""
    def fingerprints(self, vault: Vault) -> bytes:
        """Settle the candidates; their fingerprints, 16 bytes each, end to end. Detaches."""
    def counts(self) -> tuple[int, int]:
        """(repetitions within the batch, candidates), once `fingerprints` was called."""
    def expiring(self) -> bool:
        """Whether any row has an expiry."""
    def report(self, in_file: list[int], in_pool: list[int]) -> str:
        """`line,verdict,reason` per row; the arguments are candidates known already, ascending."""
    def fingerprint_rows(
        self, pool_id: int, batch_id: int, seq_lo: int, dropped: list[int]
    ) -> bytes:
        """The fingerprints of all candidates but `dropped` (ascending), numbered as by `copy_rows`,
        as the payload of `COPY code_fingerprint (fingerprint, pool_id, batch_id, seq) …`, binary.
        Detaches."""
    def copy_rows(
        self, vault: Vault, pool_id: int, batch_id: int, seq_lo: int, dropped: list[int]
    ) -> bytes:
        """Seal all candidates but `dropped` (ascending) from `seq_lo` on, as the payload of
        `COPY code (pool_id, seq, batch_id, sealed, expires_at) … (FORMAT binary)`. Detaches.
        Where rows expire they are numbered by expiry, earliest first.

        KeyMissing: the batch's data key is not loaded."""

def find_codes(
    vault: Vault,
    pool_id: int,
    seq_lo: int,
    packed: bytes,
    fingerprints: bytes,
    *,
    ignore_case: bool,
    ignore_spaces: bool,
) -> list[int]:
    """The numbers, from `seq_lo` on, of the packed records whose code has one of the fingerprints.

    The rules are the pool's. RecordCorrupt, KeyMissing: a record does not open."""
