"""The drill: a shop sells, everything of it is killed and destroyed, and it is restored.

`python -m tests.chaos.restore_drill --rounds 20` prints a line of JSON a round, and exits 1 when an
acknowledged order was lost.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiohttp

from tests.world.backups import (
    PARTNER,
    POOL,
    SKU,
    Follower,
    ShopDirectory,
    directory,
    open_shop,
    restored,
)
from tests.world.partner import IssuedKey, Partner, eventually


@dataclass(kw_only=True)
class Round:
    """What one round came to."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    ok: bool = False  # the restored shop's books add up
    restored_s: float = 0.0


async def drill(here: Path, *, orders: int, buyers: int) -> Round:
    """One round in a directory of its own; at least `orders` are acknowledged before the end."""
    shop = await asyncio.to_thread(_open, here, orders * 40)
    follower = Follower(shop, here / "place", here / "follow.log", "--synchronous")
    await asyncio.to_thread(follower.follows)
    told: set[str] = set()
    async with shop.gateway(here / "gateway.log") as gateway, aiohttp.ClientSession() as session:
        issued = await asyncio.to_thread(shop.asked, "key", "create", PARTNER)
        key = IssuedKey(**{name: issued[name] for name in ("key_id", "secret", "delivery_key")})
        partner = Partner(gateway.url, session, key)
        buying = [asyncio.create_task(_buy(partner, f"D{buyer}", told)) for buyer in range(buyers)]

        async def enough() -> bool:
            return len(told) >= orders

        await eventually(enough)
        destroy(shop, gateway.pid, follower)
        for task in buying:
            task.cancel()
        await asyncio.gather(*buying, return_exceptions=True)
    began = time.monotonic()
    new = await asyncio.to_thread(restored, shop, here / "place", here / "restored")
    took = time.monotonic() - began
    return await asyncio.to_thread(_judge, new, told, took)


def _open(here: Path, codes: int) -> ShopDirectory:
    here.mkdir()
    shop = open_shop(here / "data")
    pattern = "AAAAAAAA-99999999"
    shop.asked("codes", "generate", str(codes), "--pool", POOL, "--pattern", pattern)
    return shop


async def _buy(partner: Partner, name: str, told: set[str]) -> None:
    number = 0
    while True:
        try:
            reply = await partner.order(out_order_no=f"{name}-{number}", sku=SKU)
        except (aiohttp.ClientError, OSError):
            return
        if reply.status == 201:
            told.add(f"{name}-{number}")
        number += 1


def destroy(shop: ShopDirectory, gateway: int, follower: Follower) -> None:
    """All at once, as when the machine goes: no process ends in order, nothing is left on disk."""
    cluster = shop.data / "postgres"
    postmaster = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    for pid in (gateway, postmaster):
        os.kill(pid, signal.SIGKILL)
    follower.kill()
    shutil.rmtree(cluster, ignore_errors=True)
    shutil.rmtree(cluster, ignore_errors=True)  # what its dying processes still wrote


def _judge(new: ShopDirectory, told: set[str], took: float) -> Round:
    checked = new("restore-check", "--json").json
    have: set[str] = set()
    cursor: tuple[str, ...] = ()
    while True:
        page = new.asked("order", "list", "--partner", PARTNER, "--limit", "1000", *cursor)
        have |= {row["out_order_no"] for row in page["orders"] if row["state"] == "delivered"}
        if page.get("next_cursor") is None:
            break
        cursor = ("--cursor", page["next_cursor"])
    lost = sorted(told - have)
    return Round(acknowledged=len(told), lost=lost, ok=checked["ok"], restored_s=round(took, 2))


def main() -> int:
    """The rounds; 1 when anything was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--buyers", type=int, default=16)
    said = parser.parse_args()
    fine = True
    for _ in range(said.rounds):
        with directory() as here:
            found = asyncio.run(drill(here / "drill", orders=said.orders, buyers=said.buyers))
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()
        fine = fine and found.ok and not found.lost
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
