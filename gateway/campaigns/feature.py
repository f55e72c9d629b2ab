"""Campaigns: what is sold within a window."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="campaigns",
    needs=("catalog",),
    tables={"campaign": Table(kept=CATALOG, update=ALL_COLUMNS)},
    administration=("administration.sql",),
    book="book",
    desk=("desk",),
    words="words",
    commands={"campaign": ("commands", "Flash sales: create, list.")},
)
