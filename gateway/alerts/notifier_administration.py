"""What its actions and views ask, statement by statement."""

from typing import NamedTuple

from gateway.ground.sql.declared import Row, Statement, Statements


class Wrapped(NamedTuple):
    """A place as stored."""

    kind: str
    settings: bytes


class SQL(Statements, file="alerts/notifier_administration"):
    """Asked within an operator's transaction."""

    count_notifiers: Statement[[], int]
    insert_notifier: Statement[[str, str, bytes], int]
    list_notifiers: Statement[[], Row]
    notifier_settings: Statement[[str], Wrapped]
    remove_notifier: Statement[[str], str]
    trace_notifier: Statement[[str], Row]
