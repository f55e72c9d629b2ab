"""Whether it works: readiness, metrics, doctor, retention."""

from typing import Final

from gateway.ground.feature import FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="health",
    needs=("catalog", "vault", "orders"),
    tables={
        "forgotten": Table(kept=FOR_EVER, insert=False),
        "migration": Table(kept=FOR_EVER, insert=False),
    },
    routines=("routines.sql", "routines_retirement.sql"),
    wiring="wiring",
    desk=("desk",),
    commands={
        "migrate": ("migrate_command", "Prepare a PostgreSQL of your own, as its owner."),
        "doctor": ("commands", "Check this machine and its settings."),
    },
)
