"""A worker's link to Redis: it meets the other nodes there some thirty times a second.

Nothing waits for it that an order waits for. What is to be told is told at the next beat, what
was heard is handed on; while Redis is not there, riders are told so, and go on alone. Each call
has a deadline; a link that broke is made again at growing pauses, and the log has one line when
it is lost and one when it is back.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from gateway.ground.redis.address import RedisAddress
from gateway.ground.redis.library import Library

log = structlog.get_logger()

MEETING: Final = Library.read(Path(__file__).with_name("meeting.lua"))
BEAT_S: Final = 0.02  # between two beats while there is something to tell
IDLE_BEAT_S: Final = 0.05
BUSY_S: Final = 1.0  # so long after there was something
STALE_S: Final = 0.08  # an answer that takes longer: others may have done what we do not know of
CONNECT_S: Final = 1.0
LOST_S: Final = 0.5  # and longer: the connection is given up
ASK_S: Final = 0.02  # what a caller waits for
HERE_US: Final = 150_000  # a node that was not seen so long is not here
PAUSE_S: Final = 0.1  # before a lost link is made again; doubles
PAUSE_S_MAX: Final = 1.0
UNSAID_MAX: Final = 100
AGAIN_AFTER: Final = (
    2  # failures in a row that make a link lost: one may be a connection that ended
)
MISSING: Final = ("Function not found", "ERR Function")


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a rider's library, for one key."""

    function: str
    key: str
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a beat found: nodes that are here, this one among them, and how long Redis remembers
    anything. `forgot`: it lost its state since the last beat."""

    here: int
    remembers_s: float
    forgot: bool


class Rider(Protocol):
    """What tells and hears something with each beat."""

    library: Library

    def calls(self) -> Sequence[Call]:
        """What to tell now."""

    def answered(self, calls: Sequence[Call], answers: Sequence[Any], meeting: Meeting) -> None:
        """It was told."""

    def failed(self, calls: Sequence[Call]) -> None:
        """It was not, or nobody knows; likewise (without calls) when an answer is late."""


class Link:
    """One worker's. `up`: None until the first attempt."""

    def __init__(self, address: RedisAddress, *, node: str, shop: str) -> None:
        """`shop` keeps shops on one Redis apart: keys of one have it in braces, so that a cluster
        keeps what belongs together in one place."""
        self.address = address
        self.up: bool | None = None
        self.shop = shop
        self._node = node
        self._client: Any = None
        self._riders: list[Rider] = []
        self._hearers: dict[str, Callable[[str], None]] = {}
        self._unsaid: deque[str] = deque(maxlen=UNSAID_MAX)
        self._heard = ""
        self._born: str | None = None
        self._failures = 0
        self._lost_at: float | None = None
        self._busy_until = 0.0

    def take(self, rider: Rider) -> None:
        """From now on it rides with every beat."""
        self._riders.append(rider)

    def hear(self, topic: str, hear: Callable[[str], None]) -> None:
        """`hear` is called with what any worker says of a topic, also this one."""
        self._hearers[topic] = hear

    def say(self, topic: str, rest: str) -> None:
        """Tell all workers at the next beat; it may be lost."""
        self._unsaid.append(f"{topic}:{rest}")

    def key(self, what: str, name: str) -> str:
        """A key of this shop."""
        return f"quangate:{self.shop}:{what}:{name}"

    async def has(self, key: str) -> bool | None:
        """Whether a key is there; None: nobody knows, or not soon enough."""
        return await self._ask(lambda client: client.exists(key), bool)

    async def put(self, key: str, kept_s: float) -> None:
        """Remember a key for a while, if that can be done at once."""
        await self._ask(lambda client: client.set(key, "1", px=int(kept_s * 1000)), bool)

    async def _ask(self, call: Callable[[Any], Any], read: Callable[[Any], bool]) -> bool | None:
        if not self.up or self._client is None or self._failures:
            return None
        try:
            async with asyncio.timeout(ASK_S):
                return read(await call(self._client))
        except Exception:  # noqa: BLE001  the beat finds out what is wrong, and says it
            return None

    async def keep(self) -> None:
        """Meet the others, until cancelled."""
        pause_s = PAUSE_S
        try:
            while True:
                try:
                    await self._beat()
                except Exception as error:  # noqa: BLE001  whatever it is, we go on without it
                    await self._fail(error)
                    await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
                    pause_s = min(PAUSE_S_MAX, pause_s * 2)
                else:
                    pause_s = PAUSE_S
                    busy = time.monotonic() < self._busy_until
                    await asyncio.sleep(BEAT_S if busy else IDLE_BEAT_S)
        finally:
            await self._drop()

    async def _beat(self) -> None:
        """Once there and back, with all there is to tell."""
        if self._client is None:
            await self._connect()
        told = [(rider, rider.calls()) for rider in self._riders]
        says = list(self._unsaid)
        self._unsaid.clear()
        if says or any(calls for _, calls in told):
            self._busy_until = time.monotonic() + BUSY_S
        try:
            answers = await self._exchange(says, [call for _, calls in told for call in calls])
        except BaseException:
            for rider, calls in told:
                rider.failed(calls)
            raise
        meeting = self._read(answers[0])
        rest = answers[1:]
        for rider, calls in told:
            rider.answered(calls, rest[: len(calls)], meeting)
            rest = rest[len(calls) :]
        self._good()
        for message in answers[0][4]:
            topic, _, content = message.decode().partition(":")
            if topic in self._hearers:
                self._hearers[topic](content)

    async def _connect(self) -> None:
        # Here, for it takes a tenth of a second that only those pay who have a Redis.
        from gateway.ground.redis.client import make_client, prepare

        client = make_client(self.address)
        self._client = client  # dropped by whatever fails
        async with asyncio.timeout(CONNECT_S):
            libraries = (MEETING, *(rider.library for rider in self._riders))
            self._kind = await prepare(client, libraries)

    async def _exchange(self, says: Sequence[str], calls: Sequence[Call]) -> list[Any]:
        exchange = asyncio.ensure_future(self._send(says, calls))
        try:
            done, _ = await asyncio.wait({exchange}, timeout=STALE_S)
            if not done:
                for rider in self._riders:
                    rider.failed(())
                async with asyncio.timeout(LOST_S - STALE_S):
                    return await exchange
            return exchange.result()
        finally:
            exchange.cancel()
            await asyncio.gather(exchange, return_exceptions=True)  # its connection is let go

    async def _send(self, says: Sequence[str], calls: Sequence[Call]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        places = (f"quangate:{{{self.shop}}}:nodes", f"quangate:{{{self.shop}}}:said")
        pipeline.execute_command(
            "FCALL", MEETING.function("meet"), 2, *places, self._node, HERE_US, self._heard, *says
        )
        for call in calls:
            pipeline.execute_command("FCALL", call.function, 1, call.key, *call.args)
        answers: list[Any] = await pipeline.execute()
        return answers

    def _read(self, met: Sequence[Any]) -> Meeting:
        now, born, here, last = met[:4]
        self._heard = last.decode()
        forgot = self._born is not None and born.decode() != self._born
        self._born = born.decode()
        return Meeting(int(here), max(0.0, (int(now) - int(born)) / 1e6), forgot)

    def _good(self) -> None:
        self._failures = 0
        if self.up:
            return
        after_s = None if self._lost_at is None else round(time.monotonic() - self._lost_at, 1)
        log.info("redis.here", address=self.address.shown, server=self._kind, after_s=after_s)
        self.up, self._lost_at = True, None

    async def _fail(self, error: BaseException) -> None:
        from gateway.ground.redis.client import complaint

        for rider in self._riders:
            rider.failed(())
        await self._drop()
        self._failures += 1
        # A connection may end without harm; an empty shop window may not be told as one.
        if self.up is not False and (self._failures >= AGAIN_AFTER or self.up is None):
            self.up, self._lost_at = False, time.monotonic()
            log.warning("redis.lost", address=self.address.shown, why=complaint(error))

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        from gateway.ground.redis.client import close

        closing = asyncio.ensure_future(close(client))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing  # we end; it is closed all the same
            raise
