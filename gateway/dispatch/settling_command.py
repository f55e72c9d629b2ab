"""Settling without a worker, for commands: nobody in memory waits for what becomes of it."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.store import AttemptStore


def settle_over(pool: Any) -> Callable[[Sequence[AttemptNews]], Awaitable[list[str]]]:
    """What applies news over these connections; its verdicts. Raises StoreUnavailableError."""
    return AttemptStore(pool, uuid.uuid4()).settle
