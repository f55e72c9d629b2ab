"""The tail of a pool on three shelves: many workers, ten times more buyers than codes, and kills.

Two shelves borrow from each other, the third does neither. Every buyer wants one code of one of
three SKUs and asks until it has one or is told "sold out". What must be: exactly all codes sold,
as many from the third shelf as lie there, nothing leased or borrowed that does not add up.
`python -m tests.chaos.shelf_tails --workers 8 --buyers 1000 --kills 5` prints one JSON object.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.codes import shelve
from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.books import differences
from tests.chaos.buyers import TRY_AGAIN, Buyers, Ledger, buyers_of
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.world import PRICE_MINOR, SKU, World, build_world, opened

SHELVES: Final[Mapping[str, tuple[int, bool]]] = {
    "A": (40, True),
    "B": (30, True),
    "C": (30, False),
}
CODES: Final = sum(codes for codes, _ in SHELVES.values())
FEW: Final = 10
TTL_S: Final = 15  # half of the default
KILL_EVERY_S: Final = 0.4
WAIT_S: Final = 0.02


async def run(
    config: Config, log: Path, *, workers: int, buyers: int, kills: int, seed: int = 1
) -> dict[str, Any]:
    """One tail, and what was wrong with it."""
    world = await build_world(config, codes=CODES)
    await _divide(world)
    ledger = Ledger()
    rng = random.Random(seed)
    settings = {"QUANGATE_LEASE_TTL_S": str(TTL_S)}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            GatewayProcess(config, log, workers=workers, settings=settings)
        )
        of_sku = {
            sku: await stack.enter_async_context(
                buyers_of(replace(world, sku=sku), gateway.url, ledger)
            )
            for sku in SHELVES
        }
        began = time.monotonic()
        killing = asyncio.create_task(_kill(gateway, rng, kills))
        await asyncio.gather(
            *(_buy(of_sku[sku], f"{sku}-{n}") for n in range(buyers) for sku in [_nth(n)])
        )
        killing.cancel()
        seconds = time.monotonic() - began
        listed = await _listed(world)
        ended = await gateway.terminate()
    wrong = [] if ended == 0 else ["the gateway did not end with 0"]
    sold = {name: shelf["delivered"] for name, shelf in listed.items()}
    if ledger.codes_accepted != CODES or sum(sold.values()) != CODES:
        wrong.append(f"{ledger.codes_accepted} codes were handed out, {sold} were sold")
    if sold["C"] != SHELVES["C"][0]:
        wrong.append(f"C sold {sold['C']}, and neither borrows nor lends")
    if sum(shelf["borrowed"] for shelf in listed.values()) == 0:
        wrong.append("nobody borrowed, so nothing was shown")
    wrong += await differences(world, ledger)
    return {
        "workers": workers,
        "buyers": buyers,
        "kills": kills,
        "sold": sold,
        "borrowed": {name: shelf["borrowed"] for name, shelf in listed.items()},
        "internal": ledger.answers["internal"],
        "answers": dict(ledger.answers),
        "seconds": round(seconds, 2),
        "within_a_lease": seconds <= TTL_S,
        "wrong": wrong,
    }


def _nth(n: int) -> str:
    """Few want B: what it does not need, A borrows."""
    return "B" if n < FEW else "AC"[n % 2]


async def _divide(world: World) -> None:
    """Three SKUs of the one pool, each with a shelf."""
    async with opened(world.config) as database:
        for sku, (codes, borrow) in SHELVES.items():
            async with administration(database) as db:
                new = catalog.NewSku(
                    sku=sku, name=sku, kind=SkuKind.CODE, price_minor=PRICE_MINOR, pool=SKU
                )
                await catalog.create_sku(db, new)
                await shelve.put_up(
                    db,
                    shelve.NewShelf(pool=SKU, shelf=sku, codes=codes, sku=sku, borrow=borrow),
                )


async def _listed(world: World) -> dict[str, Any]:
    async with opened(world.config) as database, administration(database) as db:
        return {row["shelf"]: row for row in await shelve.list_shelves(db, SKU)}


async def _buy(buyers: Buyers, number: str) -> None:
    """One buyer: the same order until it is answered for good."""
    while await buyers.single(number) in TRY_AGAIN:  # noqa: ASYNC110
        await asyncio.sleep(WAIT_S)


async def _kill(gateway: GatewayProcess, rng: random.Random, kills: int) -> None:
    """SIGKILL one worker after the other; the supervisor starts others."""
    for _ in range(kills):
        await asyncio.sleep(KILL_EVERY_S)
        if pids := gateway.worker_pids():
            kill_quietly(rng.choice(pids))


async def _main(**options: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="quangate-shelves-") as directory:
        server = EmbeddedServer(Path(directory) / "data")
        server.start()
        try:
            config = Config(data=Path(directory) / "data", database_url=server.dsn)
            return await run(config, Path(directory) / "gateway.log", **options)
        finally:
            server.release()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for option, default in (("workers", 8), ("buyers", 1000), ("kills", 5), ("seed", 1)):
        parser.add_argument(f"--{option}", type=int, default=default)
    print(json.dumps(asyncio.run(_main(**vars(parser.parse_args())))))  # noqa: T201
