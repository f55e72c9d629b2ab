"""What stores say of their statements is what the database says of them (house.md §2)."""

import datetime
import inspect
import types
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from gateway import nouns
from gateway.audit.run import INVARIANTS
from gateway.audit.store import CONTENT
from gateway.ground.desk.all_declared import portal_declared
from gateway.ground.desk.view import View
from gateway.ground.sql.database import Database
from gateway.ground.sql.declared import Row, Statement, Statements
from gateway.ground.sql.named_sql import queries_of_all

GATEWAY = Path(__file__).parents[3] / "gateway"
# What asyncpg makes of each type.
TYPES: Mapping[Any, frozenset[str]] = {
    int: frozenset({"int2", "int4", "int8"}),
    float: frozenset({"float8", "numeric"}),
    str: frozenset({"text", "varchar", "name", "json", "jsonb"}),
    bytes: frozenset({"bytea"}),
    bool: frozenset({"bool"}),
    Decimal: frozenset({"numeric"}),
    uuid.UUID: frozenset({"uuid"}),
    datetime.datetime: frozenset({"timestamptz"}),
    datetime.date: frozenset({"date"}),
    datetime.timedelta: frozenset({"interval"}),
}


def declared() -> Iterator[tuple[str, Statement[..., Any]]]:
    """(`place.name`, statement) of every declared statement."""
    for path in sorted(GATEWAY.rglob("*.py")):
        if "Statements, file=" not in path.read_text(encoding="utf-8"):
            continue
        place = ".".join(path.relative_to(GATEWAY).with_suffix("").parts)
        module = import_module(f"gateway.{place}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Statements) and kind.__module__ == module.__name__:
                for name in kind.__annotations__:
                    yield f"{place}.{name}", getattr(kind, name)


STATEMENTS = dict(declared())
PORTAL = [one for one in portal_declared() if isinstance(one, View)]
VIEWS = {id(view.statement): view for view in (*nouns.VIEWS, *PORTAL)}
TRACED = {id(trace.statement) for action in nouns.ACTIONS for trace in action.traces}


def fits(kind: Any, postgres: str) -> bool:
    """Whether values of a column or parameter of that type are of the declared one."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return all(fits(each, postgres) for each in get_args(kind) if each is not type(None))
    if origin is Literal:
        return all(fits(type(value), postgres) for value in get_args(kind))
    if origin is not None and postgres.endswith("[]"):
        return fits(get_args(kind)[0], postgres.removesuffix("[]"))
    return any(postgres in names for own, names in TYPES.items() if _is(kind, own))


def _is(kind: Any, own: type) -> bool:
    if not isinstance(kind, type) or (kind is bool) != (own is bool):
        return False
    return issubclass(kind, own) and not (
        own is datetime.date and issubclass(kind, datetime.datetime)
    )


def filled(row: Any) -> set[str]:
    """The fields of a row that no column needs to fill."""
    if not is_dataclass(row):
        return set()
    return {each.name for each in fields(row) if each.default is not MISSING}


def taken(statement: Statement[..., Any]) -> Sequence[Any]:
    """The types of a statement's parameters; where a view says them, those of its filters."""
    if statement.takes is not ...:
        return statement.takes
    return list(get_type_hints(VIEWS[id(statement)].given).values())


def differences(statement: Statement[..., Any], prepared: Any) -> list[str]:
    """What is said of a statement and not so, a line each."""
    takes = [each.name for each in prepared.get_parameters()]
    said = taken(statement)
    found = []
    if len(takes) != len(said):
        found.append(f"takes {len(takes)} parameters, declared {len(said)}")
    found += [
        f"${n} is {name}, declared {kind}"
        for n, (kind, name) in enumerate(zip(said, takes, strict=False), 1)
        if not fits(kind, name)
    ]
    columns = {each.name: each.type.name for each in prepared.get_attributes()}
    gives = statement.gives
    if gives is type(None):
        real = {name: kind for name, kind in columns.items() if kind != "void"}
        return found + [f"gives {name}, declared nothing" for name in real]
    if gives == Row:
        return found  # tests/integration/desk holds views and traces to their columns
    if not is_dataclass(gives) and not is_typeddict(gives) and not hasattr(gives, "_fields"):
        if len(columns) != 1 or not fits(gives, *columns.values()):
            found.append(f"gives {columns}, declared {gives}")
        return found
    hints = get_type_hints(gives)
    found += [f"gives {name}, not declared" for name in columns if name not in hints]
    found += [
        f"{name} is declared and not given"
        for name in hints.keys() - columns.keys()
        if name not in filled(gives)
    ]
    found += [
        f"{name} is {kind}, declared {hints[name]}"
        for name, kind in columns.items()
        if name in hints and not fits(hints[name], kind)
    ]
    return found


# They read a table, or call a function, that their caller makes for its session.
MOVES = "insert_slot approvals_end cases_end tokens_end texts change_texts"
OF_A_SESSION = {
    "codes.import_store.preview_fingerprints": ("create_preview",),
    **{
        f"demo.week.past.{name}": ("create_slots", "create_then", "create_text_then")
        for name in MOVES.split()
    },
}


async def test_statements_are_what_is_declared_of_them(database: Database) -> None:
    """Parameters by number and type, columns by name and type: of each, by preparing it.

    Seen red with a column renamed, another type, and a parameter more.
    """
    found, made = {}, set[str]()
    async with database.pool.acquire() as connection:
        for name, statement in STATEMENTS.items():
            makers = [f"{name.rpartition('.')[0]}.{maker}" for maker in OF_A_SESSION.get(name, ())]
            for maker in makers:
                if maker not in made:
                    await connection.execute(STATEMENTS[maker].text)
            made.update(makers)
            found[name] = differences(statement, await connection.prepare(statement.text))
    assert {name: said for name, said in found.items() if said} == {}


async def test_what_an_audit_runs_gives_problems(database: Database) -> None:
    """The statements of `quangate audit` take nothing, and say of each breach one text."""
    async with database.pool.acquire() as connection:
        for name, text in queries_of_all("checks").items():
            if name == CONTENT or name.partition("_")[0].upper() not in INVARIANTS:
                continue  # its rows are judged in Python; or it is no check
            assert differences(Statement(text, (), str), await connection.prepare(text)) == [], name


def test_rows_without_members_are_those_of_a_view_or_a_trace() -> None:
    """Only there are columns declared elsewhere: a View lists its own, a Trace its table's.

    Seen red with the `Row` of a price list nobody shows.
    """
    bare = {name: one for name, one in STATEMENTS.items() if one.gives == Row}
    assert [name for name, one in bare.items() if id(one) not in VIEWS.keys() | TRACED] == []
    # Parameters are said once, too: the filters of a view whose rows come as they are.
    open_ended = {name: one for name, one in STATEMENTS.items() if one.takes is ...}
    assert [n for n, one in open_ended.items() if id(one) not in VIEWS or VIEWS[id(one)].rows] == []


@dataclass(frozen=True)
class Named:
    """Of the statement below."""

    name: str
    size: int
    extra: int = 0


@pytest.mark.parametrize(
    ("takes", "gives", "said"),
    [
        ((int,), Named, []),
        ((int | None,), Named, []),
        ((str,), Named, ["$1 is int8, declared <class 'str'>"]),
        ((), Named, ["takes 1 parameters, declared 0"]),
        ((int,), str, ["gives {'name': 'text', 'size': 'int8'}, declared <class 'str'>"]),
        ((int,), type(None), ["gives name, declared nothing", "gives size, declared nothing"]),
    ],
)
async def test_what_differs_is_seen(
    takes: tuple[Any, ...], gives: Any, said: list[str], connection: Any
) -> None:
    """The comparison itself: it is not blind to any of these."""
    text = "SELECT name, size FROM pool WHERE id = $1"
    prepared = await connection.prepare(text)
    assert said == differences(Statement(text, takes, gives), prepared)


async def test_a_field_without_a_column_is_seen(connection: Any) -> None:
    """And a column without a field."""
    prepared = await connection.prepare("SELECT name, next_seq FROM pool")
    found = differences(Statement("", (), Named), prepared)
    assert ["gives next_seq, not declared", "size is declared and not given"] == found


def test_a_file_and_its_declaration_are_the_same() -> None:
    """A statement that is not declared, or no longer there, ends the import."""
    with pytest.raises(
        ValueError, match=r"partners/queries\.sql .* differ: forgotten, prune_nonces"
    ):

        class _Sql(Statements, file="partners/queries"):
            use_nonce: Statement[[str, str, float], str]
            forgotten: Statement[[], int]
