"""Two roles: what the gateway's may do, tried statement by statement; what guards refuse anybody.

`ALLOWED` (allowed.py) is written by hand, apart from gateway/ground/sql/rights.py, which it holds.
"""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from gateway.ground import house
from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from gateway.orders.rules import TRANSITIONS, OrderState
from tests.integration.sql.allowed import ALL, ALLOWED, NOT_ADDED
from tests.world import WORLD_FILES

WORLD = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")

ENTRY = "INSERT INTO entry (partner_id, seq, kind, amount, balance_after)"
OWNERS_ONLY = (
    "TRUNCATE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER USER",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "DROP TABLE {table}",
    "CREATE TRIGGER own BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE RULE own AS ON INSERT TO {table} DO INSTEAD NOTHING",
)
NOBODYS = (
    "SET session_replication_role = replica",
    "SET ROLE quangate",
    "SELECT setval('reveal_no', 1)",
    "CREATE TABLE public.mine (id bigint)",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "DROP TRIGGER entry_insert_only ON entry",
    "DROP FUNCTION refuse_change() CASCADE",
)


@pytest.fixture
async def gateways(config: Config) -> AsyncIterator[Any]:
    """A connection under the gateway's role."""
    opened = await asyncpg.connect(config.database_url, server_settings=session_settings())
    yield opened
    await opened.close()


@pytest.fixture
async def world(connection: Any) -> AsyncIterator[Any]:
    """The owner's connection inside a transaction, in the small world of the audit's tests."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()


async def permitted(connection: Any, statement: str) -> bool:
    """Whether the database lets it happen; undone either way."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError):
        return False
    finally:
        await transaction.rollback()
    return True


async def columns_of(connection: Any) -> dict[str, list[str]]:
    """Every table of ours, with the columns that an UPDATE may name."""
    rows = await connection.fetch(
        "SELECT c.relname, array_agg(a.attname::text) AS columns FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attidentity = '' AND a.attgenerated = ''"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY 1"
    )
    return {row["relname"]: row["columns"] for row in rows}


async def test_the_gateways_role_may_do_what_is_written_and_nothing_else(gateways: Any) -> None:
    """Each table: every column's UPDATE, DELETE and INSERT, against the table above.

    Seen red with UPDATE granted on entry, and with a table that is not written above.
    """
    tables = await columns_of(gateways)
    assert set(tables) == set(ALLOWED) == set(house.tables())
    for table, columns in tables.items():
        updatable, deletable = ALLOWED[table]
        for column in columns:
            may = await permitted(gateways, f"UPDATE {table} SET {column} = {column} WHERE false")
            assert may == (updatable == ALL or column in updatable), f"UPDATE {table}.{column}"
        assert await permitted(gateways, f"DELETE FROM {table} WHERE false") == deletable, table
        added = await permitted(gateways, f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
        may = table not in NOT_ADDED and await _has_no_identity(gateways, table)
        assert added == may, table


async def _has_no_identity(connection: Any, table: str) -> bool:
    """INSERT … SELECT * cannot name an identity column."""
    return not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::regclass"
        " AND attidentity <> '')",
        f"public.{table}",
    )


@pytest.mark.parametrize("statement", OWNERS_ONLY)
async def test_no_guard_can_be_taken_away(gateways: Any, statement: str) -> None:
    """TRUNCATE, DISABLE TRIGGER, DROP and the like are refused on every table.

    Seen red with TRUNCATE granted.
    """
    for table in await columns_of(gateways):
        assert not await permitted(gateways, statement.format(table=table)), table


