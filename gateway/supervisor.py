"""Keeps the places of a node's workers taken: by a new process whenever one dies, and by a new one
for each, one after the other, when it is asked to.

A successor takes orders before the one it follows stops to; for a moment there are two at a place.
Neither sells what the other has: each has leases of its own.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from gateway.ground import tie
from gateway.ground.errors import RefusedError

log = structlog.get_logger()

RESTART_PAUSE_S: Final = 0.5
READY_WITHIN_S: Final = 120.0  # a successor that has not begun by then is none
EVEN_EVERY_S: Final = 1.0

Spawn = Callable[[int, socket.socket], Awaitable[asyncio.subprocess.Process]]
Told = Callable[[int], None]


class Holder(Protocol):
    """What takes orders at a place."""

    async def retire(self) -> bool:
        """End because another one has begun; whether nothing had to be cut off."""

    async def stop(self) -> bool:
        """End because the gateway does; likewise."""


class WorkerProcess:
    """A worker in a process of its own, and our end of its tie."""

    def __init__(
        self,
        place: int,
        process: asyncio.subprocess.Process,
        ours: socket.socket,
        patience_s: float,
    ) -> None:
        self.place = place
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.connections = 0
        self._process = process
        self._ours = ours
        self._patience_s = patience_s
        asyncio.get_running_loop().add_reader(ours, self._hear)

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative: the signal that ended it."""
        return self._process.returncode

    async def watch(self) -> None:
        """Returns when it has ended."""
        await self._process.wait()
        self._let_go()
        self.ended.set()

    def say(self, message: str) -> None:
        """Tell it something."""
        if self._ours.fileno() >= 0:
            tie.say(self._ours, message)

    async def retire(self) -> bool:
        """Let it finish what it has; one that does not end in time is killed."""
        self.say(tie.RETIRE)
        return await self._end()

    async def stop(self) -> bool:
        """The same, but it tells balancers first."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        return await self._end()

    async def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self.ended.wait()

    async def _end(self) -> bool:
        try:
            async with asyncio.timeout(self._patience_s):
                await self.ended.wait()
        except TimeoutError:
            log.error("serve.worker_stands_still", place=self.place)  # noqa: TRY400
            await self.kill()
        # One that had not begun may not even hear that it is to end: it has nothing to finish.
        unheard = not self.ready.is_set() and self.exit_code == -signal.SIGTERM
        return self.exit_code == 0 or unheard

    def _hear(self) -> None:
        message = tie.hear(self._ours)
        if message is None:
            # Its end is closed: it died. Ours stays open until then: it ends with us.
            asyncio.get_running_loop().remove_reader(self._ours)
            return
        word, _, rest = message.partition(" ")
        if word == tie.READY:
            self.ready.set()
        elif word == tie.CONNECTIONS and rest.isdecimal():
            self.connections = int(rest)

    def _let_go(self) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self._ours.close()


def _is_over(holder: Holder) -> bool:
    return isinstance(holder, WorkerProcess) and holder.ended.is_set()


class Supervisor:
    """Has a holder at each place until it is stopped."""

    def __init__(self, spawn: Spawn, places: int, *, patience_s: float) -> None:
        """`patience_s`: how long a worker may take to end."""
        self._spawn = spawn
        self._patience_s = patience_s
        self._at: list[Holder | None] = [None] * places
        self._alive: set[WorkerProcess] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_restart = asyncio.Lock()
        self._stopping = False

    async def start(self) -> None:
        """Start a process for each place; returns when all of them take orders."""
        begun = [await self._begin(place) for place in range(len(self._at))]
        self._at = list(begun)
        self._run(self._even_out())
        for place, worker in enumerate(begun):
            await worker.ready.wait()  # or that of a successor, if it died before
            assert self._at[place] is not None

    def take(self, holder: Holder) -> None:
        """The first and only place is taken, by something that is no process of its own."""
        (self._at[0],) = (holder,)

    async def restart(self, told: Told = lambda _: None) -> int:
        """A new process for each place, one after the other; how many, when the last has begun and
        the one before it has ended. `told` hears how many were replaced so far.

        Raises RefusedError when a new one does not begin; the others go on, also the one that it
        was to follow.
        """
        async with self._one_restart:
            for place in range(len(self._at)):
                await self._replace(place)
                told(place + 1)
        return len(self._at)

    async def stop(self) -> bool:
        """End all of them; whether nothing had to be cut off."""
        self._stopping = True
        # One that died before, and has no successor yet, was told of then: nothing of it is left.
        placed = {one for one in self._at if one is not None and not _is_over(one)}
        holders = {*self._alive, *placed}
        whole = await asyncio.gather(*(holder.stop() for holder in holders))
        with contextlib.suppress(TimeoutError):
            # One that retires when the end comes finishes what it has, too.
            async with asyncio.timeout(self._patience_s), self._one_restart:
                pass
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return all(whole)

    async def _replace(self, place: int) -> None:
        successor = await self._begin(place)
        begins = asyncio.create_task(successor.ready.wait())
        ends = asyncio.create_task(successor.ended.wait())
        try:
            await asyncio.wait(
                (begins, ends), timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            begins.cancel()
            ends.cancel()
        if self._stopping:
            raise RefusedError("restart-failed", "the gateway was stopped meanwhile")
        if not successor.ready.is_set() or successor.ended.is_set():
            await successor.kill()
            raise RefusedError(
                "restart-failed",
                f"the new worker {place} did not begin to take orders (exit code "
                f"{successor.exit_code}); the gateway's log says why. {place} of "
                f"{len(self._at)} were replaced, the others go on as they were.",
            )
        before, self._at[place] = self._at[place], successor
        if before is not None and not await before.retire():
            log.warning("serve.retired_not_whole", place=place)

    async def _begin(self, place: int) -> WorkerProcess:
        ours, theirs = tie.pair()
        try:
            with theirs:
                process = await self._spawn(place, theirs)
        except BaseException:
            ours.close()
            raise
        worker = WorkerProcess(place, process, ours, self._patience_s)
        self._alive.add(worker)
        self._run(self._follow(worker))
        return worker

    async def _follow(self, worker: WorkerProcess) -> None:
        """See to it that whoever dies at its place has a successor."""
        await worker.watch()
        self._alive.discard(worker)
        place = worker.place
        if self._stopping or self._at[place] is not worker:
            return
        log.error("serve.worker_died", exit_code=worker.exit_code)
        while not self._stopping and self._at[place] is worker:
            await asyncio.sleep(RESTART_PAUSE_S)
            if self._stopping or self._at[place] is not worker:
                return
            try:
                self._at[place] = successor = await self._begin(place)
            except OSError as error:
                log.error("serve.worker_not_started", error=str(error))  # noqa: TRY400
            else:
                self._run(self._pass_on(successor, worker))

    async def _pass_on(self, successor: WorkerProcess, worker: WorkerProcess) -> None:
        """Whoever waits for one that died before it was ready waits for its successor."""
        await successor.ready.wait()
        worker.ready.set()

    async def _even_out(self) -> None:
        """Tell each how many connections the workers have on average."""
        while True:
            await asyncio.sleep(EVEN_EVERY_S)
            workers = [worker for worker in self._at if isinstance(worker, WorkerProcess)]
            if len(workers) > 1:
                mean = sum(worker.connections for worker in workers) / len(workers)
                for worker in workers:
                    worker.say(f"{tie.MEAN} {mean:.2f}")

    def _run(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
