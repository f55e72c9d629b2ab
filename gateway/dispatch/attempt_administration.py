"""What operators see of attempts and callbacks, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="dispatch/attempt_administration"):
    """Asked within an operator's transaction."""

    list_attempts: Statement[[str | None, str | None, str | None, str | None, int], Row]
    list_callbacks: Statement[[str | None, str | None, str | None, str | None, int], Row]
