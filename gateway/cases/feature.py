"""After-sales: cases of orders, decided by people or rules."""

from typing import Final

from gateway.cases.settings import SETTINGS
from gateway.ground.feature import CATALOG, FOR_EVER, Feature, Table

WITH_ITS_CASE: Final = "as long as its case"
FEATURE: Final = Feature(
    name="cases",
    needs=("catalog", "settings", "partners", "codes", "orders", "dispatch"),
    tables={
        # What moved money, codes or a number is kept for ever: gateway/cases/tables/0514.
        "service_case": Table(
            kept="keep_case_days",
            update=(
                "kind", "void", "keep_codes", "state", "assigned_to", "level", "snoozed_until",
                "deadline_at", "rule", "decided_by", "decided_at", "decision", "outcome",
                "refunded", "replaced", "task", "updated_at",
            ),
        ),
        "case_step": Table(kept=WITH_ITS_CASE),
        "reissue": Table(kept=FOR_EVER),
        "reissue_day": Table(kept=FOR_EVER, update=("cases",)),
        "case_rule": Table(kept=CATALOG, update=("shadow", "enabled", "updated_at")),
    },
    routines=("routines.sql", "routines_acting.sql"),
    checks=("checks.sql",),
    wiring="wiring",
    desk=("desk", "rule_desk"),
    portal=("portal_desk",),
    words="words",
    settings=SETTINGS,
    commands={"case": ("commands", "After-sales: cases of orders, taken, decided, resolved.")},
)  # fmt: skip
