"""What we have left at each upstream, asked now and then, so that routing need not find out by a
refused order. A balance that cannot be had, or is in another currency, counts as enough.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

log = structlog.get_logger()

ASK_EVERY_S = 120.0  # some platforms count every request


class HasBalance(Protocol):
    """One upstream; connectors.upstream.Upstream."""

    async def balance(self) -> Any: ...


class Balances:
    """`left_minor` by upstream, in `currency`; upstreams nobody could ask are not in it."""

    def __init__(self, *, currency: str, ask_every_s: float = ASK_EVERY_S) -> None:
        self._currency = currency
        self._ask_every_s = ask_every_s
        self._asking: dict[int, tuple[HasBalance, asyncio.Task[None]]] = {}
        self.left_minor: dict[int, int] = {}

    def set_platforms(self, platforms: Mapping[int, HasBalance]) -> None:
        """The upstreams as they are now; a new or changed one is asked at once."""
        for upstream_id, (platform, task) in list(self._asking.items()):
            if platforms.get(upstream_id) is not platform:
                task.cancel()
                del self._asking[upstream_id]
                self.left_minor.pop(upstream_id, None)
        for upstream_id, platform in platforms.items():
            if upstream_id not in self._asking:
                task = asyncio.create_task(self._ask_for_ever(upstream_id, platform))
                self._asking[upstream_id] = platform, task

    def cover(self, upstream_id: int, cost_minor: int) -> bool:
        """Whether an order of this cost would be paid, as far as we know."""
        left_minor = self.left_minor.get(upstream_id)
        return left_minor is None or left_minor >= max(cost_minor, 1)

    def stop(self) -> None:
        """Ask no more."""
        for _, task in self._asking.values():
            task.cancel()

    async def _ask_for_ever(self, upstream_id: int, platform: HasBalance) -> None:
        while True:
            try:
                balance = await platform.balance()
            except Exception as error:  # noqa: BLE001  whatever it is, it says nothing of the money
                self.left_minor.pop(upstream_id, None)
                log.info("balances.not_known", upstream_id=upstream_id, error=type(error).__name__)
            else:
                if balance.currency == self._currency:
                    self.left_minor[upstream_id] = balance.amount_minor
            await asyncio.sleep(self._ask_every_s * random.uniform(0.8, 1.2))  # noqa: S311
