"""Orders: placing, committing, finding, cancelling."""

from typing import Final

from gateway.ground.feature import A_DAY, FOR_EVER, Feature, Table

FEATURE: Final = Feature(
    name="orders",
    needs=("catalog", "partners", "codes", "prices", "campaigns", "quotas"),
    tables={
        "orders": Table(
            kept=FOR_EVER,
            update=("state", "delivered_quantity", "pool_id", "seqs", "failure", "last_event",
                    "parked", "commit_no", "refunded", "updated_at", "current_seqs", "replaced",
                    "returned", "recipient"),
        ),
        "resolution": Table(kept=FOR_EVER, update=("outcome",)),  # what a lock on its row takes
        "commit_batch": Table(kept=A_DAY, delete=True),
        "buyer_order": Table(kept=FOR_EVER),
        "buyers_learnt": Table(kept=FOR_EVER, update=("seq",)),
    },
    routines=(
        "routines.sql",
        "routines_judging.sql",
        "routines_buyers.sql",
        "routines_commit.sql",
        "routines_plain.sql",
        "routines_states.sql",
        "routines_after_sale.sql",
    ),
    wiring="wiring",
    desk=("desk",),
    pages=("pages",),
    portal=("portal_desk",),
    words="words",
    commands={
        "order": ("commands", "Orders: place, show, list, resolve, cancel."),
    },
)  # fmt: skip
