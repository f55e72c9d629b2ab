"""What a backup costs the order path while it is taken."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.comparisons import SINGLE_CODES_PER_S_MAX, House, ratio_figure
from bench.figures import Figure
from bench.presign import single_orders
from bench.servers import ROOT, ServerError
from bench.shop import PARTNER, RATE_PER_S, make_key
from bench.turns import run_turns

SKU: Final = "BACKED-UP"
# So fast that it is felt, so slowly that it lasts longer than a round.
MAX_RATE: Final = "40M"
BEGINS_S_MAX: Final = 60.0
LOOK_S: Final = 0.02


async def while_backed_up(house: House) -> list[Figure]:
    """Single orders while files are copied, in turns with single orders of the same gateway."""
    shop = house.shop
    await shop.stock(SKU, 2 * house.plan.codes_needed(SINGLE_CODES_PER_S_MAX))
    plain = replace(house.gateway(single_orders(SKU), "201"), name="without")
    key = await make_key(shop.data, PARTNER, RATE_PER_S)  # no number is sent in two turns
    backups = Backups(shop.data, house.plan.work / "backups")
    meanwhile = replace(plain, name="meanwhile", credentials=key, during=backups.one)
    sides = (meanwhile, plain)
    rounds = await run_turns("a backup meanwhile / without", sides, house.plan, house.teller)
    return [
        ratio_figure(
            "backup_ratio", rounds, "meanwhile", "without",
            max_rate=MAX_RATE, lasted_all_rounds=backups.lasted,
        )
    ]  # fmt: skip


@dataclass(slots=True)
class Backups:
    """`quangate backup`, begun before a round and cut off after it. `lasted`: none had ended."""

    data: Path
    place: Path
    lasted: bool = True

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """From the first file that is copied to the end of the block. Raises ServerError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "backup", str(self.place), "--data", str(self.data),
            "--max-rate", MAX_RATE,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, cwd=ROOT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(BEGINS_S_MAX):
                while not any(self.place.glob(".unfinished-*/base/*")):
                    if process.returncode is not None:
                        raise ServerError(f"the backup ended at once: {process.returncode}")
                    await asyncio.sleep(LOOK_S)
            yield
            self.lasted = self.lasted and process.returncode is None
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
