"""Sends a simulated platform's callbacks, and repeats them on the platform's own schedule."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from yarl import URL

from connectors.exchange import HttpRequest, TransportFailure
from connectors.http1 import ClientLimits, Dialer, HttpClient
from connectors.simulation.behaviour import Callbacks
from connectors.simulation.ledger import Order, OrderState

if TYPE_CHECKING:
    from connectors.simulation.market import Market

WORKERS: Final = 128
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 4096  # acknowledgements are a word or two
# Enough for a minute of the fastest load; beyond it callbacks are lost, as they are in life.
QUEUE_MAX: Final = 200_000
# Between the callbacks of one plan: long enough to be told apart, short enough for a test.
STEP_S: Final = 0.03
STORM: Final = 30  # equal callbacks at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One callback to come, `delay_s` from now."""

    state: OrderState
    delay_s: float = 0.0
    forged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    order: Order
    state: OrderState
    forged: bool
    sends: int


def plan_end(callbacks: Callbacks, end: OrderState, late_s: float) -> tuple[Planned, ...]:
    """The callbacks that tell an order's end, as its behaviour wants them."""
    true = Planned(state=end)
    lie = _opposite(end)
    match callbacks:
        case Callbacks.NEVER:
            return ()
        case Callbacks.DOUBLED:
            return (
                true,
                Planned(state=OrderState.PROCESSING, delay_s=STEP_S),
                Planned(state=end, delay_s=2 * STEP_S),
            )
        case Callbacks.FORGED_FIRST:
            return (Planned(state=lie, forged=True), Planned(state=end, delay_s=10 * STEP_S))
        case Callbacks.LATE:
            return (Planned(state=end, delay_s=late_s),)
        case Callbacks.STORMED:
            return (true,) * STORM
        case _:
            return (true,)


def _opposite(end: OrderState) -> OrderState:
    return OrderState.SUCCESS if end is OrderState.FAILED else OrderState.FAILED


class CallbackSender:
    """A bounded queue, a few workers, and the platform's retry schedule."""

    def __init__(self, market: "Market") -> None:
        self._market = market
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(QUEUE_MAX)
        self._workers: list[asyncio.Task[None]] = []
        self._client = HttpClient(Dialer(), ClientLimits(whole_bodies=False))
        self.dropped = 0

    def tell_end(self, order: Order) -> None:
        """Tell an order's end in the way its behaviour wants."""
        options = self._market.options
        late_s = options.late_callback_s * options.time_scale
        for planned in plan_end(order.behaviour.callbacks, order.state, late_s):
            self._plan(order, planned)

    def tell(self, order: Order, state: OrderState) -> None:
        """Tell a later change of state, unless the behaviour wants no callbacks at all."""
        if order.behaviour.callbacks is not Callbacks.NEVER:
            self._plan(order, Planned(state=state))

    async def send_now(self, order: Order, state: OrderState) -> None:
        """Send one callback and wait for its answer."""
        await self._attempt(_Job(order=order, state=state, forged=False, sends=0))

    async def close(self) -> None:
        """Stop sending; what is under way is abandoned."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._client.close()

    def _plan(self, order: Order, planned: Planned) -> None:
        job = _Job(order=order, state=planned.state, forged=planned.forged, sends=0)
        self._put_later(planned.delay_s, job)

    def _put_later(self, delay_s: float, job: _Job) -> None:
        if delay_s > 0:
            self._market.later(delay_s, lambda: self._put(job))
        else:
            self._put(job)

    def _put(self, job: _Job) -> None:
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        try:
            self._queue.put_nowait(job)
        except asyncio.QueueFull:
            self.dropped += 1

    async def _work(self) -> None:
        while True:
            await self._attempt(await self._queue.get())

    async def _attempt(self, job: _Job) -> None:
        platform = self._market.platform
        message = platform.callback(job.order, job.state, forged=job.forged)
        if message is None:
            return
        try:
            response = await self._client.exchange(
                HttpRequest(
                    method=message.method,
                    url=str(URL(message.url)),  # buyers write them in many ways
                    headers={"Content-Type": message.content_type, **message.headers},
                    body=message.body,
                    response_bytes_max=ANSWER_BYTES_MAX,
                ),
                asyncio.get_running_loop().time() + TIMEOUT_S,
            )
            done = platform.acknowledged(response.status, response.body)
        except (TransportFailure, ValueError):
            done = False
        # A forger has one try; the platform itself repeats until it is acknowledged.
        if not done and not job.forged and job.sends < len(platform.callback_retry_s):
            wait_s = platform.callback_retry_s[job.sends] * self._market.options.time_scale
            again = _Job(order=job.order, state=job.state, forged=False, sends=job.sends + 1)
            self._put_later(max(wait_s, 0.001), again)
        # Only what the buyer knows for certain can be contradicted: before that it is a lie.
        contradicts = job.order.behaviour.callbacks is Callbacks.CONTRADICTED
        if done and contradicts and job.state is job.order.state:
            lie = _opposite(job.state)
            self._put(
                _Job(order=job.order, state=lie, forged=False, sends=len(platform.callback_retry_s))
            )
