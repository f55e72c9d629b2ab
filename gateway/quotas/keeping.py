"""Behind the scenes: a young quota is settled once every worker asks it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

LOOK_S: Final = 2.0


async def keep_settling(settle: Callable[[], Awaitable[None]]) -> None:
    """Settle what is due, until cancelled; what fails is tried again."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await settle()
        except StoreUnavailableError as error:
            log.warning("quotas.unsettled", error=str(error))
        except Exception:
            log.exception("quotas.unsettled")
