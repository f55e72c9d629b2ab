"""Whoever ends a hold, confirms it, makes one or gives units back takes locks in one order: the
pool, the hold's row, counts of quotas. Step by step here; tests/chaos/scarce.py does it by chance,
and counts what PostgreSQL calls deadlocks.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from typing import Any, Final

import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from tests.conftest import as_owner, unguarded
from tests.world import WORLD_FILES
from tests.world.partner import eventually

RELEASED, MADE = 21, 1
# Confirms hold 601 and, in the same commit, makes an order that asks the quotas it has units of.
CONFIRM: Final = """
SELECT outcome FROM partner p, sku v, sku t, pool pl,
     (SELECT t.asked, array_agg((a.value ->> 0)::bigint ORDER BY a.ordinality) AS ids,
             array_agg(a.value ->> 1 ORDER BY a.ordinality) AS subjects
      FROM quota_taken t CROSS JOIN jsonb_array_elements(t.asked::jsonb) WITH ORDINALITY AS a
      WHERE t.owner_id = 601 GROUP BY 1) AS q
CROSS JOIN LATERAL commit_orders(
    p_batch => gen_random_uuid(), p_chain => 1, p_partner => ARRAY[p.id, p.id], p_id => '{901,902}',
    p_out => '{x,y}', p_hash => ARRAY['\\x01'::bytea, '\\x02'::bytea], p_sku => ARRAY[v.id, t.id],
    p_quantity => '{1,1}', p_amount => '{100,100}', p_pool => ARRAY[pl.id, NULL],
    p_first => '{1,NULL}', p_account => '{NULL,z}', p_metadata => '{NULL,NULL}',
    p_details => '{NULL,NULL}', p_notify => '{f,f}', p_notify_url => '{NULL,NULL}',
    p_attempt => NULL, p_upstream => NULL, p_product => NULL, p_cost_max => NULL, p_face => NULL,
    p_owner => NULL, a_line => '{1}', a_seq => '{10}', a_lease => '{0}', l_id => '{}',
    l_epoch => '{}', p_hold => '{601,NULL}', p_late => '{f,NULL}', p_quotas => ARRAY[NULL, q.asked],
    p_count_quota => q.ids, p_count_subject => q.subjects, p_count_wanted => '{1,1}',
    p_ask_line => '{2,2}', p_ask_place => '{1,2}') AS made
WHERE v.sku = 'VIP' AND t.sku = 'TOP' AND pl.name = 'vip'
"""
RELEASE: Final = "SELECT release_hold(partner_id, id) FROM hold WHERE id = 601"
EXPIRE: Final = "SELECT expire_due_holds()"
RECALL: Final = "SELECT void_codes(id, '{10}', 'recalled') FROM pool WHERE name = 'vip'"


@pytest.fixture
async def sessions(connection: Any, config: Config) -> AsyncIterator[list[Any]]:
    """Three connections to the audit's small world, in which hold 601 has code 10."""
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM hold WHERE id = 601)"):
        world = (WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8")
        async with connection.transaction():
            await connection.execute(world)
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(3):
            one = await asyncpg.connect(
                as_owner(str(config.database_url)), server_settings=session_settings()
            )
            stack.push_async_callback(one.close)
            opened.append(one)
        yield opened


async def waits(watcher: Any, session: Any, work: Awaitable[Any]) -> asyncio.Task[Any]:
    """The work of a session, begun, and by now waiting for a lock."""

    async def run() -> Any:
        return await work

    task = asyncio.create_task(run())
    pid = session.get_server_pid()

    async def is_waiting() -> bool:
        assert not task.done(), task
        return bool(await watcher.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid))

    await eventually(is_waiting)
    return task


@pytest.mark.parametrize("end", [RELEASE, RECALL])
async def test_a_hold_ends_while_it_is_confirmed(
    connection: Any, sessions: list[Any], end: str
) -> None:
    """Whoever ends it comes first and wants the counts; the commit waits for the hold with none of
    them in its hands. Nothing of it stays.

    Seen red without `lock_holds` in the commit: a deadlock.
    """
    blocker, ender, committer = sessions
    transactions = [session.transaction() for session in sessions]
    for transaction in transactions:
        await transaction.start()
    await blocker.execute("SELECT FROM hold WHERE id = 601 FOR NO KEY UPDATE")
    ending = await waits(connection, ender, ender.fetchval(end))
    confirming = await waits(connection, committer, committer.fetchval(CONFIRM))
    await transactions[0].rollback()
    await ending
    await transactions[1].rollback()
    outcomes = await confirming  # the hold is there still: what ended it was taken back
    await transactions[2].rollback()
    assert outcomes == [MADE, MADE]


async def test_holds_are_given_back_while_others_are_made(
    connection: Any, sessions: list[Any]
) -> None:
    """Both want the pool before counts: the keeper, with the pool in its hands, is not waited for
    by somebody who has counts.

    Seen red with counts held before the pool in hold_goods: a deadlock.
    """
    blocker, keeper, maker = sessions
    async with unguarded(connection):
        await connection.execute("UPDATE hold SET expires_at = now() WHERE id = 601")
    transactions = [session.transaction() for session in sessions]
    for transaction in transactions:
        await transaction.start()
    try:
        await blocker.execute("SELECT FROM pool WHERE name = 'vip' FOR NO KEY UPDATE")
        giving_back = await waits(connection, keeper, keeper.fetchval(EXPIRE))
        making = await waits(connection, maker, maker.fetchval(HOLD))
        await transactions[0].rollback()
        assert await giving_back == 1
        await transactions[1].rollback()
        assert (await making)[0]["outcome"] == MADE
    finally:
        await transactions[2].rollback()


HOLD: Final = """
SELECT (hold_goods(pl.id, pl.id, 0, ROW (9, 9, 9, 100, 60)::hold_limits, ARRAY[ROW (
    p.id, 701, 'h9', '\\x00', s.id, 1, 100, 900, NULL, 'b9', NULL, NULL, NULL, NULL, q.asked, NULL,
    NULL)::hold_line], q.ids, q.subjects, '{1,1}', '{1,1}', '{1,2}')).answers
FROM partner p, pool pl, sku s,
     (SELECT t.asked, array_agg((a.value ->> 0)::bigint ORDER BY a.ordinality) AS ids,
             array_agg(a.value ->> 1 ORDER BY a.ordinality) AS subjects
      FROM quota_taken t CROSS JOIN jsonb_array_elements(t.asked::jsonb) WITH ORDINALITY AS a
      WHERE t.owner_id = 601 GROUP BY 1) AS q
WHERE s.sku = 'VIP' AND pl.name = 'vip'
"""
