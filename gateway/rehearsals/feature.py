"""Rehearsals: a campaign tried out before its doors open."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="rehearsals",
    needs=("catalog", "partners", "codes", "prices", "campaigns", "quotas"),
    desk=("desk",),
    words="words",
    commands={
        "campaign": ("commands", "Sales within a window: create, show, change, end, rehearse.")
    },
)
