"""Behind the scenes: who bought is learnt before a campaign for newcomers asks.

The commit learns what is missing, but only so much at a time: a history of millions would keep its
first orders busy.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

LOOK_S: Final = 2.0


async def keep_learning(learn: Callable[[], Awaitable[None]]) -> None:
    """Learn what is new, until cancelled; what fails is tried again."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await learn()
        except StoreUnavailableError as error:
            log.warning("orders.buyers_not_learnt", error=str(error))
        except Exception:
            log.exception("orders.buyers_not_learnt")
