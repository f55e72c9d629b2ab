"""What an operator can see, as plain data: lists of rows, and pages about one thing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.ground.desk.action import Noun
from gateway.ground.desk.given import Given
from gateway.ground.sql.declared import Row, Statement

Kind = Literal["text", "id", "number", "money", "share", "seconds", "time", "flag", "list", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One member of a row."""

    name: str
    kind: Kind
    zh: str
    en: str
    unit: str | None = None
    permission: str | None = None  # None: whoever may see the view
    masked: bool = False  # shown in part, the whole by an action of its own
    # All that its texts can be, or what tells them when a value is looked at; None: anything.
    values: tuple[str, ...] | Callable[[], tuple[str, ...]] | None = None
    # By the rest of the row: of what noun it is the name, and the name; None: of nothing.
    names: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """An order that an index serves."""

    columns: tuple[str, ...]
    index: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A list. The members of `given` are its filters, and the parameters of `statement`, in order.

    A list that grows without end has `cursor`: the column whose value in the last row is where
    the next page goes on. The members `cursor` and `limit` say from where on and how many; the
    statement gives the rows beyond, in the order of `sort[0]`. Never OFFSET, never a count
    without a bound.
    """

    noun: Noun
    verb: str
    doc: str
    given: type[Given]
    example: str
    permission: str
    columns: tuple[Column, ...]
    sort: tuple[SortKey, ...]
    statement: Statement[..., Row]
    rows_as: str  # the member that holds them at the command line
    cursor: str | None = None
    names_end: bool = False  # the command's last page has a `next_cursor` too: null
    rows: Callable[[Any, Any], Awaitable[Sequence[Mapping[str, Any]]]] | None = None
    opens_vault: bool = False
    route: str | None = None  # as of an action
    at_shell: bool = True  # as of an action


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a table cannot show: one thing and what belongs to it. `read(at, given)` finds it."""

    noun: Noun
    verb: str
    doc: str
    given: type[Given]
    example: str
    permission: str
    read: Callable[..., Awaitable[Mapping[str, Any]]]
    opens_vault: bool = False
    route: str | None = None  # as of an action
    at_shell: bool = True  # as of an action
    # It goes by who asks, and what is seen may be a row of a log: `read(at, given, change)`.
    seen_by: bool = False
    on_site: bool = False  # it opens what it needs itself, as a job does: `read(site, given)`
    posted: bool = False  # asked by POST, too: what one asks by may have no place in an address
    # The member that holds its rows, where it is a list by itself: the API's lists call it `data`.
    rows_as: str | None = None
