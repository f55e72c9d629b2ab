"""What actions and views of case rules ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="cases/rule_administration"):
    """Asked within an operator's transaction."""

    insert_rule: Statement[
        [
            str, str | None, int | None, int | None, int | None, int | None, int | None,
            int | None, int | None, str, bool,
        ],
        int,
    ]  # fmt: skip
    sku_by_name: Statement[[str], int]
    change_rule: Statement[[str, bool | None, bool | None], int]
    list_rules: Statement[[str | None], Row]
    trace_rule: Statement[[str], Row]
