"""An audit beside whatever else operators do: one at a time, over a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from gateway.audit.administration import SQL
from gateway.ground.config import Config
from gateway.ground.desk.refusal import refused
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.database import Database

DEADLINE_S: Final = 900.0
CLOSING_S: Final = 5.0


@asynccontextmanager
async def aside(
    database: Database, config: Config, *, deadline_s: float = DEADLINE_S
) -> AsyncIterator[Database]:
    """The database by one connection more, which nobody waits for; of all workers one has it.

    It ends with the block, which has so long: the server gives up with it, and looks over no table
    with more than one process. Raises DeskRefusedError while another one runs, and when the time
    is over; nothing is left behind then.
    """
    pool = await create_pool(database.dsn, config, 1)
    try:
        async with asyncio.timeout(deadline_s) as limit:
            if not await SQL.take_audit.only(pool):
                raise refused("busy", "audit-running")
            await SQL.go_easy.run(pool, str(round(deadline_s * 1000)))
            yield replace(database, pool=pool)
    except TimeoutError:
        if not limit.expired():
            raise
        raise refused("busy", "audit-too-long", seconds=round(deadline_s)) from None
    finally:
        try:
            async with asyncio.timeout(CLOSING_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()
