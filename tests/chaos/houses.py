"""Other houses' orders while the gateway is killed between: no code, cent or state may differ.

Each house speaks its own protocol by a client written from the vendor's document (tests/world), and
keeps its own books; at the end they are held against the shop's.
`python -m tests.chaos.houses dujiao kakayun --orders 10000 --kills 20` plays one house after
another (none named: all), prints a JSON object for each, and ends with 0 if nothing differs.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import aiohttp

from gateway.ground.config import Config
from tests.chaos import houses_asking, houses_followed
from tests.chaos.houses_play import Plan, Progress, Stage
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import opened
from tests.clock import PATIENCE_S
from tests.world.shop import Shop

ORDERS: Final = "SELECT count(*), coalesce(sum(delivered_quantity), 0) FROM orders"
TWICE: Final = "SELECT count(*) - count(DISTINCT (pool_id, seq)) FROM allocation"


class Play(Protocol):
    """A house at play."""

    async def carry_out(self, progress: Progress) -> None:
        """All orders, until each is certain; `progress` is told of them."""

    async def differences(self) -> list[str]:
        """What its books say, and ours do not."""


Faces: TypeAlias = Mapping[str, Callable[[Stage], AbstractAsyncContextManager[Play]]]
FACES: Final[Faces] = {**houses_asking.FACES, **houses_followed.FACES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to."""

    face: str
    orders: int
    kills: int
    seconds: float
    differences: list[str]

    def said(self) -> dict[str, Any]:
        """As JSON; of many differences the first."""
        count = len(self.differences)
        return {
            "face": self.face, "orders": self.orders, "kills": self.kills,
            "seconds": round(self.seconds, 1), "differences": count, "first": self.differences[:5],
            "ok": not count,
        }  # fmt: skip


async def run(face: str, plan: Plan, directory: Path, config: Config | None = None) -> Result:
    """One house against a gateway of its own."""
    config = config or Config(data=directory / "data")
    began = time.monotonic()
    async with (
        opened(config) as database,
        GatewayProcess(
            config, directory / "gateway.log", workers=2,
            settings={"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"},
        ) as gateway,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
    ):  # fmt: skip
        shop = Shop(config=config, url=gateway.url, session=session)
        async with FACES[face](Stage(shop=shop, plan=plan)) as play:
            progress = Progress()
            killing = asyncio.create_task(kill(gateway, plan, progress))
            try:
                await play.carry_out(progress)
                kills = await killing
            finally:
                killing.cancel()
            wrong = await play.differences()
        wrong += await _books(database.pool, plan)
    return Result(
        face=face, orders=plan.orders, kills=kills, seconds=time.monotonic() - began,
        differences=wrong,
    )  # fmt: skip


async def kill(gateway: GatewayProcess, plan: Plan, progress: Progress) -> int:
    """SIGKILL and start again, spread over the orders; how often."""
    for n in range(plan.kills):
        await progress.at((n + 1) * plan.orders // (plan.kills + 1))
        gateway.kill()
        await asyncio.to_thread(gateway.start)
    return plan.kills


async def _books(pool: Any, plan: Plan) -> list[str]:
    """One order for each number, one piece for each order, no code in two deliveries."""
    wrong = []
    orders, pieces = await pool.fetchrow(ORDERS)
    if (orders, pieces) != (plan.orders, plan.orders):
        wrong.append(f"{orders} orders of {pieces} pieces, not {plan.orders}")
    if twice := await pool.fetchval(TWICE):
        wrong.append(f"{twice} codes in two deliveries")
    return wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.houses", description=__doc__)
    parser.add_argument("faces", nargs="*", metavar="HOUSE", help=f"of {', '.join(FACES)}")
    parser.add_argument("--orders", type=int, default=10_000, help="of each house")
    parser.add_argument("--kills", type=int, default=20, help="of the gateway, in each run")
    given = parser.parse_args()
    if unknown := set(given.faces) - FACES.keys():
        parser.error(f"there is no house {', '.join(sorted(unknown))}")
    all_ok = True
    for face in given.faces or FACES:
        with tempfile.TemporaryDirectory(prefix="quangate-houses-") as directory:
            plan = Plan(orders=given.orders, kills=given.kills)
            result = asyncio.run(run(face, plan, Path(directory))).said()
        print(json.dumps(result), flush=True)  # noqa: T201 - the result
        all_ok = all_ok and result["ok"]
    return 0 if all_ok else 1


if __name__ == "__main__":
    sys.exit(main())
