"""Values as a page shows them: text, its kind for the style, and where it leads. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gateway.ground.command.tables import CURRENCY, MONEY, money
from gateway.ground.command.tables import clean as cleaned
from gateway.ground.desk.html.address import Addresses
from gateway.ground.desk.html.wording import Wording
from gateway.ground.desk.view import Column

NOTHING: Final = "—"
LISTED: Final = 3  # of a long list, before it is opened
REFUSAL: Final = frozenset({"code", "detail"})  # of something that failed: why
KEY_ID: Final = "qk_"  # how ids of partners' keys begin
BY_OPERATOR: Final = frozenset({"api", "console", "operator"})  # ways that are theirs alone
SHORT: Final = 60  # characters of JSON that stand in a row
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_STATES: Final = frozenset({"state", "level", "outcome", "verdict", "breaker"})
SHOWN_AS_WORDS: Final = _STATES | {"kind"}
_TOLD: Final = frozenset({"detail", "doc", "fix", "unit", "why"})  # said by the program in English


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value. `machine` is a time as programs read it; with `brief` the rest is behind it.
    `items` are the parts of a list that lead somewhere, each with where.
    """

    text: str
    kind: str = "text"
    href: str | None = None
    machine: str | None = None
    brief: str | None = None
    items: Sequence[tuple[str, str | None]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under their labels; `name` is the member that held them."""

    name: str
    labels: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Showing:
    """Values as one visitor reads them: his language, and links to what he may see."""

    def __init__(self, words: Wording, addresses: Addresses, permissions: frozenset[str]) -> None:
        self._words = words
        self._addresses = addresses
        self._permissions = permissions

    def cell(
        self, name: str, value: Any, *, currency: str = CURRENCY, column: Column | None = None
    ) -> Cell:
        """One value by the member that holds it."""
        kind = column.kind if column is not None else None
        if value is None or value in ("", [], ()):
            return Cell(text=NOTHING, kind="none")
        if isinstance(value, bool):
            return Cell(text=self._words("yes" if value else "no"), kind="flag")
        if isinstance(value, datetime):
            return _time(value)
        if isinstance(value, int | float):
            return self._number(name, value, kind, currency)
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            return self._with_links(name, value, _several(value, kind, self._words.told))
        return self._text(name, str(value), kind)

    def _number(self, name: str, value: float, kind: str | None, currency: str) -> Cell:
        is_money = kind == "money" or (kind is None and name in MONEY)
        if is_money and isinstance(value, int):
            return Cell(text=money(value, currency), kind="number")
        return self._linked(name, value, "number")

    def _text(self, name: str, value: str, kind: str | None) -> Cell:
        if kind == "time" or (kind is None and _TIME.fullmatch(value)):
            return _time(datetime.fromisoformat(value))  # of an answer that was JSON
        if name in _STATES:
            return Cell(text=self._words.value(clean(value)), kind="state")
        if name == "kind":
            return Cell(text=self._words.value(clean(value)))
        if name in _TOLD:
            return Cell(text=self._words.told(clean(value)), kind=kind or "text")
        return self._linked(name, value, kind or "text")

    def _linked(self, name: str, value: Any, kind: str) -> Cell:
        href = self._addresses.of_member(name, value, self._permissions)
        return Cell(text=clean(str(value)), kind=kind, href=href)

    def _with_links(self, name: str, value: Any, cell: Cell) -> Cell:
        """A list of names of things that have pages, called by their plural."""
        if cell.kind != "list" or cell.brief is not None:
            return cell
        items = [
            (clean(str(each)), self._addresses.of_plural(name, each, self._permissions))
            for each in value
        ]
        return replace(cell, items=items) if any(href for _, href in items) else cell

    def row(
        self, row: Mapping[str, Any], columns: Sequence[Column], own: str | None = None
    ) -> Sequence[Cell]:
        """One row of a list; `own` is where the thing itself is shown: its name leads there."""
        currency = str(row.get("currency") or CURRENCY)
        cells = [self._of_row(c.name, row, currency, c) for c in columns]
        if own is not None and cells:
            cells[0] = Cell(text=cells[0].text, kind=cells[0].kind, href=own)
        return cells

    def table(
        self,
        name: str,
        rows: Sequence[Mapping[str, Any]],
        noun: str | None = None,
        columns: Sequence[str] = (),
    ) -> Table:
        """Rows of an answer, whose columns nobody declared: all that they have, or those named.

        The first value of each leads to the thing, where it is the name of one of the noun.
        """
        names = columns or list(dict.fromkeys(each for row in rows for each in row))
        if not columns and any(name in MONEY for name in names):
            names = [name for name in names if name != "currency"]  # amounts say it
        shown = [
            [self._of_row(n, row, str(row.get("currency") or CURRENCY)) for n in names]
            for row in rows
        ]
        for cells in shown if noun else ():
            cells[0] = replace(cells[0], href=self.leads(noun or "", cells[0].text))
        kinds = [shown[0][at].kind if shown else "text" for at in range(len(names))]
        return Table(
            name=self._words.member(name),
            labels=[self._words.member(n) for n in names],
            kinds=kinds,
            rows=shown,
        )

    def _of_row(
        self, name: str, row: Mapping[str, Any], currency: str, column: Column | None = None
    ) -> Cell:
        """One value of a row; where the rest of it says of what it is the name, it leads there."""
        cell = self.cell(name, row.get(name), currency=currency, column=column)
        href = self._told_by_row(name, row)
        return cell if href is None else replace(cell, href=href)

    def _told_by_row(self, name: str, row: Mapping[str, Any]) -> str | None:
        value = row.get(name)
        if name == "name" and isinstance(row.get("noun"), str):
            return self._addresses.of_noun(row["noun"], value, self._permissions)
        if name == "subject" and isinstance(row.get("action"), str):
            return self._addresses.of_subject(row["action"], value, self._permissions)
        if name == "actor" and str(value).startswith(KEY_ID):
            return self._addresses.of_noun("key", value, self._permissions)
        if name == "actor" and row.get("via") in BY_OPERATOR:
            return self._addresses.of_noun("operator", value, self._permissions)
        return self._addresses.of_row(name, row, self._permissions)

    def leads(self, noun: str, name: Any) -> str | None:
        """Where one of a noun is shown."""
        return self._addresses.of_noun(noun, name, self._permissions)

    def ref(self, ref: str | None) -> str | None:
        """Where a thing is shown that the API calls so, below its root."""
        nouns, _, name = (ref or "").partition("/")
        return self._addresses.of_plural(nouns, name, self._permissions)

    def said(self, sentence: str, facts: Mapping[str, Any]) -> str:
        """A sentence with its facts as cells say them."""
        currency = str(facts.get("currency") or CURRENCY)
        texts = {n: self.cell(n, value, currency=currency).text for n, value in facts.items()}
        return self._words(sentence, **texts)

    def pairs(self, data: Mapping[str, Any]) -> Sequence[tuple[str, Cell]]:
        """The scalars of an answer, each under its label."""
        currency = str(data.get("currency") or CURRENCY)
        return [
            (self._words.member(name), self._of_row(name, data, currency))
            for name, value in data.items()
            if name != "version" and not is_rows(value) and not _is_inner(value)
        ]

    def tables(self, data: Mapping[str, Any]) -> Sequence[Table]:
        """What an answer lists."""
        return [self.table(name, value) for name, value in data.items() if is_rows(value)]

    def inner(self, data: Mapping[str, Any]) -> Sequence[tuple[str, Sequence[tuple[str, Cell]]]]:
        """What an answer has within it: each with its scalars."""
        return [
            (self._words.member(name), self.pairs(value))
            for name, value in data.items()
            if _is_inner(value)
        ]


def is_rows(value: Any) -> bool:
    """Whether it is a list of rows; an empty one is none."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) > 0
        and all(isinstance(row, Mapping) for row in value)
    )


