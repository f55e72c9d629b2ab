"""A top-up's records of PostgreSQL's log, one line for each relation and kind of record.

`python -m bench.topup_records [PER_S]`: a gateway, a platform that tells the end 50 ms later and a
partner of their own, nothing else at the database; orders come one after the other at that pace
(none: with `WINDOW` under way), and records are told for each. Needs no wrk.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.plan import Plan, Teller
from bench.servers import ServerError
from bench.shape import SHAPES
from bench.topup_house import WINDOW, TopUpHouse, open_topup_house
from bench.writes import Writes, log_position, written_since

COUNTED: Final = 600
LONGEST_S: Final = 120.0


async def counted(house: TopUpHouse, per_s: float | None) -> Writes:
    """What so many top-ups write, after as many that nobody counts."""
    connection = house.shop.ledger.connection
    position = ""
    for _ in range(2):
        position = await log_position(connection)
        pace = {"window": WINDOW} if per_s is None else {"per_s": per_s}
        report = await house.send(requests=house.write_orders(COUNTED), seconds=LONGEST_S, **pace)
        if (await house.drain())["left"] or report["answers"] != {"201": COUNTED}:
            raise ServerError(f"top-ups were not simply accepted and told: {report}")
    return await written_since(connection, position)


def told(writes: Writes) -> str:
    """Tables, their relations and kinds: records and bytes for each top-up."""
    rows = sorted(writes.rows, key=lambda row: (row.name, row.relation, -row.records))
    lines = [
        f"{row.relation or row.name:36} {row.manager:12} {row.kind:16}"
        f" {row.records / COUNTED:6.2f} {row.bytes / COUNTED:8.1f}"
        for row in rows
        if row.records >= COUNTED / 100
    ]
    all_of_it = (sum(writes.records.values()), sum(writes.bytes.values()))
    lines.append(
        f"{'all':36} {'':12} {'':16} {all_of_it[0] / COUNTED:6.2f} {all_of_it[1] / COUNTED:8.1f}"
    )
    return "\n".join(lines)


async def main(per_s: float | None) -> str:
    """Start what is needed, count, and tell."""
    with tempfile.TemporaryDirectory(prefix="quangate-bench-", dir="/var/tmp") as work:
        plan = Plan(
            rounds=1, seconds=1.0, connections=1, threads=1, import_codes=1, history_orders=1,
            history_codes=1, burst_callbacks=1, recovery_attempts=1, shapes=tuple(SHAPES),
            shape_s=1.0, work=Path(work), requests=Path(work),
        )  # fmt: skip
        async with open_topup_house(plan, Teller(Console(stderr=True))) as house:
            return told(await counted(house, per_s))


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else None)) + "\n")
