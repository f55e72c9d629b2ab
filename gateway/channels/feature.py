"""Sales channels that speak a protocol of their own."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="channels",
    needs=("catalog", "prices", "codes", "orders", "webhooks", "partners", "ledger"),
    tables={
        "channel": Table(kept=CATALOG, update=ALL_COLUMNS),
        "channel_order": Table(kept="keep_channel_order_days", update=ALL_COLUMNS, delete=True),
    },
    routines=("routines.sql",),
    wiring="wiring",
    desk=("desk",),
    words="words",
    commands={
        "channel": ("commands", "Platforms that order from us: add, list."),
    },
)
