"""What the portal asks of cases, statement by statement; each takes the partner first."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="cases/portal_administration"):
    """Asked within the transaction of whoever looks."""

    portal_cases: Statement[[int, str | None, str | None, str | None, int], Row]
    portal_case: Statement[[int, int], str]
