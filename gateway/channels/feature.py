"""Sales channels that speak a protocol of their own."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="channels",
    needs=("catalog", "prices", "codes", "orders", "webhooks", "partners", "ledger"),
    tables={
        "channel": Table(kept=CATALOG, update=ALL_COLUMNS),
        "channel_product": Table(kept=CATALOG, update=("sku_id",), delete=True),
        "channel_poll": Table(kept=CATALOG, update=("polled_at",)),
        "channel_task": Table(kept="keep_channel_order_days", update=ALL_COLUMNS, delete=True),
        "channel_order": Table(kept="keep_channel_order_days", update=ALL_COLUMNS, delete=True),
    },
    routines=("routines.sql",),
    wiring="wiring",
    desk=("desk", "order_desk"),
    words="words",
    commands={
        "channel": (
            "commands",
            "Platforms that order from us: add, update, list, show, pause, map, retry …",
        ),
    },
)
