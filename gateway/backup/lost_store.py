"""A standby was promoted that lacks acknowledged orders: as after a restore to an earlier point.

What it lacks looks unsold, and what was sent upstream looks unsent. So sales are closed until
`quangate restore-check`, and what was not sent is doubted.
"""

from functools import partial

import structlog

from gateway.backup.restoring_store import SQL
from gateway.ground.footing import Footing
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.connecting import connect
from gateway.ground.wiring import Subscription, awaits
from gateway.orders.lost_tail import AcknowledgedLost

log = structlog.get_logger()


def closing_sales(on: Footing) -> Subscription:
    """What a worker does about it."""
    return awaits(AcknowledgedLost, partial(_close, on))


async def _close(on: Footing, lost: AcknowledgedLost) -> None:
    """Idempotent, whoever is first. Raises StoreUnavailableError."""
    # Not over the pools: who comes first finds the connections of the old primary there.
    connection = await connect(on.dsn, on.config)
    try:
        with unreachable_is_unavailable():
            async with connection.transaction():
                source = f"promotion to timeline {lost.timeline}, which lacked acknowledged orders"
                if await SQL.close_sales_once.one(connection, source) is not None:
                    await SQL.doubt_unsent.run(connection)
    finally:
        await connection.close()
    log.error("sales.closed", why=source, then="quangate restore-check")
