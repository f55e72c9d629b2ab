"""Whether the books agree with themselves."""

from typing import Final

from gateway.ground.feature import FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="audit",
    needs=("orders",),
    tables={
        "reveal": Table(kept=FOR_EVER),
        "change": Table(kept=FOR_EVER),
        "change_head": Table(kept=FOR_EVER, insert=False, update=("height", "hash")),
        "reveal_head": Table(kept=FOR_EVER, update=("height", "hash")),
        "audit_run": Table(kept=FOR_EVER),
    },
    routines=("routines_changes.sql", "routines_guards.sql", "routines_reveals.sql"),
    checks=("changes_checks.sql", "checks.sql", "reveals_checks.sql"),
    wiring="wiring",
    desk=("audit_desk", "desk"),
    words="words",
    commands={
        "change": ("change_commands", "The log of what operators did: list."),
        "audit": ("commands", "Check the invariants on the live database."),
    },
)
