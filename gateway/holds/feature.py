"""Reserved for a while: what is held is nobody else's, and nobody's yet."""

from typing import Final

from gateway.ground.feature import CATALOG, FOR_EVER, PASSING, Feature, Table
from gateway.holds.settings import SETTINGS

FEATURE: Final = Feature(
    name="holds",
    needs=("campaigns", "catalog", "codes", "orders", "partners", "quotas", "settings"),
    tables={
        "hold": Table(kept=FOR_EVER, update=("state", "order_id", "updated_at")),
        "held_code": Table(kept=PASSING, delete=True),
        "hold_partner": Table(kept=CATALOG, update=("open_at_most",)),
        "hold_pool": Table(kept=CATALOG, update=("held_at_most",)),
    },
    routines=(
        "routines_making.sql",
        "routines_judging.sql",
        "routines_units.sql",
        "routines_passes.sql",
        "routines_stock.sql",
        "routines_ending.sql",
        "routines_confirming.sql",
    ),
    checks=("checks.sql",),
    wiring="wiring",
    words="words",
    desk=("desk",),
    settings=SETTINGS,
    commands={"hold": ("commands", "Goods reserved for a while: list, show, release.")},
)
