"""What is told of a pool's stock, by every door the same."""

from typing import Any

from gateway.catalog.administer import show_pool
from gateway.codes import administration as codes
from gateway.ground.desk.transaction import administration


async def stats_of(database: Any, pool: str) -> dict[str, int]:
    """`codes stats`, checked to add up, and against what pages and `pool list` say of the pool.

    Seen red with leases and free codes counted without what has expired in them.
    """
    async with administration(database, read_only=True) as db:
        stats = dict(await codes.SQL.code_stats.one(db, pool) or {})
        told = await show_pool(db, pool)
    assert {n: told[n] for n in ("free", "leased")} == {n: stats[n] for n in ("free", "leased")}
    assert told["for_sale"] == stats["free"] + stats["leased"]
    assert sum(stats.values()) == 2 * stats["imported"], stats
    return {name: n for name, n in stats.items() if n}
