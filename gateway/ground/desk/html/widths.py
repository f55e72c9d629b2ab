"""Which columns of a table stand beside each other, and which behind "More". Pure.

Nothing is left out: what does not fit on a screen of 1400 px, or on a telephone's, is in the row,
one click away. Widths are estimated from what is written; a browser may wrap a little more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.ground.desk.html.cells import Cell

WIDE_PX: Final = 1100  # what the menu and the margins leave of 1400
MORE_PX: Final = 90
PADDING_PX: Final = 26
NARROW_FIRST: Final = 3  # of a card on a telephone; and how it stands, wherever that is
LATIN_PX: Final = 8.4  # of the widest fonts that browsers fall back to
CJK_PX: Final = 13.8
TEXT_MAX_PX: Final = 200  # texts and lists wrap; so much of them is read well
TIME_PX: Final = 165
_WRAPS: Final = frozenset({"text", "list", "json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """Which of a table's columns stand in a row: on a telephone those of `narrow`, on a screen the
    first `wide` ones.
    """

    narrow: frozenset[int]
    wide: int
    columns: int

    @property
    def behind(self) -> str:
        """Who has something behind "More": none, a telephone alone (narrow), all."""
        if self.wide < self.columns:
            return "all"
        return "narrow" if len(self.narrow) < self.columns else "none"

    def behind_of(self, row: Sequence[Cell]) -> Sequence[int]:
        """The places of what a row has behind "More"; what is empty is not there."""
        return [at for at, cell in enumerate(row) if at not in self.narrow and cell.kind != "none"]


def fitting(rows: Sequence[Sequence[Cell]], labels: Sequence[str]) -> Fitting:
    """Of a table with these rows under these labels."""
    count = len(labels)
    widths = [_width(labels[at], [row[at] for row in rows]) for at in range(count)]
    wide = count if sum(widths) <= WIDE_PX else max(2, _that_fit(widths, WIDE_PX - MORE_PX))
    narrow = {*range(NARROW_FIRST)}
    narrow |= {at for at in range(wide) if any(row[at].kind == "state" for row in rows)}
    if count <= len(narrow) + 1:  # one alone is not worth a click
        narrow |= {*range(count)}
    return Fitting(narrow=frozenset(at for at in narrow if at < wide), wide=wide, columns=count)


def _that_fit(widths: Sequence[float], most: float) -> int:
    taken = 0.0
    for at, width in enumerate(widths):
        taken += width
        if taken > most:
            return at
    return len(widths)


def _width(label: str, cells: Sequence[Cell]) -> float:
    return PADDING_PX + max(_of_text(label), *(_of_cell(cell) for cell in cells), 0.0)


def _of_cell(cell: Cell) -> float:
    if cell.machine is not None:
        return TIME_PX
    plain = _of_text(cell.brief or cell.text)
    if cell.kind == "state":
        return plain + 18
    return min(plain, TEXT_MAX_PX) if cell.kind in _WRAPS else plain


def _of_text(text: str) -> float:
    latin = sum(letter < "\u2e80" for letter in text)
    return latin * LATIN_PX + (len(text) - latin) * CJK_PX
