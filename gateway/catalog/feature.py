"""What is for sale: pools, SKUs, the categories they are filed in, and who may buy them."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="catalog",
    tables={
        "pool": Table(kept=CATALOG, update=("size", "next_seq", "generation", "expiring")),
        "sku": Table(kept=CATALOG, update=ALL_COLUMNS),
        "sku_offer": Table(kept=CATALOG, update=ALL_COLUMNS),
        "upstream": Table(kept=CATALOG, update=ALL_COLUMNS),
        "route": Table(kept=CATALOG, update=ALL_COLUMNS, delete=True),
        "category": Table(kept=CATALOG, update=("parent_id",)),
        "restoration": Table(kept=FOR_EVER, update=("checked_at",)),
    },
    wiring="wiring",
    desk=(
        "pool_desk",
        "sku_desk",
        "category_desk",
    ),
    words="words",
    commands={
        "pool": ("pool_commands", "Stocks of codes: create, list, show."),
        "category": ("category_commands", "Where SKUs are filed: create, list, move."),
    },
)
