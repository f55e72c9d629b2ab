"""How long each table keeps its rows, and the task that deletes what has outlived its term.

Every table's term stands in its feature. What proves money, a delivery, a decision or a
view is kept for ever; what passed is deleted in small steps by one worker at a time, through a
routine that knows what may be deleted: the gateway's role itself may not.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import structlog

from gateway.ground import house
from gateway.ground.config import Config
from gateway.ground.sql.declared import Statement, Statements

log = structlog.get_logger()

EVERY_S: Final = 600.0
ROWS_A_STEP: Final = 1_000
PAUSE_S: Final = 0.05
COMMIT_DAYS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Rows deleted, where it ended, and whether there may be more."""

    deleted: int
    last: int
    more: bool


class SQL(Statements, file="health/retention"):
    """Forgetting."""

    forget: Statement[[str, int, int, int], Step]


def terms(config: Config) -> dict[str, int]:
    """Days per table that forgets; without those that are kept for ever."""
    found = {
        name: int(getattr(config, table.kept))
        for name, table in house.tables().items()
        if table.kept.startswith("keep_")
    }
    return {table: days for table, days in found.items() if days > 0} | {
        "commit_batch": COMMIT_DAYS
    }


async def forget_old(pool: Any, what: str, days: int, *, rows: int = ROWS_A_STEP) -> int:
    """Delete what of one table is older than `days`, step by step; how many rows."""
    deleted = 0
    after = -(2**63)
    while True:
        step = await SQL.forget.one(pool, what, days, after, rows)
        if step is None:
            return deleted  # another worker is at it
        deleted += step.deleted
        if not step.more:
            return deleted
        after = step.last
        await asyncio.sleep(PAUSE_S)


async def keep_forgetting(pool: Any, config: Config) -> None:
    """Look at every table now and then, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        for what, days in terms(config).items():
            try:
                deleted = await forget_old(pool, what, days)
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("retention.not_now", table=what, error=type(error).__name__)
            else:
                if deleted:
                    log.info("retention.forgot", table=what, rows=deleted)
