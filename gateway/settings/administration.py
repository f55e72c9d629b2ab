"""What its actions and views ask, statement by statement."""

from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class Chosen(TypedDict):
    """What a setting was set to."""

    value: int | None


class SQL(Statements, file="settings/administration"):
    """Asked within an operator's transaction."""

    list_settings: Statement[[], Row]
    one_setting: Statement[[str], Chosen]
    set_setting: Statement[[str, int | None], str]
    trace_setting: Statement[[str], Row]
