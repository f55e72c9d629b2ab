"""Who buys: partners, their API keys, how their requests are signed."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="partners",
    needs=("catalog",),
    tables={
        "partner": Table(kept=CATALOG, update=ALL_COLUMNS),
        "partner_zone": Table(kept=CATALOG),
        "api_key": Table(kept=CATALOG, update=ALL_COLUMNS),
        "used_nonce": Table(kept=PASSING, update=ALL_COLUMNS, delete=True),
    },
    routines=("routines.sql",),
    book="book",
    wiring="wiring",
    desk=(
        "desk",
        "key_desk",
    ),
    portal=("portal_desk",),
    words="words",
    commands={
        "partner": ("commands", "Who orders: create, change, list, show."),
        "key": ("key_commands", "API keys: create, rotate, revoke, list."),
        "call": ("call_command", "One signed request to a running gateway."),
    },
)
