"""What must be true of top-ups in the end: our rows against the platforms' ledgers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.simulation.ledger import Order, OrderState
from tests.chaos.topups.platforms import NEVER_RESENT, PlatformUnderTest
from tests.chaos.topups.receiver import FaultyReceiver

ORDERS = """
SELECT o.id, o.state, o.amount, o.parked IS NOT NULL AS parked,
       array_agg(a.id ORDER BY a.id) AS attempts,
       (array_agg(u.connector ORDER BY a.id DESC))[1] AS connector,
       now() - max(a.sent_at) < interval '180 s' AS young
FROM orders o JOIN attempt a ON a.partner_id = o.partner_id AND a.order_id = o.id
JOIN upstream u ON u.id = a.upstream_id GROUP BY o.partner_id, o.id
"""
# What each ended order's partner is to hear, and whether that became a dead letter.
ENDED = """
SELECT o.id, 'order.' || o.state AS type, EXISTS (
    SELECT FROM webhook w
    WHERE w.order_id = o.id AND w.type = 'order.' || o.state AND w.state = 'dead') AS dead
FROM orders o WHERE o.state NOT IN ('processing', 'uncertain')
"""
# A failed-over order has one message, not one for each upstream that refused it.
EXTRA_WEBHOOKS = """
SELECT count(*) FROM (SELECT order_id FROM webhook WHERE type NOT IN ('order.uncertain')
                      GROUP BY order_id, type HAVING count(*) > 1) AS twice
"""


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """The figures of a run; all but the last two must be 0.

    A gateway killed between "from now on it may have been executed" and the call leaves an
    order the platform never saw. It waits until "not found" proves that; where the platform
    promises no such proof, it waits for a person.
    """

    double_executions: int = 0
    wrong_state: int = 0
    refund_mismatch_minor: int = 0
    webhooks_missing: int = 0
    webhooks_wrong: int = 0  # unsigned, told twice, or two with one sequence number
    uncertain_left: int = 0
    waiting_for_finality: int = 0
    held_for_a_person: int = 0
    samples: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing went wrong."""
        return not any(
            (self.double_executions, self.wrong_state, self.refund_mismatch_minor,
             self.webhooks_missing, self.webhooks_wrong, self.uncertain_left)
        )  # fmt: skip


async def compare(
    connection: Any,
    platforms: Sequence[PlatformUnderTest],
    receiver: FaultyReceiver,
    *,
    funds_minor: int,
) -> Verdicts:
    """Every order against what the platforms really did and the partner really heard."""
    executed = _executions(platforms)
    found = Verdicts()
    expected_minor = funds_minor
    for row in await connection.fetch(ORDERS):
        mine = [entry for attempt in row["attempts"] for entry in executed.get(str(attempt), ())]
        standing = [entry for entry in mine if entry[1].state is not OrderState.REVERSED]
        if len(standing) > 1:
            found.double_executions += len(standing) - 1
            found.samples.append(f"order {row['id']} was executed {len(standing)} times")
        if row["state"] in {"processing", "uncertain"}:
            # What earlier attempts did is settled: the order waits for its last one.
            _count_open(row, executed.get(str(row["attempts"][-1]), ()), found)
        elif row["state"] not in _right_states(mine, standing):
            found.wrong_state += 1
            states = [(name, str(entry.state)) for name, entry in mine]
            found.samples.append(f"order {row['id']} is {row['state']}, executions: {states}")
        expected_minor -= _charge_minor(row, standing)
    balance = await connection.fetchval("SELECT balance FROM account")
    found.refund_mismatch_minor = abs(balance - expected_minor)
    await _compare_messages(connection, receiver, found)
    return found


async def _compare_messages(connection: Any, receiver: FaultyReceiver, found: Verdicts) -> None:
    for row in await connection.fetch(ENDED):
        if row["type"] not in receiver.told.get(str(row["id"]), ()) and not row["dead"]:
            found.webhooks_missing += 1
            found.samples.append(f"order {row['id']}: nobody was told {row['type']}")
    found.webhooks_wrong = (
        receiver.unsigned + receiver.sequences_twice + await connection.fetchval(EXTRA_WEBHOOKS)
    )


def _count_open(row: Mapping[str, Any], mine: Sequence[tuple[str, Order]], found: Verdicts) -> None:
    never_seen = row["state"] == "uncertain" and not mine
    if never_seen and row["connector"] in NEVER_RESENT and (row["parked"] or row["young"]):
        found.held_for_a_person += 1
    elif never_seen and row["young"]:
        found.waiting_for_finality += 1
    else:
        found.uncertain_left += 1
        found.samples.append(f"order {row['id']} is {row['state']}")


def _executions(
    platforms: Sequence[PlatformUnderTest],
) -> Mapping[str, list[tuple[str, Order]]]:
    by_number: dict[str, list[tuple[str, Order]]] = {}
    for platform in platforms:
        for entry in platform.market.ledger.executions():
            by_number.setdefault(entry.our_no, []).append((platform.connector, entry))
    return by_number


def _right_states(
    mine: Sequence[tuple[str, Order]], standing: Sequence[tuple[str, Order]]
) -> set[str]:
    if standing:
        return {"partial" if standing[-1][1].state is OrderState.PARTIAL else "delivered"}
    # Taken back before we heard of the success, it never was one for us.
    return {"reversed", "failed"} if mine else {"failed"}


def _charge_minor(row: Mapping[str, Any], standing: Sequence[tuple[str, Order]]) -> int:
    amount: int = row["amount"]
    if row["state"] == "partial" and standing:
        entry = standing[-1][1]
        return amount * entry.delivered_face_minor // entry.face_minor
    return amount if row["state"] in {"delivered", "partial", "processing", "uncertain"} else 0


async def states(connection: Any) -> Counter[str]:
    """How many orders are in which state."""
    rows = await connection.fetch("SELECT state, count(*) AS orders FROM orders GROUP BY 1")
    return Counter({row["state"]: row["orders"] for row in rows})
