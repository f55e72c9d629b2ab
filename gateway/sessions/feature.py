"""Sessions: how people sign in to console and portal, and what they are until they sign out."""

from typing import Final

from gateway.ground.feature import PASSING, Feature, Table

FEATURE: Final = Feature(
    name="sessions",
    needs=("catalog", "partners", "operators"),
    tables={
        "session": Table(
            kept=PASSING, update=("hash", "seen_at", "stepped_up_at", "ended_at"), delete=True
        ),
        "portal_session": Table(
            kept=PASSING, update=("hash", "seen_at", "stepped_up_at", "ended_at"), delete=True
        ),
        "sign_in_failure": Table(kept=PASSING, delete=True),
    },
    pages=("pages",),
    wiring="wiring",
)
