"""What operators set while orders flow: numbers by name, kept in the database.

Which there are says each feature in its own `settings`.
"""

from typing import Final

from gateway.ground.feature import CATALOG, Feature, Table

FEATURE: Final = Feature(
    name="settings",
    tables={"setting": Table(kept=CATALOG, update=("value", "changed_at"))},
    book="book",
    desk=("desk",),
    commands={"setting": ("commands", "What is set while orders flow: list, set.")},
)
