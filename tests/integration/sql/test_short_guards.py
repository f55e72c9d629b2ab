"""What the constraints of orders and entries refuse, row by row, whoever writes (I2, I10)."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.world import WORLD_FILES

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")
# A further order and entry like those there are, but for what is changed. The entry follows the
# one before it, so that nothing but the constraints can refuse it.
ORDER = """
    INSERT INTO orders SELECT (jsonb_populate_record(o, '{"id": 999, "out_order_no": "z"}'
        || $1::jsonb)).* FROM orders o WHERE id = 101"""
ENTRY = """
    INSERT INTO entry SELECT (jsonb_populate_record(e, jsonb_build_object(
        'seq', a.last_entry + coalesce(jsonb_array_length($1::jsonb -> 'order_ids'), 1),
        'kind', 'adjustment', 'reference', NULL, 'order_id', NULL, 'order_ids', NULL,
        'amounts', NULL, 'amount', 0) || $1::jsonb
        || jsonb_build_object(
            'balance_after', a.balance + coalesce(($1::jsonb ->> 'amount')::int, 0))
    )).* FROM entry e JOIN account a USING (partner_id) ORDER BY e.partner_id, e.seq LIMIT 1"""


@pytest.fixture
async def world(connection: Any) -> AsyncIterator[Any]:
    """A connection inside a transaction, in the small world of the audit's tests."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ('{}', True),
        ('{"state": "lost"}', False),
        ('{"quantity": 0, "delivered_quantity": 0, "seqs": []}', False),
        ('{"quantity": 501, "delivered_quantity": 501, "seqs": null, "account": "a"}', False),
        ('{"quantity": 500, "delivered_quantity": 500, "seqs": null, "account": "a"}', True),
        ('{"amount": -1}', False),
        ('{"delivered_quantity": 2}', False),
        # A case gives back a part, or all of what stays delivered (R73).
        ('{"amount": 5, "refunded": 5}', True),
        ('{"amount": 5, "refunded": 6}', False),
        ('{"seqs": [0, 1]}', False),
        ('{"seqs": []}', False),
        ('{"state": "processing"}', False),
        ('{"state": "processing", "delivered_quantity": 0, "seqs": null}', True),
        ('{"state": "processing", "delivered_quantity": 0, "seqs": null, "refunded": 1}', False),
        ('{"state": "uncertain", "delivered_quantity": 0, "seqs": null}', True),
        ('{"state": "uncertain"}', False),
        ('{"state": "failed", "delivered_quantity": 0, "seqs": null}', False),
        ('{"state": "failed", "delivered_quantity": 0, "seqs": [], "amount": 5, "refunded": 5}',
         True),
        ('{"state": "failed", "amount": 5, "refunded": 5}', False),
        ('{"state": "partial", "refunded": 1, "amount": 5}', False),
        ('{"state": "partial", "quantity": 2, "refunded": 1, "amount": 5}', True),
        ('{"state": "partial", "quantity": 2}', False),
        ('{"state": "reversed", "amount": 5, "refunded": 4}', False),
        ('{"state": "reversed", "amount": 5, "refunded": 5}', True),
        ('{"state": "reversed", "amount": 5, "refunded": 6}', False),
        ('{"state": "failed", "delivered_quantity": 0, "seqs": null, "amount": 5, "refunded": 6}',
         False),
        ('{"state": "partial", "quantity": 2, "refunded": 6, "amount": 5}', False),
        ('{"state": "partial", "quantity": 2, "refunded": -1, "amount": 5}', False),
        ('{"amount": 5, "refunded": -1}', False),
        # What was delivered is codes, or went to a number.
        ('{"seqs": null}', False),
        ('{"seqs": null, "account": "a"}', True),
        ('{"account": "a"}', True),
        ('{"state": "partial", "quantity": 2, "refunded": 1, "amount": 5, "seqs": null}', False),
        ('{"state": "reversed", "amount": 5, "refunded": 5, "seqs": null}', False),
    ],
)  # fmt: skip
async def test_an_order_is_as_its_state_says(world: Any, changes: str, accepted: bool) -> None:
    """Ranges, states, money and codes of an order agree, or it is not stored.

    Seen red with `orders_quantity` dropped (every refusal).
    """
    assert await is_accepted(world, ORDER, changes) == accepted


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ('{}', True),
        ('{"kind": "gift"}', False),
        ('{"kind": "charge", "amount": 5}', False),
        ('{"kind": "charge", "amount": -5}', True),
        ('{"kind": "deposit", "amount": -5}', False),
        ('{"kind": "deposit", "amount": 5}', True),
        ('{"kind": "refund", "amount": -5}', False),
        ('{"kind": "adjustment", "amount": -5}', True),
        ('{"kind": "charge", "amount": -5, "order_ids": [1, 2], "amounts": [-2, -3]}', True),
        ('{"kind": "charge", "amount": -5, "order_ids": [1, 2], "amounts": [-5]}', False),
        ('{"kind": "charge", "amount": -5, "order_ids": [1, 2]}', False),
        ('{"kind": "charge", "amount": -5, "order_ids": [1], "amounts": [-5]}', False),
        ('{"kind": "charge", "order_id": 1, "order_ids": [1, 2], "amounts": [0, 0]}', False),
        ('{"kind": "refund", "amount": 5, "order_ids": [1, 2], "amounts": [2, 3]}', False),
        ('{"kind": "adjustment", "amounts": [1]}', False),
    ],
)  # fmt: skip
async def test_an_entry_is_of_its_kind(world: Any, changes: str, accepted: bool) -> None:
    """Kinds move the money their way, and a run is a run of charges, or it is not stored.

    Seen red with `entry_sign` dropped, which is both: all ten that are refused.
    """
    assert await is_accepted(world, ENTRY, changes) == accepted


async def is_accepted(world: Any, statement: str, changes: str) -> bool:
    """Whether the row is stored; anything but a constraint's refusal is an error."""
    try:
        async with world.transaction():  # a savepoint
            assert await world.execute(statement, changes) == "INSERT 0 1"
    except asyncpg.CheckViolationError:
        return False
    return True


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("orders", "quantity = quantity + 1, delivered_quantity = delivered_quantity + 1"),
        ("orders", "amount = amount + 1"),
        ("orders", "currency = 'USD'"),
        ("attempt", "quantity = quantity + 1"),
        ("attempt", "purpose = 'stock'"),
        ("attempt", "line = 1"),
    ],
)
async def test_what_was_accepted_stays(world: Any, table: str, change: str) -> None:
    """No content of an order or attempt is written anew, not even from NULL.

    Of an order that is whole a CHECK of its quantities may refuse first. Currency, purpose and
    line were seen red without migration 0210.
    """
    with pytest.raises(asyncpg.PostgresError, match=r"stays as it is|orders_quantity"):
        await world.execute(f"UPDATE {table} SET {change}")
