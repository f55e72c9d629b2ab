"""Prices: what one costs whom, and what it may not cost."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Setting, Table

SETTINGS: Final = {
    "four_eyes.price.CNY": Setting(
        default=None, least=0, most=10**15, unit="minor units",
        none_shuts=True,
        doc="How far below floor or cost a price may lie without a second person; none: below"
        " a floor not at all, below cost as far as one likes.",
    ),
}  # fmt: skip
FEATURE: Final = Feature(
    name="prices",
    needs=("catalog", "settings"),
    tables={
        "price_row": Table(kept=CATALOG, update=("reason",), delete=True),
        "price_floor": Table(kept=CATALOG, update=ALL_COLUMNS),
    },
    book="book",
    desk=("sku_desk", "desk"),
    words="words",
    settings=SETTINGS,
    commands={
        "sku": ("sku_commands", "What is sold: create, list, show, price, on-sale, off-sale."),
        "price": ("commands", "Prices with conditions: create, list, delete, floor."),
    },
)
