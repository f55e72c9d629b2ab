"""Many who do something at the same time."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator


async def in_parallel(width: int, work: Iterable[Awaitable[None]]) -> None:
    """Await the work, at most `width` at a time."""
    queue: Iterator[Awaitable[None]] = iter(work)

    async def worker() -> None:
        for item in queue:
            await item

    await asyncio.gather(*(worker() for _ in range(width)))
