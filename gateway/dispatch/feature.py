"""Top-ups and purchases at upstream platforms: attempts, answers, callbacks."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, FOR_EVER, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="dispatch",
    needs=("catalog", "prices", "orders"),
    tables={
        "attempt": Table(
            kept=FOR_EVER,
            update=(
                "state", "upstream_no", "cost", "delivered_quantity", "code", "message",
                "queries", "not_found", "next_check_at", "owner", "sent_at", "updated_at",
                "sends",
            ),
        ),
        "callback": Table(kept="keep_callback_days", update=("times", "last_at")),
        "lane_state": Table(kept=PASSING, update=ALL_COLUMNS, delete=True),
    },
    routines=(
        "routines_attempts.sql",
        "routines_decisions.sql",
        "routines_purchases.sql",
        "routines_settle.sql",
    ),
    wiring="wiring",
    pages=("pages",),
    desk=("desk", "attempt_desk", "platform_desk"),
    words="words",
    commands={
        "upstream": (
            "commands",
            "Platforms we buy from: add, list, show, pause, connectors, simulate.",
        ),
    },
)  # fmt: skip
