"""Backups of a whole shop: taking, following, restoring."""

from typing import Final

from gateway.ground.feature import FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="backup",
    needs=("audit", "orders"),
    tables={"backup_run": Table(kept=FOR_EVER)},
    wiring="wiring",
    words="words",
    commands={
        "backup": ("commands", "Copy the shop while it sells: once, or all the time."),
        "restore": ("restore_command", "Make a shop of a backup; its sales are closed."),
        "restore-check": ("check_command", "After a restore: check, and open sales again."),
    },
)
