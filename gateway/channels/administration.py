"""What its actions and views ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="channels/administration"):
    """Asked within an operator's transaction."""

    insert_channel: Statement[[str, str, int, str, bytes], int]
    list_channels: Statement[[], Row]
    trace_channel: Statement[[str], Row]
