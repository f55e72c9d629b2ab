"""What its actions and views ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="ledger/administration"):
    """Asked within an operator's transaction."""

    currency_of: Statement[[str], str]
    list_accounts: Statement[[], Row]
    trace_account: Statement[[str], Row]
