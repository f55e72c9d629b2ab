"""The courier: one worker's share of all webhooks, from due row to recorded row.

A message is a row before it is anything else. It comes into memory in one of two ways: handed
over right after the commit by whoever made it (so that it leaves within milliseconds), or taken
by polling, which claims the row for a while. What is in memory may always be lost: rows that are
not recorded become due again, hence at least once. What one attempt is stands in attempts.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.batcher import GroupCommit
from gateway.orders.line import Line
from gateway.webhooks.attempts import Attempts, ignore_failure
from gateway.webhooks.bodies import Bodies
from gateway.webhooks.message import (
    Addressee,
    Message,
    OrderJson,
    ReadOrders,
    Sender,
    Sign,
    Webhooks,
    message_of,
)
from gateway.webhooks.partner_queue import PartnerQueue
from gateway.webhooks.record import TakenRow

log = structlog.get_logger()

POLL_S: Final = 0.5
POLL_PAUSE_S: Final = 0.02  # between polls while partners have more than one chunk due
TEND_EVERY_S: Final = 0.4
APART_S: Final = 0.02  # between groups of one kind
CHUNK: Final = 256  # rows of one partner taken at once
FULL: Final = 2_500  # messages of one partner waiting in memory; no more are taken
HANDED_MAX: Final = 2_000  # the intake's share of these: the rest is left to polling
MEMORY_MAX: Final = 20_000  # messages of all partners; beyond it polling alone brings more
HANDED_S: Final = 2.0  # a handed-over message starts within this time or is left to polling
CLAIM_AFTER_S: Final = 1.0  # handed over and still here: others must be told (they wait 5 s)
START_WITHIN_S: Final = 40.0  # of the 60 s of a claim; a call and its recording need 20
RECOVER_EVERY_S: Final = 5.0
FINISH_S: Final = 5.0  # calls under way at the end


class Courier:
    """`addressees` maps partners to how they are reached; `learn` reads them anew."""

    def __init__(
        self,
        *,
        webhooks: Webhooks,
        sender: Sender,
        sign: Sign,
        learn: Callable[[], Awaitable[None]],
        read_orders: ReadOrders,
        order_json: OrderJson,
        wall_clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._webhooks = webhooks
        self._clock = time.monotonic
        self.addressees: Mapping[int, Addressee] = {}
        self._queues: dict[int, PartnerQueue] = {}
        self._messages: dict[int, Message] = {}  # in memory, recorded or not; of replays the last
        self._finished: set[tuple[int, int]] = set()  # since the poll under way began; with replays
        self._announced: set[int] = set()  # rows being read because they were just made
        self._making: GroupCommit[int, None] = GroupCommit(
            self._take_made, calls_max=1, batch_max=256, waiting_max=MEMORY_MAX, apart_s=APART_S
        )
        self.attempts = Attempts(
            webhooks=webhooks,
            sender=sender,
            sign=sign,
            bodies=Bodies(read_orders, order_json),
            knows=lambda partner_id: partner_id in self.addressees,
            learn=learn,
            endpoint_gone=self._endpoint_gone,
            wall_clock=wall_clock,
            clock=self._clock,
            chance=chance,
        )
        self._polling: asyncio.Task[None] | None = None
        self._tended_at = self._recovered_at = float("-inf")

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to look for what is due."""
        self._polling = asyncio.create_task(self._poll_forever())

    async def stop(self) -> None:
        """Give back what was not started, finish what was."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        unsent = self._take_back(lambda _: True)
        await asyncio.gather(*(queue.finish(FINISH_S) for queue in self._queues.values()))
        with contextlib.suppress(StoreUnavailableError):
            await self._webhooks.release([message.id for message in unsent if message.claimed])

    @property
    def in_memory(self) -> int:
        """Messages waiting or under way."""
        return len(self._messages)

    # ------------------------------------------------------------ in

    def created(self, lines: Sequence[Line]) -> None:
        """Orders just committed: send what their partners are to be told."""
        for line in lines:
            if line.notify and line.sku.pool_id is not None:
                self._hand_over(line)

    def made(self, message_id: int) -> None:
        """A row was just committed by this worker: send it, without waiting for a poll."""
        if len(self._messages) + len(self._announced) < MEMORY_MAX:
            self._announced.add(message_id)
            self._making.put(message_id).add_done_callback(ignore_failure)

    async def _take_made(self, ids: Sequence[int]) -> Sequence[None]:
        try:
            rows = await self._webhooks.made(ids)
        finally:
            self._announced.difference_update(ids)
        for row in rows:
            addressee = self.addressees.get(row.partner_id)
            url = row.url or (addressee and addressee.url)
            if url and self._queue(row.partner_id).has_room(HANDED_MAX):
                self._take(row, url, within_s=HANDED_S)
        return [None] * len(ids)

    def _hand_over(self, line: Line) -> None:
        url = line.notify_url
        if url is None:
            addressee = self.addressees.get(line.partner_id)
            url = None if addressee is None else addressee.url
        queue = self._queue(line.partner_id)
        if url is None or len(self._messages) >= MEMORY_MAX or not queue.has_room(HANDED_MAX):
            return  # polling knows better, or has more room
        self._put(
            Message(
                id=line.order_id,
                partner_id=line.partner_id,
                order_id=line.order_id,
                type="order.delivered",
                sequence=1,
                url=url,
                to_endpoint=line.notify_url is None,
                start_before=self._clock() + HANDED_S,
                line=line,
                claimed=False,
            )
        )

    def _put(self, message: Message) -> None:
        self._messages[message.id] = message
        self._queue(message.partner_id).put(message)

    def _queue(self, partner_id: int) -> PartnerQueue:
        queue = self._queues.get(partner_id)
        if queue is None:
            queue = self._queues[partner_id] = PartnerQueue(self._deliver, self._clock)
        return queue

    # ------------------------------------------------------------ polling

    async def _poll_forever(self) -> None:
        was_down = False
        while True:
            more = False
            try:
                more = await self._poll()
                was_down = False
            except StoreUnavailableError as error:
                if not was_down:
                    log.warning("webhook.poll_failed", error=str(error))
                was_down = True
            except Exception:
                # What one poll stumbles over must not end the others; the rows stay due.
                log.exception("webhook.poll_broken")
            await asyncio.sleep(POLL_PAUSE_S if more else POLL_S)

    async def _poll(self) -> bool:
        """Take what is due; whether some partner has more."""
        now = self._clock()
        if now - self._tended_at >= TEND_EVERY_S:
            self._tended_at = now
            await self._tend(now)
        full = [id_ for id_, queue in self._queues.items() if not queue.has_room(FULL)]
        self._finished.clear()
        # What is claimed is not due for anybody; of the rest, rows that memory has stay there.
        unclaimed = [message.id for message in self._messages.values() if not message.claimed]
        rows = await self._webhooks.take([*unclaimed, *self._announced], full, CHUNK)
        taken: dict[int, int] = {}
        for row in rows:
            taken[row.partner_id] = taken.get(row.partner_id, 0) + 1
            self._take(row, row.url, within_s=START_WITHIN_S)
        return any(count >= CHUNK for count in taken.values())

    async def _tend(self, now: float) -> None:
        """Forget what is late or done, claim what lingers, take over from workers that are gone."""
        self._take_back(lambda message: message.start_before < now)
        for partner_id in [id_ for id_, queue in self._queues.items() if queue.idle]:
            del self._queues[partner_id]
        await self._claim_stragglers(now)
        if now - self._recovered_at > RECOVER_EVERY_S:
            self._recovered_at = now
            await self._webhooks.recover()

    def _take(self, row: TakenRow, url: str | None, *, within_s: float) -> None:
        known = self._messages.get(row.id)
        if (row.id, row.replays) in self._finished or (known and known.replays >= row.replays):
            return  # it was handed over meanwhile
        if url is None:
            self.attempts.bury(row)
            return
        self._put(message_of(row, url=url, start_before=self._clock() + within_s))

    async def _claim_stragglers(self, now: float) -> None:
        """Handed-over messages that linger: claim their rows before other workers take them."""
        handed_before = now + HANDED_S - CLAIM_AFTER_S
        lingering = [
            message
            for message in self._messages.values()
            if not message.claimed and message.start_before < handed_before
        ]
        if lingering:
            await self._webhooks.claim([message.id for message in lingering])
        for message in lingering:
            message.claimed = True
            message.start_before = now + START_WITHIN_S

    def _take_back(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Waiting messages leave the memory; their rows remain."""
        taken = [message for queue in self._queues.values() for message in queue.take_all(wanted)]
        return [message for message in taken if self._forget(message)]

    def _forget(self, message: Message) -> bool:
        """It leaves the memory; False: a replay of it has taken its place."""
        is_last = self._messages.get(message.id) is message
        if is_last:
            del self._messages[message.id]
        return is_last

    # ------------------------------------------------------------ out

    async def _deliver(self, message: Message) -> bool:
        """One attempt and what follows; whether the receiver failed. Never raises."""
        if self._messages.get(message.id) is not message:
            return False  # a replay of it is here: that one is sent
        try:
            return await self.attempts.make(message)
        except StoreUnavailableError as error:
            log.warning("webhook.not_recorded", webhook_id=message.id, error=str(error))
        except Exception:
            # One message that breaks something must not stop its queue; its row becomes due again.
            log.exception("webhook.attempt_broken", webhook_id=message.id)
        finally:
            self._forget(message)
            self._finished.add((message.id, message.replays))
        return False

    def _endpoint_gone(self, partner_id: int) -> None:
        """Send nothing more to it; the rows are buried when polling meets them."""
        queue = self._queues.get(partner_id)
        if queue is None:
            return
        for message in queue.take_all(lambda message: message.to_endpoint):
            self._forget(message)
