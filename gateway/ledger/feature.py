"""Money: accounts, entries, a partner's statements."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, FOR_EVER, Feature, Setting, Table

SETTINGS: Final = {
    "four_eyes.adjustment.CNY": Setting(
        default=0, least=0, most=10**15, unit="minor units", optional=True,
        doc="An adjustment above it, up or down, wants a second person; none: no adjustment does.",
    ),
    "four_eyes.deposit.CNY": Setting(
        default=None, least=0, most=10**15, unit="minor units",
        doc="A deposit above it wants a second person, but by command line; none: no deposit does.",
    ),
}  # fmt: skip
FEATURE: Final = Feature(
    name="ledger",
    needs=("catalog", "settings", "partners", "orders"),
    tables={
        "entry": Table(kept=FOR_EVER),
        "adjustment": Table(kept=FOR_EVER),
        "account": Table(kept=FOR_EVER, update=("balance", "credit_limit", "last_entry", "low")),
        "statement_day": Table(kept=FOR_EVER, update=ALL_COLUMNS),
    },
    routines=("routines.sql",),
    wiring="wiring",
    desk=("desk", "entry_desk"),
    portal=("portal_desk",),
    settings=SETTINGS,
    commands={
        "account": ("commands", "A partner's money: list, deposit, credit-limit, credit, show."),
    },
)
