"""Whether it works: readiness, metrics, doctor, retention."""

from typing import Final

from gateway.ground.feature import FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="health",
    needs=("catalog", "vault", "codes", "orders", "dispatch", "webhooks", "audit"),
    tables={
        "forgotten": Table(kept=FOR_EVER, insert=False),
        "migration": Table(kept=FOR_EVER, insert=False),
    },
    routines=("routines.sql", "routines_retirement.sql"),
    commands={
        "migrate": ("migrate_command", "Prepare a PostgreSQL of your own, as its owner."),
        "doctor": ("commands", "Check this machine and its settings."),
    },
)
