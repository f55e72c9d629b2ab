"""An action is done and written down in one transaction, which is the caller's: both or neither."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec
from msgspec import structs

from gateway.ground.desk.action import Action, Change, Reason
from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.desk.given import Given, check, kept
from gateway.ground.desk.refusal import DeskRefusedError, wrong
from gateway.ground.desk.view import Column, View
from gateway.ground.sql.declared import Row

REASON_LENGTH_MAX: Final = 500


class At(Protocol):
    """Where an action works; features have their own, with more in it."""

    @property
    def db(self) -> Transaction:
        """The transaction."""


async def perform(
    action: Action,
    at: At,
    given: Given,
    change: Change,
    check_first: Callable[[], Awaitable[None]] | None = None,
) -> Row:
    """Do it and write it down; the answer. Refused, it raises, and nothing of it may be kept.

    `check_first` is awaited when the rows it is about are locked, and may refuse, too.
    """
    check(given)
    change = with_reason(action, given, change)
    check_reason(change.reason)
    before = await seen(action, at.db, given, None)
    if check_first is not None:
        await check_first()
    answer = await action.run(at, given, change)
    after = await seen(action, at.db, given, answer)
    after |= {name: answer[name] for name in action.kept if name in answer}
    subject = action.subject(given, answer)
    await write_down(
        at.db, change, action.name, subject, given=kept(given), before=before, after=after
    )
    return answer


async def write_down(
    db: Transaction,
    change: Change,
    action: str,
    subject: str,
    *,
    given: Row,
    before: Row | None = None,
    after: Row | None = None,
) -> None:
    """The row of the log of changes, in the transaction of what was done; nothing in it is secret.

    It comes last: the chain's head is locked from here to the commit.
    """
    await SQL.record_change.run(
        db, change.actor, action, subject, as_json(given),
        as_json(before) if before else None, as_json(after) if after else None, change.reason,
        change.whence, as_json(change.how),
    )  # fmt: skip


async def look(view: View, at: At, given: Given) -> Row:
    """The rows of a view under their name, and where the next page begins, if there is one."""
    check(given)
    for column in view.columns:
        check_value(column, getattr(given, column.name, None))
    if view.cursor is None:
        return {view.rows_as: [_parsed(view, row) for row in await _rows(view, at, given)]}
    limit: int = getattr(given, "limit")  # noqa: B009  a view with a cursor has it
    rows = await _rows(view, at, structs.replace(given, limit=limit + 1))
    answer: dict[str, Any] = {view.rows_as: [_parsed(view, row) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["next_cursor"] = str(rows[limit - 1][view.cursor])
    elif view.names_end:
        answer["next_cursor"] = None
    return answer


def check_value(column: Column, value: object) -> None:
    """Raise a DeskRefusedError for a filter that no row can have."""
    if value is None or column.values is None:
        return
    values = column.values() if callable(column.values) else column.values
    if str(value) not in values:
        known = ", ".join(values)
        raise wrong("no-such-value", column.name, value=str(value), known=known)


async def _rows(view: View, at: At, given: Given) -> Sequence[Row]:
    if view.rows is not None:
        return await view.rows(at, given)
    return await view.statement.all(at.db, *structs.astuple(given))


def _parsed(view: View, row: Row) -> Row:
    """JSON comes from the database as text."""
    names = [c.name for c in view.columns if c.kind == "json" and isinstance(row.get(c.name), str)]
    return {**row, **{name: msgspec.json.decode(row[name]) for name in names}}


async def seen(action: Action, db: Transaction, given: Given, answer: Row | None) -> dict[str, Any]:
    """The rows an action is about, as they are now; those that are not there are left out."""
    found: dict[str, Any] = {}
    for trace in action.traces:
        key = trace.key(given, answer)
        row = await trace.statement.one(db, *key) if key is not None else None
        if row is not None:
            found[trace.name] = row
    return found


def with_reason(action: Action, given: Given, change: Change) -> Change:
    """The change with its reason, where that is a member of what is given."""
    if action.reason is not Reason.MEMBER:
        return change
    return replace(change, reason=getattr(given, "reason").strip() or None)  # noqa: B009  any Given


def check_reason(reason: str | None) -> None:
    """Raise a DeskRefusedError for one that is empty, too long or holds control characters."""
    if reason is not None and not (
        1 <= len(reason.strip()) <= REASON_LENGTH_MAX and reason.isprintable()
    ):
        facts = {"shortest": 1, "longest": REASON_LENGTH_MAX, "printable": True}
        raise DeskRefusedError("invalid-argument", "reason", facts)


def as_json(value: Any) -> str:
    """JSON text; bytes are refused, since what is wrapped or sealed has no place in a log."""
    return msgspec.json.encode(_without_bytes(value)).decode()


def _without_bytes(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes have no place in the log of changes")
    if isinstance(value, Mapping):
        return {str(name): _without_bytes(part) for name, part in value.items()}
    if isinstance(value, list | tuple | range):
        return [_without_bytes(part) for part in value]
    return value
