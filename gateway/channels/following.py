"""Follows orders that houses push, or that are fetched from them, to their end.

Each is looked at again and again, by one worker at a time; every step may be repeated, and is
written down before the next: after a kill the next look goes on where it was. The house is told
that an order is ours before anything is done, and how it ended until it has heard.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import structlog

from connectors.channels.followed import Heard, Said, Wish
from connectors.transport import HttpTransport
from gateway.catalog.rules import CurrentCatalog
from gateway.channels.content import content_of
from gateway.channels.counter import ClosedError, Counter
from gateway.channels.followed import FollowedHouse
from gateway.channels.rules import ENDED, ChannelAccount
from gateway.channels.task_rules import (
    AFTER,
    LOOK_AGAIN_S,
    RETRY_S,
    WAIT_S,
    After,
    Task,
    TaskState,
    later,
    read,
    sku_of,
    written,
)
from gateway.ground.errors import StoreUnavailableError
from gateway.orders.refusal import Refusal

log = structlog.get_logger()

POLL_S: Final = 0.5
DUE_MAX: Final = 32  # looked at at once
HOLD_S: Final = 120.0  # nobody else looks at a taken one for this long; calls end long before
FETCH_S: Final = 5.0  # between two questions to one house, all workers together
_S = TaskState


class Tasks(Protocol):
    """What is still to be done, kept; see task_store.TaskStore."""

    async def add(self, account: ChannelAccount, number: str, wish: str) -> None: ...
    async def take_due(self, limit: int, hold_s: float) -> list[Task]: ...
    async def move(
        self, task: Task, state: TaskState, *, wish: str, why: str | None, next_in_s: float | None
    ) -> None: ...
    async def take_turn(self, account: ChannelAccount, every_s: float) -> bool: ...


class Followers:
    """A service of the worker (see ground.wiring.Service)."""

    def __init__(
        self,
        *,
        accounts: Callable[[], Sequence[ChannelAccount]],
        houses: Mapping[str, FollowedHouse],
        tasks: Tasks,
        counter: Counter,
        catalog: CurrentCatalog,
        transport: HttpTransport,
    ) -> None:
        """`houses` by adapter, over `transport`, which is closed at the end."""
        self._accounts = accounts
        self._houses = houses
        self._tasks = tasks
        self._counter = counter
        self._catalog = catalog
        self._transport = transport
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look."""
        self._running = [
            asyncio.create_task(self._look_forever()),
            asyncio.create_task(self._fetch_forever()),
        ]

    async def stop(self) -> None:
        """What was not done is due again by itself."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._transport.close()

    def _followed(self) -> list[ChannelAccount]:
        return [account for account in self._accounts() if account.adapter in self._houses]

    # ------------------------------------------------------------ fetching

    async def _fetch_forever(self) -> None:
        while True:
            await asyncio.gather(*map(self._fetch_safely, self._followed()))
            await asyncio.sleep(POLL_S)

    async def _fetch_safely(self, account: ChannelAccount) -> None:
        try:
            if not account.paused and await self._tasks.take_turn(account, FETCH_S):
                for wish in await self._houses[account.adapter].fetch(account):
                    await self._tasks.add(account, wish.number, written(wish))
        except StoreUnavailableError as error:
            log.warning("channels.poll_failed", error=str(error))
        except Exception:
            log.exception("channels.fetch_failed", channel=account.name)

    # ------------------------------------------------------------ looking

    async def _look_forever(self) -> None:
        while True:
            try:
                due = await self._tasks.take_due(DUE_MAX, HOLD_S) if self._followed() else []
                await asyncio.gather(*map(self._look_safely, due))
            except StoreUnavailableError as error:
                due = []
                log.warning("channels.poll_failed", error=str(error))
            if len(due) < DUE_MAX:
                await asyncio.sleep(POLL_S)

    async def _look_safely(self, task: Task) -> None:
        account = next((one for one in self._followed() if one.id == task.channel_id), None)
        if account is None:
            return  # a channel that cannot be used now: due again when the hold is over
        try:
            await self._look(account, task)
        except StoreUnavailableError:
            pass  # due again by itself
        except ClosedError:
            await self._again(task, read(task.wish), "the channel's key was revoked")
        except Exception:
            log.exception("channels.task_failed", channel=account.name, number=task.number)

    async def _look(self, account: ChannelAccount, task: Task) -> None:
        """One step, and those that follow at once."""
        wish = read(task.wish)
        match task.state:
            case _S.NEW | _S.UNMAPPED | _S.TAKING:
                await self._begin(account, task, wish)
            case _S.TAKEN:
                await self._place(account, task, wish)
            case _S.PLACED:
                await self._end(account, task, wish)
            case _S.REFUSED:
                await self._tell(task, wish, await self._house(account).give_up(account, wish))

    async def _begin(self, account: ChannelAccount, task: Task, wish: Wish) -> None:
        """Read it again, find its SKU, take it over."""
        begun = task.state == _S.TAKING
        seen = await self._house(account).look(account, wish, begun=begun)
        if isinstance(seen, Said):
            await self._tell(task, wish, seen)
            return
        if wish.amount_minor not in (None, seen.amount_minor):
            await self._hold(task, seen, "another amount than it was told with")
            return
        if sku_of(account.products, seen.product) is None:
            await self._leave(task, _S.UNMAPPED, seen, f"{seen.product} is not mapped")
            return
        if account.paused and not begun:
            await self._leave(task, _S(task.state), seen, "the channel is paused")
            return
        if not begun:
            task = await self._move(task, _S.TAKING, seen, None, HOLD_S)
        said = await self._house(account).take(account, seen)
        if said.heard is Heard.DONE:
            task = await self._move(task, _S.TAKEN, seen, None, HOLD_S)
            await self._place(account, task, seen)
        else:
            await self._tell(task, seen, said)

    async def _place(self, account: ChannelAccount, task: Task, wish: Wish) -> None:
        """Order it of ourselves; what is paid for it there bounds what it may cost."""
        sku_id = sku_of(account.products, wish.product)
        sku = None if sku_id is None else self._catalog.now.skus_by_id.get(sku_id)
        if sku is None:
            await self._hold(task, wish, f"{wish.product} is not mapped any more")
            return
        content = content_of(
            account,
            number=wish.number,
            sku=sku.sku,
            quantity=wish.quantity,
            recipient=wish.recipient,
            max_amount_minor=wish.amount_minor,
            extras={"product": wish.product},
        )
        if content is None:
            await self._hold(task, wish, "more than one order of ours can have")
            return
        placed = await self._counter.place(account, content, notify_url=None)
        if not isinstance(placed, Refusal):
            await self._move(task, _S.PLACED, wish, None, 0.0)
            return
        why = f"not ordered: {placed.reason}"
        match AFTER[placed.reason]:
            case After.AGAIN:
                await self._again(task, wish, why)
            case After.GIVE_UP:
                task = await self._move(task, _S.REFUSED, wish, why, HOLD_S)
                await self._tell(task, wish, await self._house(account).give_up(account, wish))
            case After.HOLD:
                await self._hold(task, wish, why)

    async def _end(self, account: ChannelAccount, task: Task, wish: Wish) -> None:
        """Tell the house, once the order has ended."""
        if task.order_state not in ENDED or task.order_id is None:
            await self._move(task, _S.PLACED, wish, None, later(WAIT_S, task.attempts))
            return
        house = self._house(account)
        if task.refund_asked and task.order_state != "failed":
            await self._hold(task, wish, "a refund was asked for, and it was delivered")
        elif task.order_state == "failed":
            await self._tell(task, wish, await house.give_up(account, wish))
        elif task.order_state == "delivered":
            order = await self._counter.by_id(account, str(task.order_id))
            if order is None:
                await self._hold(task, wish, "the number is another order of the partner's")
                return
            await self._tell(task, wish, await house.deliver(account, wish, order))
        else:
            await self._hold(task, wish, f"the order is {task.order_state}")

    # ------------------------------------------------------------ what follows

    async def _tell(self, task: Task, wish: Wish, said: Said) -> None:
        """What the house said of a step that ends the order, or does not let it begin."""
        match said.heard:
            case Heard.DONE:
                await self._move(task, _S.DONE, wish, said.why or None, None)
            case Heard.AGAIN:
                await self._again(task, wish, said.why)
            case Heard.REFUSED:
                await self._hold(task, wish, said.why)

    async def _leave(self, task: Task, state: TaskState, wish: Wish, why: str) -> None:
        """Nothing is done with it for now."""
        attempts = task.attempts if task.state == state else 0
        await self._move(task, state, wish, why, later(LOOK_AGAIN_S, attempts))

    async def _again(self, task: Task, wish: Wish, why: str) -> None:
        await self._move(task, _S(task.state), wish, why, later(RETRY_S, task.attempts))

    async def _hold(self, task: Task, wish: Wish, why: str) -> None:
        log.warning("channels.task_held", number=task.number, why=why)
        await self._move(task, _S.HELD, wish, why, None)

    async def _move(
        self, task: Task, state: TaskState, wish: Wish, why: str | None, next_in_s: float | None
    ) -> Task:
        """The task in its new state."""
        text = written(wish)
        await self._tasks.move(task, state, wish=text, why=why, next_in_s=next_in_s)
        attempts = task.attempts + 1 if task.state == state else 0
        return replace(task, state=state.value, wish=text, attempts=attempts)

    def _house(self, account: ChannelAccount) -> FollowedHouse:
        return self._houses[account.adapter]
