"""The audit: which invariants hold on the live database, and what does not add up.

The table below says what each invariant means in rows; the statements of its name in the
features' `checks.sql` find the rows that break it. All of them look at one snapshot, so a busy
gateway does not disturb.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.audit.rules import Finding, Problems
from gateway.ground import house
from gateway.ground.sql.named_sql import queries_of_all

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


# What to say of each when it holds; features may add invariants of their own.
INVARIANTS: Final[Mapping[str, str]] = {
    "I1": "each of {allocations} allocated codes is in one order, or void; all exist",
    "I2": "{orders} orders delivered what their states say, and the money agrees",
    "I3": "in {pools} pools, {codes} codes = delivered + free + leased + in doubt + expired + void",
    "I5": "{orders} orders, each number used once by its partner, each content as accepted",
    "I6": "{attempts} attempts, at most one alive for an order",
    "I7": "{leases} active leases are disjoint, hold nothing that was sold, and epochs grew",
    "I9": "the states of {orders} orders and {attempts} attempts agree",
    "I10": "{entries} entries of {accounts} accounts add up to their balances, charge by charge",
    "I11": "{webhooks} webhooks: every order that ended led to one where one was due",
    "I13": "{views} records of views form unbroken chains, and match what they record;"
    " the log of {changes} changes is whole",
} | {name: holds for feature in house.features() for name, holds in feature.invariants.items()}


def _checks() -> tuple[Check, ...]:
    """Every invariant with the statements that look for its breaches: those named `i1_…` for I1."""
    names = list(queries_of_all("checks"))
    return tuple(
        Check(
            invariant=invariant,
            holds=holds,
            statements=tuple(n for n in names if n.partition("_")[0] == invariant.lower()),
        )
        for invariant, holds in INVARIANTS.items()
    )


CHECKS: Final = _checks()
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
    if more := total - len(samples):
        samples.append(f"and {more} more")
    detail = "; ".join(samples)
    if snapshot.since is None:
        detail = detail or check.holds.format(**scope)
    else:
        detail = _with_extent(detail or "nothing is wrong", snapshot, snapshot.since, check)
    return Finding(invariant=check.invariant, ok=total == 0, detail=detail)


def _with_extent(detail: str, snapshot: Snapshot, since: datetime, check: Check) -> str:
    """What an audit of what changed looked at: the statements that cannot be cut are named."""
    whole = [name for name in check.statements if snapshot.is_whole(name)]
    if len(whole) == len(check.statements):
        return f"{detail} (checked whole: {', '.join(whole)})"
    named = ", ".join(whole) or "nothing"
    return f"{detail} (since {since.isoformat()}; checked whole: {named})"
