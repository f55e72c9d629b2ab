"""Holds, quotas, shelves together, while workers are killed: nothing too much, nothing too little.

Buyers of two partners order, hold and confirm, release, forget, confirm late; a SKU each from three
shelves that tail out, one of them in a campaign; quotas per buyer, of the campaign, of a SKU. Then
all that was refused is asked for again, and strangers take what is left. Judged is what was told
(tests/chaos/scarce_books.py), then the books of the shop.
`python -m tests.chaos.scarce --numbers 20000 --codes 9000 --workers 4` prints one JSON object last.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

from gateway.campaigns.administer import NewCampaign, create_campaign
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.codes import shelve
from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Client
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per
from gateway.settings import administer as settings
from tests.chaos.books import differences
from tests.chaos.buyers import in_parallel
from tests.chaos.orders import OURS
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.scarce_books import ScarceBooks
from tests.chaos.scarce_buyers import HOLD_S, Crowd, Wish
from tests.chaos.world import PRICE_MINOR, SKU, World, build_world, opened

SHELVES: Final = {"A": (4, True), "B": (3, True), "C": (3, False)}  # tenths of the codes; borrows
RUSH: Final = "rush"  # the campaign, of A
EACH, RUSH_EACH = 6, 2
DEADLOCKS: Final = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ANSWERS_BETWEEN: Final = 25  # that stay, from one harm to the next
BUDGETS: Final = {
    "holds.min_ttl_s": 1, "holds.max_ttl_s": 10, "holds.per_buyer": 100, "holds.pool_percent": 60,
}  # fmt: skip
TIMEOUT_S: Final = 60.0
KINDS: Final = {"order": 50, "confirm": 20, "release": 8, "forget": 10, "late": 12, "race": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a run is: more is asked for than there is."""

    numbers: int
    codes: int
    workers: int
    loops: int = 12
    kill_every_s: float = 1.0
    seed: int = 1

    def most(self) -> dict[str, int]:
        """What quotas allow."""
        return {
            "each": EACH, "rush-each": RUSH_EACH,
            "rush-total": self.codes // 5, "b-total": self.codes // 4,
        }  # fmt: skip


def wishes(size: Size) -> list[Wish]:
    """More than there is, by buyers who want more than they may have."""
    rng = random.Random(size.seed)
    kinds, weights = list(KINDS), list(KINDS.values())
    made = []
    for n in range(size.numbers):
        sku = rng.choice("AABCC")
        made.append(Wish(
            number=f"N{n}", kind=rng.choices(kinds, weights)[0], sku=sku,
            units=rng.choice((1, 1, 1, 2)), buyer=f"b{rng.randrange(max(4, size.numbers // 8))}",
            campaign=RUSH if sku == "A" and rng.random() < 0.6 else None,
        ))  # fmt: skip
    return made


async def run(size: Size, directory: Path, config: Config | None = None) -> dict[str, Any]:
    """One run; `ok` says whether everything adds up."""
    config = config or Config(data=directory / "data")
    worlds = [await build_world(config, codes=size.codes, funds_minor=10**9),
              await build_world(config, codes=0, partner="other")]  # fmt: skip
    await _set_up(worlds[0], size)
    books = ScarceBooks(most=size.most(), stock={"C": _share(size, "C")})
    began, harm, wrong = time.monotonic(), Counter[str](), list[str]()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(config))
        gateway = await stack.enter_async_context(GatewayProcess(
            config, directory / "gateway.log", workers=size.workers,
            settings={"QUANGATE_LEASE_TTL_S": "3"},
        ))  # fmt: skip
        session = await stack.enter_async_context(aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        ))  # fmt: skip
        crowds = [
            Crowd(client=Client(session, gateway.url, world.credentials), partner=world.partner,
                  books=books)
            for world in worlds
        ]  # fmt: skip
        killing = asyncio.create_task(_harm(gateway, database, size, crowds, harm))
        try:
            await _all_at_once(size, crowds)
        finally:
            killing.cancel()
            await asyncio.wait([killing])
        sold = await _until_nothing_is_left(crowds)
        shelves = await _shelves(worlds[0])
        deadlocks = await database.pool.fetchval(DEADLOCKS)
        if (ended := await gateway.terminate()) != 0:
            wrong.append(f"the gateway ended with {ended}")
    wrong += books.wrong()
    if deadlocks:
        wrong.append(f"PostgreSQL found {deadlocks} deadlocks")
    for world, crowd in zip(worlds, crowds, strict=True):
        wrong += crowd.wrong + await differences(
            replace(world, price_minor=PRICE_MINOR), crowd.ledger
        )
    twice = set(crowds[0].ledger.owner) & set(crowds[1].ledger.owner)
    wrong += [f"two partners have one code, {len(twice)} times"] if twice else []
    if sold != size.codes or sum(row["delivered"] for row in shelves.values()) != size.codes:
        wrong.append(f"of {size.codes} codes {sold} were sold, though all was asked for: {shelves}")
    slowest = max(crowd.slowest_s for crowd in crowds)
    return {
        "ok": not wrong, "seed": size.seed, "seconds": round(time.monotonic() - began, 1),
        "harm": dict(harm), "deadlocks": deadlocks,
        "answers": dict(sum((c.answers for c in crowds), Counter())),
        "claims": len(books.claims), "refusals": len(books.refusals),
        "borrowed": sum(row["borrowed"] for row in shelves.values()),
        "slowest_s": round(slowest, 1), "wrong": wrong[:20],
    }  # fmt: skip


