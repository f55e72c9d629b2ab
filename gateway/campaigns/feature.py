"""Campaigns: what is sold within a window."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="campaigns",
    needs=("catalog", "partners", "codes", "prices"),
    tables={
        "campaign": Table(kept=CATALOG, update=ALL_COLUMNS),
        "campaign_partner": Table(kept=CATALOG),
        "campaign_refusal": Table(kept=CATALOG, update=("refused",)),
        "waiting_room": Table(kept=CATALOG, update=("issued", "serving", "rate", "since")),
        "pass_number": Table(kept=FOR_EVER),
        "pass_use": Table(kept=FOR_EVER),
    },
    routines=("routines_passes.sql", "routines_newcomers.sql"),
    checks=("checks.sql",),
    invariants={"I15": "each pass that was used let in one order or hold, of its campaign"},
    book="book",
    desk=("desk",),
    wiring="wiring",
    words="words",
)
