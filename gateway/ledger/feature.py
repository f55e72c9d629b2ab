"""Money: accounts, entries, a partner's statements."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="ledger",
    needs=("catalog", "partners", "orders"),
    tables={
        "entry": Table(kept=FOR_EVER),
        "adjustment": Table(kept=FOR_EVER),
        "account": Table(kept=FOR_EVER, update=("balance", "credit_limit", "last_entry")),
        "statement_day": Table(kept=FOR_EVER, update=ALL_COLUMNS),
    },
    routines=("routines.sql",),
    wiring="wiring",
    desk=("desk", "entry_desk"),
    commands={
        "account": ("commands", "A partner's money: deposit, credit-limit, show."),
    },
)
