"""A number that any node accepted is not "certainly new", whatever its clock said (I5).

`found.md` §5: numbers were followed by order ids, which are the wall clock of their maker.
"""

import time
import uuid
from typing import Any

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.native import OrderIds
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database
from gateway.orders.known_numbers import KnownNumbers
from gateway.orders.store import OrderStore
from tests.world.partner import eventually

# Orders for nothing, of no pool: only their numbers matter here.
COMMIT = """
SELECT (commit_orders(
    p_batch => gen_random_uuid(), p_opens => NULL, p_chain => 1,
    p_partner => array_fill($1::bigint, ARRAY[n]), p_id => $2, p_out => $3,
    p_hash => array_fill('\\x00'::bytea, ARRAY[n]), p_sku => array_fill(1::bigint, ARRAY[n]),
    p_quantity => array_fill(1, ARRAY[n]), p_amount => array_fill(0::bigint, ARRAY[n]),
    p_pool => array_fill(NULL::bigint, ARRAY[n]), p_first => array_fill(NULL::integer, ARRAY[n]),
    p_account => '{}', p_metadata => '{}', p_details => '{}',
    p_notify => array_fill(false, ARRAY[n]), p_notify_url => '{}', p_attempt => '{}',
    p_upstream => '{}', p_product => '{}', p_cost_max => '{}', p_face => '{}', p_owner => NULL,
    a_line => '{}', a_seq => '{}', a_lease => '{}', l_id => '{}', l_epoch => '{}')).outcome
FROM cardinality($2::bigint[]) AS n
"""


class Node:
    """Another gateway: it has its own slot and its own idea of the time."""

    def __init__(self, connection: Any, partner_id: int, slot: int, behind_s: float = 0.0) -> None:
        self._connection = connection
        self._partner_id = partner_id
        self._ids = OrderIds(slot)
        self._behind_s = behind_s

    async def accept(self, *numbers: str) -> None:
        """Commit orders."""
        now_ms = int((time.time() - self._behind_s) * 1000)
        outcome = await self._connection.fetchval(
            COMMIT, self._partner_id, self._ids.next_many(now_ms, len(numbers)), list(numbers)
        )
        assert outcome == [1] * len(numbers)


@pytest.fixture
async def partner_id(connection: Any) -> int:
    """A partner with an account."""
    name = uuid.uuid4().hex
    found = await connection.fetchval(
        "INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x') RETURNING id", name
    )
    await connection.execute("INSERT INTO account (partner_id) VALUES ($1)", found)
    return int(found)


async def synced(known: KnownNumbers, partner_id: int) -> None:
    """As when a pool was proved sold out just now, and somebody asked since."""
    since = time.monotonic()
    assert known.certainly_new(partner_id, "anything", since) is False

    async def is_certain() -> bool:
        return known.certainly_new(partner_id, "never-accepted", since)

    await eventually(is_certain)


async def test_a_number_of_a_node_whose_clock_is_behind(
    database: Database, connection: Any, partner_id: int
) -> None:
    """It sells X after newer ids were seen; X is not new here, so its retry is looked up.

    Seen red with numbers followed by order ids, minus 60 s.
    """
    known = KnownNumbers(orders=OrderStore(database.pool))
    await Node(connection, partner_id, 1).accept("first", "second")
    await synced(known, partner_id)
    await Node(connection, partner_id, 2, behind_s=180.0).accept("X")
    await Node(connection, partner_id, 1).accept("third")
    await synced(known, partner_id)
    now = time.monotonic() - 1e9
    for number in ("first", "second", "X", "third"):
        assert not known.certainly_new(partner_id, number, now), number
    assert known.certainly_new(partner_id, "Y", now)


async def test_a_number_whose_commit_hung(
    config: Config, database: Database, connection: Any, partner_id: int
) -> None:
    """An order that was made long before its commit came through is not missed either."""
    known = KnownNumbers(orders=OrderStore(database.pool))
    await Node(connection, partner_id, 1).accept("first")
    await synced(known, partner_id)
    slow = await asyncpg.connect(config.database_url, server_settings=session_settings())
    try:
        hanging = slow.transaction()
        await hanging.start()
        await Node(slow, partner_id, 2, behind_s=90.0).accept("X", "X2")
        await synced(known, partner_id)
        await hanging.commit()
    finally:
        await slow.close()
    await Node(connection, partner_id, 1).accept("later")
    await synced(known, partner_id)
    for number in ("X", "X2", "later"):
        assert not known.certainly_new(partner_id, number, time.monotonic() - 1e9), number


async def test_a_partner_that_is_new_to_us(
    database: Database, connection: Any, partner_id: int
) -> None:
    """Numbers of a partner made after the filter was loaded are read as well."""
    known = KnownNumbers(orders=OrderStore(database.pool))
    await synced(known, partner_id)
    name = uuid.uuid4().hex
    other = await connection.fetchval(
        "INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x') RETURNING id", name
    )
    await connection.execute("INSERT INTO account (partner_id) VALUES ($1)", other)
    await Node(connection, other, 2).accept("X")
    await synced(known, partner_id)
    assert not known.certainly_new(other, "X", time.monotonic() - 1e9)


async def test_nothing_is_certain_without_a_proof(
    database: Database, connection: Any, partner_id: int
) -> None:
    """A refusal by a rule proves nothing about other nodes, nor does a proof later than we read.

    Seen red with a worker that believes to be alone.
    """
    known = KnownNumbers(orders=OrderStore(database.pool))
    await synced(known, partner_id)
    assert known.certainly_new(partner_id, "X", time.monotonic() - 1e9)
    assert not known.certainly_new(partner_id, "X", None)
    assert not known.certainly_new(partner_id, "X", time.monotonic())


async def test_what_may_repeat_is_known_without_asking(
    database: Database, connection: Any, partner_id: int
) -> None:
    """Before anything was read nothing may repeat; then what others accepted may, and what is new
    need not be told from it.

    Seen red without the reading that the first question begins.
    """
    known = KnownNumbers(orders=OrderStore(database.pool))
    await Node(connection, partner_id, 1).accept("R")
    assert not known.perhaps_accepted(partner_id, "R")

    async def read() -> bool:
        return known.perhaps_accepted(partner_id, "R")

    await eventually(read)
    assert not known.perhaps_accepted(partner_id, "never-accepted")