async def _all_at_once(size: Size, crowds: Sequence[Crowd]) -> None:
    left = iter(wishes(size))

    async def loop(n: int) -> None:
        rng = random.Random(size.seed * 1000 + n)
        for wish in left:
            await crowds[n % len(crowds)].wish(wish, rng)

    await asyncio.gather(*(loop(n) for n in range(size.loops)))


async def _until_nothing_is_left(crowds: Sequence[Crowd]) -> int:
    """Everybody who was refused asks again, then strangers take what is left; how many codes."""
    await asyncio.sleep(HOLD_S[1] + 2)
    for crowd in crowds:
        crowd.at_the_end = True
        again, crowd.refused = crowd.refused, []
        await in_parallel(8, [partial(_once_more, crowd, wish) for wish in again])
    strangers = 0
    for sku, campaign in (("A", RUSH), ("B", None), ("C", None), ("A", None)):
        had = True
        while had:
            strangers += 1
            who = Wish(number=f"S{strangers}", kind="order", sku=sku, units=1,
                       buyer=f"s{strangers}", campaign=campaign)  # fmt: skip
            had = await crowds[0].wish(who, random.Random())
    return sum(crowd.ledger.codes_accepted for crowd in crowds)


async def _once_more(crowd: Crowd, wish: Wish) -> None:
    await crowd.wish(replace(wish, kind="order"), random.Random())


async def _harm(
    gateway: GatewayProcess, database: Any, size: Size, crowds: Sequence[Crowd], harm: Counter[str]
) -> None:
    """A worker killed, now and then all connections cut; again once some more were answered: on a
    busy machine a worker may need longer to start than it is given to live."""
    rng, heard = random.Random(size.seed), 0
    while True:
        await asyncio.sleep(size.kill_every_s)
        told = sum(crowd.heard for crowd in crowds)
        if told < heard + ANSWERS_BETWEEN:
            continue
        heard = told
        if rng.random() < 0.85:
            if pids := gateway.worker_pids():
                kill_quietly(rng.choice(pids))
                harm["killed"] += 1
        else:
            await database.pool.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}"
            )
            harm["cut"] += 1


def _share(size: Size, shelf: str) -> int:
    return size.codes * SHELVES[shelf][0] // 10


async def _set_up(world: World, size: Size) -> None:
    """Shelves, the campaign, quotas, budgets."""
    now = datetime.now(UTC)
    async with opened(world.config) as database, administration(database) as db:
        for sku, (_, borrow) in SHELVES.items():
            new = catalog.NewSku(
                sku=sku, name=sku, kind=SkuKind.CODE, price_minor=PRICE_MINOR, pool=SKU
            )
            await catalog.create_sku(db, new)
            await shelve.put_up(db, shelve.NewShelf(
                pool=SKU, shelf=sku, codes=_share(size, sku), sku=sku, borrow=borrow
            ))  # fmt: skip
        await create_campaign(db, NewCampaign(
            name=RUSH, sku="A", starts_at=now - timedelta(minutes=1),
            ends_at=now + timedelta(hours=12), per_buyer=None,
        ))  # fmt: skip
        most = size.most()
        for name, on, per in (
            ("each", "all", Per.BUYER), ("rush-each", f"campaign:{RUSH}", Per.BUYER),
            ("rush-total", f"campaign:{RUSH}", Per.TOTAL), ("b-total", "sku:B", Per.TOTAL),
        ):  # fmt: skip
            await quotas.create_quota(db, name, on=on, per=per, most=most[name])
        for name, value in BUDGETS.items():
            await settings.set_setting(db, name, str(value))


async def _shelves(world: World) -> dict[str, Any]:
    async with opened(world.config) as database, administration(database) as db:
        return {row["shelf"]: row for row in await shelve.list_shelves(db, SKU)}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.scarce", description=__doc__)
    for option, default in (
        ("numbers", 20_000), ("codes", 9_000), ("workers", 4), ("loops", 48), ("seed", 1)
    ):  # fmt: skip
        parser.add_argument(f"--{option}", type=int, default=default)
    with tempfile.TemporaryDirectory(prefix="quangate-scarce-") as directory:
        result = asyncio.run(run(Size(**vars(parser.parse_args())), Path(directory)))
    print(json.dumps(result))  # noqa: T201 - the result
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
