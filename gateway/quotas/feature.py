"""Quotas: how much may be had of what, by whom, in what time."""

from typing import Final

from gateway.ground.feature import CATALOG, FOR_EVER, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="quotas",
    tables={
        "quota": Table(kept=CATALOG, update=("most", "settles_at"), delete=True),
        "quota_use": Table(
            kept="keep_quota_count_days", update=("used", "most", "carried"), delete=True
        ),
        "quota_block": Table(kept=PASSING, update=("units",), delete=True),
        "quota_taken": Table(
            kept=PASSING,
            update=("owner_id", "units", "asked"),
            delete=True,
        ),
        "buyer_usage": Table(kept=FOR_EVER, update=("used",)),  # older versions count in it
    },
    routines=("routines.sql", "routines_judging.sql", "routines_owners.sql"),
    checks=("checks.sql",),
    invariants={
        "I14": "of each quota so much was had as orders and holds have, and no more than it allowed"
    },
    book="book",
    wiring="wiring",
    desk=("desk",),
    words="words",
    commands={"quota": ("commands", "How much may be had: create, list, show, change, delete.")},
)
