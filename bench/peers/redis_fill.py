"""What the Redis peer sells from, put into an empty server. Needs no package of the peers."""

import asyncio
from typing import Any, Final

from redis.exceptions import ConnectionError as NotThere

ACCOUNTS: Final = 256
BALANCE_MINOR: Final = 10**12
AT_ONCE: Final = 10_000
START_S_MAX: Final = 60.0
POLL_S: Final = 0.01


async def started(redis: Any) -> None:
    """Wait until a server that was just started answers."""
    async with asyncio.timeout(START_S_MAX):
        while True:
            try:
                await redis.ping()
            except NotThere:
                await asyncio.sleep(POLL_S)
            else:
                return


async def fill(redis: Any, *, codes: int) -> None:
    """Accounts and `codes` free codes."""
    await redis.mset({f"account:{n}": BALANCE_MINOR for n in range(ACCOUNTS)})
    for start in range(0, codes, AT_ONCE):
        some = range(start, min(codes, start + AT_ONCE))
        await redis.rpush("codes", *(f"AAAA-{n:012d}" for n in some))
