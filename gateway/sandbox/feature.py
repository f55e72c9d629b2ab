"""The sandbox: the same API, where nothing costs anything and no code is real."""

from typing import Final

from gateway.ground.feature import Feature, Table

FEATURE: Final = Feature(
    name="sandbox",
    needs=("catalog", "orders", "partners", "webhooks"),
    tables={
        "sandbox_order": Table(kept="keep_sandbox_days", update=("cancelled_at",), delete=True),
    },
    routines=("routines.sql",),
    wiring="wiring",
)
