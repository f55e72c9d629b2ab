"""How the audit's statements are cut by time: what stands in a table's place.

A `WITH` list in front of a statement of the audit puts its part that changed where the
statement names a table. What has no time (sums, ranges, leases, guards) is looked at whole.
"""

from collections.abc import Mapping
from typing import Final

from gateway.ground.sql.named_sql import queries, queries_of_all

_ORDERS: Final = {"orders": "orders"}
_ALLOCATION: Final = {"allocation": "allocation"}
_ATTEMPT: Final = {"attempt": "attempt"}
# statement: {table: what of since.sql is put in its place}
CUTS: Final[Mapping[str, Mapping[str, str]]] = {
    "i1_code_in_two_orders": _ORDERS,
    "i1_code_allocated_twice": {"allocation": "allocation_of_codes"},
    "i1_orders_and_allocations_differ": _ORDERS | _ALLOCATION,
    "i1_allocation_without_code": _ALLOCATION,
    "i2_quantity_and_state": _ORDERS,
    "i2_codes_and_quantity": _ORDERS,
    "i2_delivered_without_codes": _ORDERS,
    "i2_money_and_state": _ORDERS | {"entry": "entry"},
    "i3_sold_after_expiry": _ORDERS | _ALLOCATION,
    "i3_allocated_but_free": _ALLOCATION,
    "i3_bought_for_another": _ALLOCATION,
    "i5_number_twice": {"orders": "orders_of_numbers"},
    "i5_content_changed": _ORDERS,
    "i6_two_live_attempts": _ATTEMPT,
    "i6_attempt_without_order": _ATTEMPT,
    "i6_attempt_for_stock": _ATTEMPT,
    "i7_allocation_outside_lease": _ALLOCATION,
    "i9_code_order_open": _ORDERS,
    "i9_order_and_attempt": _ORDERS | _ATTEMPT,
    "i10_one_charge_per_order": _ORDERS | {"each_entry": "each_entry"},
    "i10_refunds": {"entry": "entry"},
    "i11_sequence": _ORDERS | {"webhook": "webhook"},
    "i11_terminal_without_webhook": _ORDERS,
    "i14_order_not_counted": _ORDERS | {"hold": "hold"},
    "i15_without_pass": _ORDERS | {"hold": "hold"},
    "i13_read_digest": {"reveal": "reveal"},
    "i13_commit_digest": {"orders": "orders_of_commits", "reveal": "reveal_of_commits"},
    "i13_delivery_without_view": _ORDERS,
    "i13_change_digest": {"change": "change"},
}
REWRITTEN: Final = (
    "i10_entry_chain",
    "i13_chain",
    "i13_change_chain",
)  # each row needs the one before it


def cut(statement: str) -> str | None:
    """The statement for what changed since $1; None: it cannot be cut by time."""
    parts = queries("audit/since")
    if statement in REWRITTEN:
        return parts[statement]
    if statement not in CUTS:
        return None
    tables = {"changed": "changed", "commits": "commits", **CUTS[statement]}
    listed = ",\n".join(f"{table} AS (\n{parts[part]}\n)" for table, part in tables.items())
    return f"WITH {listed}\n{queries_of_all('checks')[statement]}"
