"""What its actions and views ask, statement by statement."""

from gateway.ground.sql.declared import Row, Statement, Statements


class SQL(Statements, file="catalog/category_administration"):
    """Asked within an operator's transaction."""

    insert_category: Statement[[str, int | None], int]
    category_by_name: Statement[[str], int]
    hold_categories: Statement[[], None]
    category_below: Statement[[int, int], int]
    move_category: Statement[[int, int | None], int]
    list_categories: Statement[[], Row]
    trace_category: Statement[[str], Row]
