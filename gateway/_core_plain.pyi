"""Lines of a batch that say nothing unusual, without an object for each; columns of a commit."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

from gateway._core import Allocator, KeyRing, Vault

@final
class PlainLines:
    """Orders of one body: number, SKU, quantity, buyer; texts of printable ASCII, no number twice.

    `offer` comes before all that follows it here."""

    @staticmethod
    def read(body: bytes) -> PlainLines | None:
        """The orders of `{"orders":[…]}`; None: some of it is not plain, or wrong."""
    def __len__(self) -> int: ...
    @property
    def quantity(self) -> int:
        """Codes of all lines."""
    def skus(self) -> list[str]:
        """The SKUs that are asked for, each once; lines name them by their places."""
    def offer(
        self,
        partner_id: int,
        offers: Sequence[tuple[int, int, int, int, str, int, Sequence[tuple[int, bool]]]],
    ) -> bool:
        """Says for each of `skus` how it is sold: (id, pool, outlet, price of one, currency, most
        in an order, quotas as (id, whether it counts by device, else by buyer)).

        False: a line cannot be had so, or does not say what a quota counts; nothing is changed."""
    @staticmethod
    def begin(partner_id: int) -> PlainLines:
        """No lines yet; they come one by one, and nothing has to be offered."""
    def add(self, orders: PlainOrders) -> bool:
        """Takes in the order that was read last, whose terms are known. Whether it is the first of
        its SKU, which has the next place then."""
    def numbers(self) -> list[str]:
        """Of all lines."""
    def numbers_text(self) -> bytes:
        """Of all lines, one per line (LF)."""
    def meets(self, numbers: Mapping[tuple[int, str], object]) -> bool:
        """Whether one of (partner id, number) is there."""
    def place_of(self, number: str) -> int | None:
        """Of the line that bears this number."""
    def asks(self) -> tuple[list[str | None], list[int]]:
        """What each line asks of quotas (quotas.rules.asks), and for how many units."""
    def wanted(self) -> list[tuple[int, int]]:
        """Codes that are wanted of each outlet."""
    def give_ids(self, ids: Sequence[int]) -> None:
        """An id for each line. ValueError: there are more, or fewer."""
    def give_codes(
        self, claimed: Sequence[tuple[int, Sequence[tuple[int, int, int, int]]]]
    ) -> None:
        """By outlet, what was claimed. ValueError: it is not just what is wanted."""
    def amount(self, place: int) -> int:
        """What a line costs, in minor units."""
    def line(self, place: int) -> tuple[Any, ...]:
        """Number, place of its SKU, quantity, buyer, device, digest, details, quotas, id, runs."""
    def answer(
        self,
        vault: Vault,
        keyring: KeyRing,
        allocator: Allocator,
        key_id: str,
        reads_codes: bool,
        moment: str,
    ) -> bytes:
        """The members of a batch's `results`, all created at `moment` (RFC 3339), codes sealed.

        KeyMissing, RecordCorrupt, ValueError: one cannot be sealed, and nothing is given out."""

    def answers(
        self,
        vault: Vault,
        keyring: KeyRing,
        allocator: Allocator,
        key_id: str,
        reads_codes: bool,
        moment: str,
        lead: tuple[bytes, bytes, int],
    ) -> list[bytes]:
        """Of each line its order behind a head of its own: what comes before the body's length and
        behind, a number from this one on (16 hexadecimal digits), a blank line. As `answer`."""

@final
class PlainOrders:
    """Reads whole requests that place one plain order each (as those of PlainLines), and knows by
    what terms a key's order of a SKU is taken."""

    def __new__(cls) -> Self: ...
    def read(
        self, keyring: KeyRing, data: bytes, start: int, now_s: float, watched: bool
    ) -> tuple[int, Any, str] | None:
        """What begins at `start`: the place behind it, its terms (None: to be said by `know`), and
        its number. None: it is not plain, is not signed by its key or not now (Unix time), is
        known not to be taken so, or, if that is `watched`, names a client."""
    @property
    def key_id(self) -> str:
        """Of the order that was read last."""
    @property
    def sku(self) -> str:
        """Of the order that was read last."""
    @property
    def quantity(self) -> int:
        """Of the order that was read last."""
    def know(
        self,
        terms: tuple[Any, tuple[int, int, int, int, str, int, Sequence[tuple[int, bool]]]] | None,
    ) -> bool:
        """By what terms orders like the last are taken, and how they are sold (PlainLines.offer);
        None: none are plain. Whether the last one is."""
    def forget(self) -> None:
        """No terms are known."""

@final
class NumbersUnderWay:
    """The numbers of `PlainLines` that are under way."""

    def __new__(cls) -> Self: ...
    def may_contain(self, partner_id: int, number: str) -> bool:
        """False: it is not under way."""
    def add(self, lines: PlainLines) -> bool:
        """False: one of these may be under way already, and none was taken in."""
    def add_one(self, partner_id: int, number: str) -> bool:
        """False: it may be under way already, and was not taken in."""
    def remove_one(self, partner_id: int, number: str) -> None:
        """Let go of it alone."""
    def remove(self, lines: PlainLines) -> None:
        """Let go of what was taken in."""

def array_literals(rows: Sequence[object], paths: Sequence[str]) -> list[str]:
    """For each path (`sku.id`) PostgreSQL's array literal of that attribute of every row; of
    PlainLines, of every line.

    None, also along the path, is NULL; a column of nothing else is `{}`. TypeError: a value that
    is not an int, a bool, a str or bytes."""

def claimed_literals(
    lines: Sequence[Sequence[tuple[int, int, int, int]] | PlainLines | None],
) -> tuple[str, str, str, str, str, str]:
    """The runs of every line as columns: where its codes begin (from 1; NULL: it has none);

    per code its line (from 1), seq and lease id; every lease once, and its epoch."""
