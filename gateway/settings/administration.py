"""What its actions and views ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="settings/administration"):
    """Asked within an operator's transaction."""

    list_settings: Statement[[], Row]
    set_setting: Statement[[str, int | None], str]
    trace_setting: Statement[[str], Row]
