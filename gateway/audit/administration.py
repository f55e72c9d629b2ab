"""What its actions and views ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="audit/administration"):
    """Asked within an operator's transaction."""

    list_changes: Statement[..., Row]
    take_audit: Statement[[], bool]
    go_easy: Statement[[str], str]
