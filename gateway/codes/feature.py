"""Codes: batches, import, shelves, leases, stock, voiding."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, FOR_EVER, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="codes",
    needs=("catalog",),
    tables={
        **dict.fromkeys(("allocation", "bought_code", "code_void"), Table(kept=FOR_EVER)),
        "pool_day": Table(kept=PASSING, update=("sold",), delete=True),
        "sales_counted": Table(kept=PASSING, insert=False, update=("upto",)),
        "code_import": Table(kept=CATALOG, update=ALL_COLUMNS),
        "code_import_piece": Table(kept=PASSING, delete=True),
        "batch": Table(kept=CATALOG, update=ALL_COLUMNS),
        "code": Table(kept=FOR_EVER, delete=True),
        "code_fingerprint": Table(kept=FOR_EVER, delete=True),
        "fragment": Table(kept=PASSING, delete=True),
        "shelf": Table(kept=CATALOG, update=ALL_COLUMNS),
        "shelf_range": Table(kept=CATALOG, delete=True),
        "lease": Table(
            kept="keep_lease_days", update=("state", "epoch", "expires_at", "closed_why")),
        "worker": Table(kept=PASSING, update=ALL_COLUMNS, delete=True),
    },
    routines=(
        "routines.sql", "routines_expiry.sql", "routines_held.sql", "routines_leases.sql",
        "routines_levels.sql", "routines_replacing.sql", "routines_shelves.sql",
        "routines_withheld.sql",
    ),
    pages=("pages",),
    desk=("desk", "batch_desk", "release_desk", "shelf_desk", "upload_desk"),
    book="shelf_book",
    words="words",
    wiring="wiring",
    commands={
        "codes": ("commands", "Codes: import, generate, stats, void, release."),
        "shelf": ("shelf_commands", "Parts of a pool: create, move, list, close."),
    },
)  # fmt: skip