def _is_inner(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) > 0


def _time(value: datetime) -> Cell:
    at = value.astimezone(UTC)
    return Cell(
        text=f"{at:%Y-%m-%d %H:%M:%S}Z", kind="time", machine=at.isoformat(timespec="milliseconds")
    )


def _several(value: Any, kind: str | None, told: Callable[[str], str]) -> Cell:
    plain = not isinstance(value, Mapping) and not any(isinstance(v, Mapping) for v in value)
    if plain and kind != "json":
        texts = [clean(str(each)) for each in value]
        brief = f"{', '.join(texts[:LISTED])} … ({len(texts)})" if len(texts) > 2 * LISTED else None
        return Cell(text=", ".join(texts), kind="list", brief=brief)
    if isinstance(value, Mapping) and set(value) == REFUSAL:
        return Cell(text=told(clean(str(value["detail"]))))
    short = clean(msgspec.json.encode(value).decode())
    if len(short) <= SHORT:
        return Cell(text=short, kind="json")
    full = msgspec.json.format(short, indent=2)
    return Cell(text=full, kind="json", brief=f"{short[:SHORT]}…")


def clean(text: str) -> str:
    """Without control characters; most texts have none, and a list has hundreds of them."""
    return text if text.isascii() and text.isprintable() else cleaned(text)
