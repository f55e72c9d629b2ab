"""Watches breakers: says when one changes, and asks platforms to which no order comes.

A breaker that is open learns from the next call; where nobody orders there is none, and it would
be open for ever. Then the balance is asked for: never by an order, which would buy something.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from connectors.contract import Reason
from gateway.dispatch.balances import HasBalance
from gateway.dispatch.lane import Lane
from gateway.ground.traffic.breaker import BreakerState

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
ANSWER_S = 30.0  # a platform that takes longer does not answer


class Probes:
    """For all lanes of a worker; `name_of` gives an upstream's name by its id."""

    def __init__(
        self,
        *,
        lanes: Callable[[], Sequence[Lane]],
        platforms: Mapping[int, HasBalance],
        name_of: Callable[[int], str],
        opened: Callable[[Lane], None],
    ) -> None:
        """`opened` is called when one begins to hold calls back, by what it saw itself."""
        self._lanes = lanes
        self._platforms = platforms
        self._name_of = name_of
        self._opened = opened
        self._open_since: dict[tuple[int, str], float] = {}  # lanes whose breakers were told of
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look at the breakers from now on."""
        self._watching = asyncio.create_task(self._watch())

    def stop(self) -> None:
        """Ask no more."""
        if self._watching is not None:
            self._watching.cancel()
        for task in self._asking.values():
            task.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                self.look()
            except Exception:
                log.exception("probes.failed")
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Tell what changed; ask the platforms of idle lanes whose pause is over."""
        for lane in self._lanes():
            self._tell(lane)
            upstream_id = lane.upstream_id
            idle = not (lane.waiting or lane.under_way or lane.paused)
            if idle and upstream_id not in self._asking and lane.breaker.overdue(lane.clock()):
                self._asking[upstream_id] = asyncio.create_task(self._ask(upstream_id))

    async def _ask(self, upstream_id: int) -> None:
        """One question for all lanes of an upstream that wait for its answer."""
        answers = True
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._platforms[upstream_id].balance()
        except Exception:  # noqa: BLE001  whatever it is, it is no answer
            answers = False
        finally:
            del self._asking[upstream_id]
        for lane in self._lanes():
            if lane.upstream_id == upstream_id and not lane.waiting:
                lane.breaker.asked(lane.clock(), answers=answers)

    def _tell(self, lane: Lane) -> None:
        """One line when calls begin to be held back, one when all pass again; none between: while
        probes fail it swings. A platform that only wants us slower is no news."""
        now, breaker, key = lane.clock(), lane.breaker, (lane.upstream_id, lane.product_id)
        names = {"upstream": self._name_of(lane.upstream_id), "product": lane.product_id}
        if breaker.state is BreakerState.CLOSED:
            if key in self._open_since:
                after_s = round(now - self._open_since.pop(key), 1)
                log.info("breaker.closed", **names, after_s=after_s)
        elif key not in self._open_since and breaker.reason != Reason.RATE_LIMITED:
            self._open_since[key] = now
            log.warning("breaker.opened", **names, reason=str(breaker.reason))
            if breaker.state is BreakerState.OPEN:  # and not what somebody told us
                self._opened(lane)
