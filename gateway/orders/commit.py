"""The shape of a commit: what the intake asks of the store, and what comes back.

The columns of SQL's commit_orders are said once, here: a new one is a row below and a parameter
there, and both sides go by its name. A test compares them with the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a value per order line: SQL's name and type of it, and where a line has it."""

    name: str
    kind: str
    path: str


LINE_COLUMNS: Final = (
    Column("p_partner", "bigint", "partner_id"),
    Column("p_id", "bigint", "order_id"),
    Column("p_out", "text", "out_order_no"),
    Column("p_hash", "bytea", "content_hash"),
    Column("p_quantity", "integer", "quantity"),
    Column("p_amount", "bigint", "amount_minor"),
    Column("p_account", "text", "account"),
    Column("p_metadata", "text", "metadata"),
    Column("p_details", "text", "details"),
    Column("p_quotas", "text", "quotas"),
    Column("p_notify", "boolean", "notify"),
    Column("p_notify_url", "text", "notify_url"),
    Column("p_opens", "timestamptz", "opens_at"),
    Column("p_closes", "timestamptz", "closes_at"),
    # Those of one attribute stand together: the native core reads it once for all of them.
    Column("p_sku", "bigint", "sku.id"),
    Column("p_pool", "bigint", "sku.pool_id"),
    Column("p_room", "bigint", "used_pass.room_id"),
    Column("p_pass", "bigint", "used_pass.number"),
    Column("p_attempt", "bigint", "attempt.attempt_id"),
    Column("p_upstream", "bigint", "attempt.upstream_id"),
    Column("p_product", "text", "attempt.product_id"),
    Column("p_cost_max", "bigint", "attempt.cost_max_minor"),
    Column("p_face", "bigint", "attempt.face_minor"),
    Column("p_hold", "bigint", "hold.id"),
    Column("p_late", "boolean", "hold.late"),
)

# What the lines ask of quotas, as counting.Asked has it, by SQL's names.
ASKED_COLUMNS: Final[Mapping[str, str]] = {
    "p_count_quota": "bigint", "p_count_subject": "text", "p_count_wanted": "bigint",
    "p_ask_line": "integer", "p_ask_place": "integer",
}  # fmt: skip

# What the native core says of the claimed codes, by SQL's names in the order it says it: where a
# line's codes begin; of each code its line, number and lease; of each lease its id and epoch.
CLAIMED_COLUMNS: Final[Mapping[str, str]] = {
    "p_first": "integer",
    "a_line": "integer", "a_seq": "bigint", "a_lease": "bigint",
    "l_id": "bigint", "l_epoch": "bigint",
}  # fmt: skip


# Of these, what SQL's commit_plain takes. Besides, a plain line has a partner, who is that of all
# lines, and a quantity, which is 1.
PLAIN_COLUMNS: Final = (
    "p_id", "p_out", "p_hash", "p_sku", "p_amount", "p_pool", "p_metadata", "p_details",
    "p_notify", "p_notify_url", "a_seq", "a_lease", "l_id", "l_epoch", "p_quotas", *ASKED_COLUMNS,
    "p_opens", "p_closes",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRequest:
    """The columns for one batch, as array literals.

    `plain_of`: the partner whose lines all are, if commit_plain may be asked; else None.
    """

    lines: Sequence[str]  # LINE_COLUMNS
    asked: Sequence[str]  # ASKED_COLUMNS
    claimed: Sequence[str]  # CLAIMED_COLUMNS
    size: int  # lines
    plain_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAnswer:
    """Per line: what became of it, and the order or amount that explains it.

    `refused` is the quota whose use it was refused for; None: of no line.
    """

    committed_at: datetime
    outcomes: Sequence[int]
    existing: Sequence[int | None]
    refused: Sequence[int | None] | None = None
