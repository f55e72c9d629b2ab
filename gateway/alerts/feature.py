"""What a person has to look at, found by looking at all the others."""

from typing import Final

from gateway.alerts.settings import SETTINGS
from gateway.ground.feature import CATALOG, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="alerts",
    needs=("campaigns", "catalog", "codes", "dispatch", "settings", "webhooks"),
    tables={
        # What is over for long is deleted by the look that finds it.
        "alert": Table(
            kept=PASSING,
            update=(
                "level", "detail", "seen_at", "acknowledged_by", "acknowledged_at", "resolved_at",
            ),
            delete=True,
        ),
        "notice": Table(kept=PASSING, delete=True),
        "notifier": Table(
            kept=CATALOG, update=("settings", "next_at", "failures", "told_at", "why"), delete=True
        ),
        "alert_look": Table(kept=PASSING, insert=False, update=("at",)),
    },
    wiring="wiring",
    desk=("desk", "notifier_desk"),
    words="words",
    commands={
        "alert": ("commands", "What a person has to look at: list, show, acknowledge."),
        "notify": ("notify_commands", "Places where operators are told: add, list, test, remove."),
    },
    settings=SETTINGS,
)  # fmt: skip
