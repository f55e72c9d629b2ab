"""What a top-up writes to PostgreSQL's log, counted over some hundreds of them."""

import statistics
from collections.abc import Mapping
from typing import Any, Final

from bench.figures import Figure
from bench.servers import ServerError
from bench.spread import spread
from bench.topup_house import WINDOW, TopUpHouse
from bench.writes import Writes, log_position, written_since

COUNTED: Final = 500  # top-ups in a count
COUNTS: Final = 3
SECONDS_MAX: Final = 60.0


async def topup_writes(house: TopUpHouse) -> list[Figure]:
    """Records of PostgreSQL's log for each top-up, from its order to its told partner."""
    connection = house.shop.ledger.connection
    await _count_writes(house, connection)  # fills pages, connections and leases
    counts = [await _count_writes(house, connection) for _ in range(COUNTS)]
    detail = {
        "topups": COUNTED,
        "wal_bytes": round(statistics.median(_sum(one.bytes) for one in counts)),
        "index_insertions": round(
            statistics.median(_sum(one.index_insertions) for one in counts), 1
        ),
        "by_table": counts[-1].each(COUNTED),
    }
    records = [_sum(one.records) for one in counts]
    return [Figure(key="topup_wal_records", spread=spread(records), detail=detail)]


async def _count_writes(house: TopUpHouse, connection: Any) -> Writes:
    """What so many top-ups write, each told before the count ends."""
    position = await log_position(connection)
    report = await house.send(
        requests=house.write_orders(COUNTED), seconds=SECONDS_MAX, window=WINDOW
    )
    drained = await house.drain()
    if report["answers"] != {"201": COUNTED} or drained["left"]:
        raise ServerError(f"top-ups were not simply accepted and told: {report}")
    return await written_since(connection, position)


def _sum(counted: Mapping[str, int]) -> float:
    return sum(counted.values()) / COUNTED
