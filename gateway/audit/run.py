"""The audit: which invariants hold on the live database, and what does not add up.

The table below says what each invariant means in rows; the statements it names find the
rows that break it. All of them look at one snapshot, so a busy gateway does not disturb.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.audit.rules import Finding, Problems

SAMPLES_MAX: Final = 10  # problems spelled out per statement; all of them are counted


class Snapshot(Protocol):
    """One consistent view of the database."""

    since: datetime | None  # None: everything; otherwise what changed from then on

    def is_whole(self, statement: str) -> bool:
        """Whether it looks at everything there is, for it cannot be cut by time."""

    async def problems(self, statement: str, samples_max: int) -> Problems:
        """The rows that break a rule."""

    async def scope(self) -> Mapping[str, int]:
        """How many rows of each kind there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An invariant, what to say when it holds, and the statements that look for breaches."""

    invariant: str
    holds: str  # a sentence with the counts of `Snapshot.scope`
    statements: tuple[str, ...]


CHECKS: Final = (
    Check(
        invariant="I1",
        holds="each of {allocations} allocated codes is in one order, or void; all exist",
        statements=(
            "i1_code_in_two_orders",
            "i1_code_allocated_twice",
            "i1_orders_and_allocations_differ",
            "i1_allocation_without_code",
            "i1_guards",
        ),
    ),
    Check(
        invariant="I2",
        holds="{orders} orders delivered what their states say, and the money agrees",
        statements=(
            "i2_quantity_and_state",
            "i2_codes_and_quantity",
            "i2_delivered_without_codes",
            "i2_money_and_state",
            "i2_guards",
        ),
    ),
    Check(
        invariant="I3",
        holds="in {pools} pools, {codes} codes = "
        "delivered + free + leased + in doubt + expired + void",
        statements=(
            "i3_sum_of_parts",
            "i3_sold_after_expiry",
            "i3_expiry_unseen",
            "i3_ranges_overlap",
            "i3_allocated_but_free",
            "i3_codes_and_size",
            "i3_void_without_reason",
            "i3_bought_codes",
            "i3_bought_for_another",
            "i3_guards",
        ),
    ),
    Check(
        invariant="I5",
        holds="{orders} orders, each number used once by its partner, each content as accepted",
        statements=("i5_number_twice", "i5_content_changed", "i5_guards"),
    ),
    Check(
        invariant="I6",
        holds="{attempts} attempts, at most one alive for an order",
        statements=(
            "i6_two_live_attempts",
            "i6_attempt_without_order",
            "i6_attempt_for_stock",
            "i6_guards",
        ),
    ),
    Check(
        invariant="I7",
        holds="{leases} active leases are disjoint, hold nothing that was sold, and epochs grew",
        statements=(
            "i7_leases_overlap",
            "i7_lease_beyond_pool",
            "i7_allocation_outside_lease",
            "i7_lease_over_sold",
            "i7_epochs",
            "i7_guards",
            "i7_lease_nobody_knows",
        ),
    ),
    Check(
        invariant="I9",
        holds="the states of {orders} orders and {attempts} attempts agree",
        statements=("i9_code_order_open", "i9_order_and_attempt", "i9_guards"),
    ),
    Check(
        invariant="I10",
        holds="{entries} entries of {accounts} accounts add up to their balances, charge by charge",
        statements=(
            "i10_balance",
            "i10_entry_chain",
            "i10_last_entry",
            "i10_one_charge_per_order",
            "i10_refunds",
            "i10_credit_limit",
            "i10_guards",
        ),
    ),
    Check(
        invariant="I11",
        holds="{webhooks} webhooks: every order that ended led to one where one was due",
        statements=("i11_sequence", "i11_terminal_without_webhook", "i11_webhook_forgotten"),
    ),
    Check(
        invariant="I13",
        holds="{views} records of views form unbroken chains, and match what they record; "
        "the log of {changes} changes is whole",
        statements=(
            "i13_chain",
            "i13_head",
            "i13_read_digest",
            "i13_commit_digest",
            "i13_delivery_without_view",
            "i13_change_chain",
            "i13_change_head",
            "i13_change_digest",
            "i13_change_guards",
            "i13_rights",
            "i13_guards",
        ),
    ),
)


STATEMENTS: Final = sum(len(check.statements) for check in CHECKS)


async def audit(snapshot: Snapshot, looked: Callable[[], None] = lambda: None) -> Sequence[Finding]:
    """Check every invariant on one snapshot; `looked` is called after each of STATEMENTS."""
    scope = await snapshot.scope() if snapshot.since is None else {}
    return [await _look(snapshot, check, scope, looked) for check in CHECKS]


async def _look(
    snapshot: Snapshot, check: Check, scope: Mapping[str, int], looked: Callable[[], None]
) -> Finding:
    found = []
    for name in check.statements:
        found.append(await snapshot.problems(name, SAMPLES_MAX))
        looked()
    total = sum(problems.total for problems in found)
    samples = [sample for problems in found for sample in problems.samples]
    more = total - len(samples)
    detail = "; ".join(samples) + (f"; and {more} more" if more else "")
    if snapshot.since is None:
        detail = detail or check.holds.format(**scope)
    else:
        detail = f"{detail or 'nothing is wrong'} ({_extent(snapshot, snapshot.since, check)})"
    return Finding(invariant=check.invariant, ok=total == 0, detail=detail)


def _extent(snapshot: Snapshot, since: datetime, check: Check) -> str:
    """What an audit of what changed looked at: the statements that cannot be cut are named."""
    whole = [name for name in check.statements if snapshot.is_whole(name)]
    if len(whole) == len(check.statements):
        return f"checked whole: {', '.join(whole)}"
    return f"since {since.isoformat()}; checked whole: {', '.join(whole) or 'nothing'}"
