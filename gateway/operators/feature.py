"""Operators: people who run the shop, what their roles let them do, the tokens they work with."""

from typing import Final

from gateway.ground.feature import ALL_COLUMNS, CATALOG, PASSING, Feature, Table

FEATURE: Final = Feature(
    name="operators",
    needs=("catalog",),
    tables={
        "operator": Table(
            kept=CATALOG,
            update=(
                "password", "totp_secret", "totp_step", "disabled_at", "frozen_at",
                "unfrozen_at", "sessions_since",
            ),
        ),
        "recovery_code": Table(kept=CATALOG, update=("used_at",), delete=True),
        "operator_reset": Table(kept=CATALOG),
        "role": Table(kept=CATALOG, update=("created_at",)),  # what a lock on its row takes
        "role_permission": Table(kept=CATALOG, update=("granted",), delete=True),
        "operator_role": Table(kept=CATALOG, delete=True),
        "token": Table(kept=CATALOG, update=("revoked_at",)),
        "passkey": Table(kept=CATALOG, update=("sign_count", "used_at", "revoked_at")),
        "passkey_answer": Table(kept=PASSING, delete=True),
        "desk_request": Table(kept=PASSING, update=ALL_COLUMNS, delete=True),
    },
    book="book",
    wiring="wiring",
    desk=("desk", "role_desk", "token_desk", "passkey_desk"),
    words="words",
    commands={
        "operator": ("commands", "People who run the shop: create, list, roles, token, passkey."),
        "role": ("role_commands", "What people may do: list, show, create, grant, revoke."),
    },
)  # fmt: skip
