"""Approvals: what wants a second person waits here until one decides."""

from typing import Final

from gateway.ground.feature import FOR_EVER, Feature, Setting, Table

SETTINGS: Final = {
    "approvals.ttl_s": Setting(
        default=24 * 3600, least=60, most=30 * 24 * 3600, unit="seconds",
        doc="For how long a request waits for a second person.",
    ),
}  # fmt: skip
FEATURE: Final = Feature(
    name="approvals",
    needs=("settings", "operators"),
    tables={
        "approval": Table(
            kept=FOR_EVER,
            update=(
                "state", "decided_by", "decider_person", "decided_from", "decided_at",
                "decision_reason", "result", "redeemed_at", "decider_hands",
            ),
        ),
    },
    second="asking",
    desk=("desk",),
    words="words",
    settings=SETTINGS,
    commands={
        "approval": ("commands", "What waits for a second person: list, show, approve, refuse."),
    },
)  # fmt: skip