@pytest.mark.parametrize("statement", NOBODYS)
async def test_nor_got_round(gateways: Any, statement: str) -> None:
    """What would let a role past triggers, or make something that stands in their way."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await gateways.execute(statement)


async def test_a_temporary_table_fools_no_guard(world: Any) -> None:
    """A table of the same name that comes first in the search path is not what guards look at.

    Seen red with `entry` unqualified in follow_entry.
    """
    await world.execute(
        "CREATE TEMPORARY TABLE entry (partner_id bigint, seq bigint, balance_after bigint);"
        "INSERT INTO entry SELECT id, 99, 0 FROM partner"
    )
    with pytest.raises(asyncpg.PostgresError, match="does not follow"):
        await world.execute(
            "INSERT INTO public.entry (partner_id, seq, kind, amount, balance_after)"
            " SELECT id, 100, 'deposit', 5, 5 FROM partner"
        )


async def test_every_table_is_never_emptied(connection: Any) -> None:
    """TRUNCATE is refused to the owner as well, but for what may be lost at any moment.

    Seen red with `entry` left out of NEVER_EMPTIED.
    """
    for table in await columns_of(connection):
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(f"TRUNCATE {table} CASCADE")
        except asyncpg.PostgresError as error:
            # Its own guard: CASCADE meets those of the tables that refer to it as well.
            assert str(error) == f"{table} is never emptied"  # noqa: PT017
        else:
            assert table in {"lane_state", "worker", "used_nonce"}
        finally:
            await transaction.rollback()


async def refused(world: Any, statement: str, *values: Any) -> bool:
    """Whether a guard refuses it, whoever asks."""
    try:
        async with world.transaction():
            await world.execute(statement, *values)
    except asyncpg.PostgresError as error:
        assert str(error.sqlstate).startswith("QG"), error  # noqa: PT017
        return True
    return False


async def test_i9_order_states_move_along_the_table(world: Any) -> None:
    """Every pair of states, for whoever may write: what TRANSITIONS does not know is refused.

    Seen red with `order_states` letting every move pass.
    """
    await world.execute("ALTER TABLE orders DROP CONSTRAINT orders_quantity")
    for start in OrderState:
        for end in OrderState:
            tried = world.transaction()
            await tried.start()
            await world.execute("ALTER TABLE orders DISABLE TRIGGER order_states")
            await world.execute("UPDATE orders SET state = $1 WHERE id = 201", start)
            await world.execute("ALTER TABLE orders ENABLE TRIGGER order_states")
            legal = start == end or end in TRANSITIONS[start].values()
            moved = "UPDATE orders SET state = $1 WHERE id = 201"
            assert await refused(world, moved, end) is not legal, (start, end)
            await tried.rollback()


UNCHECKED = "ALTER TABLE orders DROP CONSTRAINT orders_quantity; "  # it would refuse it first


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET content_hash = 'x' WHERE id = 101",
        "UPDATE orders SET amount = amount - 1 WHERE id = 101",
        "UPDATE orders SET seqs = '{5}' WHERE id = 101",
        "UPDATE orders SET out_order_no = 'other' WHERE id = 101",
        "UPDATE orders SET commit_no = NULL WHERE id = 101",
        UNCHECKED + "UPDATE orders SET refunded = 0 WHERE id = 202",
        "DELETE FROM orders WHERE id = 101",
        "UPDATE attempt SET state = 'succeeded' WHERE id = 302",
        "UPDATE attempt SET state = 'failed' WHERE id = 301",
        "UPDATE attempt SET order_id = 999 WHERE id = 301",
        "DELETE FROM attempt WHERE id = 301",
        "UPDATE lease SET epoch = epoch - 1",
        "UPDATE lease SET state = 'closed'",
        "UPDATE lease SET lo = 0",
        "DELETE FROM lease",
        "DELETE FROM code WHERE seq = 19",
        "UPDATE code SET sealed = 'x' WHERE seq = 19",
        "UPDATE pool SET size = size - 1",
        "UPDATE pool SET next_seq = 0",
        "UPDATE pool SET generation = 0 WHERE generation > 0",
        "UPDATE account SET last_entry = last_entry - 1",
        "UPDATE account SET balance = balance + 1",
        "DELETE FROM account",
        "UPDATE reveal_head SET height = height - 1",
        "UPDATE reveal_head SET hash = 'x'",
        "DELETE FROM reveal_head",
        "UPDATE change SET actor = 'os:eve@host'",
        "DELETE FROM change",
        "UPDATE change_head SET height = height - 1",
        "UPDATE change_head SET hash = 'x'",
        "DELETE FROM change_head",
        "INSERT INTO change SELECT (jsonb_populate_record(c, '{\"id\": 9}')).* FROM change c",
        "DELETE FROM code_void",
        "UPDATE bought_code SET attempt_id = 1",
        # An entry after a gap; one with another balance; one under a number that was used.
        f"{ENTRY} SELECT partner_id, last_entry + 2, 'deposit', 5, balance + 5 FROM account",
        f"{ENTRY} SELECT partner_id, last_entry + 1, 'deposit', 5, balance + 6 FROM account",
        f"{ENTRY} SELECT partner_id, 0, 'deposit', 5, 5 FROM account",
    ],
)
async def test_what_happened_stays(world: Any, statement: str) -> None:
    """Each rewriting of what proves money, a delivery, a lease or a view is refused to anybody.

    Seen red, statement by statement, without the triggers of migration 0160.
    """
    assert await refused(world, statement)


async def test_a_decision_that_was_carried_out_stays(world: Any) -> None:
    """It is neither changed nor deleted."""
    await world.execute(
        "INSERT INTO resolution (partner_id, order_id, verdict, reason, requested_by, approved_by,"
        " approved_at) SELECT partner_id, 203, 'failed', 'r', 'ann', 'bob', now() FROM orders"
        " WHERE id = 203"
    )
    assert await refused(world, "UPDATE resolution SET approved_by = 'eve'")
    assert await refused(world, "DELETE FROM resolution")
