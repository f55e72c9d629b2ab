"""Search: any number people have leads to what it belongs to, mostly an order."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="search",
    needs=("codes", "reveals"),
    desk=("desk",),
    pages=("pages",),
    words="words",
    permissions=("codes:search",),
)
