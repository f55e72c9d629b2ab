"""Our attempts held against an upstream's bill."""

from typing import Final

from gateway.ground.feature import Feature

FEATURE: Final = Feature(
    name="reconciliation",
    needs=("dispatch",),
    desk=("desk",),
    words="words",
    commands={
        "reconcile": ("commands", "Compare our records of a day with an upstream's."),
    },
)
