"""Campaigns: what is sold within a window."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="campaigns",
    needs=("catalog", "codes", "prices"),
    tables={
        "campaign": Table(kept=CATALOG, update=ALL_COLUMNS),
        "campaign_partner": Table(kept=CATALOG),
    },
    administration=("administration.sql",),
    book="book",
    desk=("desk",),
    wiring="wiring",
    words="words",
    commands={"campaign": ("commands", "Sales within a window: create, show, change, end, list.")},
)
