"""Telling partners what became of their orders."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="webhooks",
    needs=("catalog", "partners", "prices", "orders", "dispatch"),
    tables={
        "webhook_endpoint": Table(kept=CATALOG, update=ALL_COLUMNS),
        "webhook": Table(kept="keep_webhook_days", update=ALL_COLUMNS),
        "product_told": Table(kept=CATALOG, update=ALL_COLUMNS),
        "product_teller": Table(kept=PASSING, update=ALL_COLUMNS),
    },
    routines=("routines.sql", "routines_products.sql"),
    checks=("checks.sql",),
    wiring="wiring",
    desk=("desk",),
    pages=("pages",),
    portal=("portal_desk",),
    words="words",
    commands={
        "webhook": ("commands", "Messages to partners: set, secret, list, replay."),
    },
)
