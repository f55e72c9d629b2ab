"""Statements with types: what each takes and what its rows are, said once beside the store.

    class SQL(Statements, file="ledger/queries"):
        account: Statement[[int], AccountFacts]
        entries: Statement[[int, int | None, int], EntryRecord]

    facts = await SQL.account.one(connection, partner_id)

Rows are frozen dataclasses or named tuples whose fields are the columns, a TypedDict of them where
they become JSON, or the value of the only column; None: the statement gives no rows. `Row` are the
columns of whatever names the statement: a View lists them, those of a Trace are its table's. The
type checker holds callers to it, and a test that prepares every statement
(tests/integration/sql/test_declared.py) holds it to the database.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import is_dataclass
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, get_args, is_typeddict

from gateway.ground.sql.named_sql import queries

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
Row: TypeAlias = Mapping[str, Any]


class Statement(Generic[P, R_co]):
    """One named statement; `takes` are the types of its parameters, `gives` that of its rows."""

    def __init__(
        self, text: str, takes: tuple[Any, ...], gives: Any, timeout_s: float | None = None
    ) -> None:
        self.text = text
        self.takes = takes
        self.gives = gives
        self._make = _maker(gives)
        self._options = {} if timeout_s is None else {"timeout": timeout_s}

    def within(self, timeout_s: float) -> "Statement[P, R_co]":
        """The same with a deadline of its own."""
        return Statement(self.text, self.takes, self.gives, timeout_s)

    async def all(self, on: Any, *given: P.args, **_none: P.kwargs) -> list[R_co]:
        """Every row."""
        return [self.row(record) for record in await on.fetch(self.text, *given, **self._options)]

    async def each(
        self, on: Any, at_once: int, *given: P.args, **_none: P.kwargs
    ) -> AsyncIterator[R_co]:
        """Every row, read `at_once` at a time within the caller's transaction."""
        async for record in on.cursor(self.text, *given, prefetch=at_once):
            yield self.row(record)

    async def one(self, on: Any, *given: P.args, **_none: P.kwargs) -> R_co | None:
        """The first row; None: there is none, or its only value is NULL."""
        record = await on.fetchrow(self.text, *given, **self._options)
        return None if record is None else self.row(record)

    async def only(self, on: Any, *given: P.args, **_none: P.kwargs) -> R_co:
        """The row of a statement that always has one."""
        return self.row(await on.fetchrow(self.text, *given, **self._options))

    async def run(self, on: Any, *given: P.args, **_none: P.kwargs) -> None:
        """Nothing; whatever rows there are, nobody looks at them."""
        await on.execute(self.text, *given, **self._options)

    def row(self, record: Any) -> R_co:
        """A record of the database as what it is here."""
        made: R_co = record[0] if self._make is None else self._make(**record)
        return made


def _maker(gives: Any) -> Callable[..., Any] | None:
    """What makes a row of columns by name; None: it is the value of its only column."""
    if is_typeddict(gives) or gives == Row:
        return dict
    return gives if is_dataclass(gives) or hasattr(gives, "_fields") else None


class Statements:
    """All statements of a file, each declared; see above."""

    def __init_subclass__(cls, *, file: str) -> None:
        """Raises ValueError when the file has other statements than are declared."""
        texts, declared = queries(file), cls.__annotations__
        if texts.keys() != declared.keys():
            differing = ", ".join(sorted(texts.keys() ^ declared.keys()))
            raise ValueError(f"{file}.sql and what is declared of it differ: {differing}")
        for name, kind in declared.items():
            takes, gives = get_args(kind)
            setattr(cls, name, Statement(texts[name], takes, gives))
