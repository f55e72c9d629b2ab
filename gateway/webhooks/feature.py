"""Telling partners what became of their orders."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="webhooks",
    needs=("catalog", "orders", "partners", "dispatch"),
    tables={
        "webhook_endpoint": Table(kept=CATALOG, update=ALL_COLUMNS),
        "webhook": Table(kept="keep_webhook_days", update=ALL_COLUMNS),
    },
    routines=("routines.sql",),
    checks=("checks.sql",),
    wiring="wiring",
    desk=("desk",),
    pages=("pages",),
    words="words",
    commands={
        "webhook": ("commands", "Messages to partners: set, secret, list, replay."),
    },
)
