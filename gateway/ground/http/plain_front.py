"""The front of a connection: answers the plain requests of hot routes itself, aiohttp the others.

A plain request (core_rs/wire: `plain_request`) means the same to whoever reads it, so it is known
where it ends. Whole ones of a hot route are answered here: one call reads the head, the handler
runs until it awaits a future, and goes on from that future's callback; where it has to wait for
more than futures it has a task. All others are handed to
aiohttp one by one, in order. From the first bytes that are not plain on, all is aiohttp's.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import structlog
from aiohttp import ClientConnectionResetError
from multidict import CIMultiDict, MultiMapping

from gateway.ground.http.body import BODY_BYTES_MAX
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.operation import Handler
from gateway.ground.http.request import Asked, Connection
from gateway.ground.http.router import Answering, Endpoint
from gateway.ground.native import find_request
from gateway.ground.traffic.admission import Admission, Work

log = structlog.get_logger()

Run = Coroutine[Any, None, DirectAnswer]  # it yields futures


class PlainRequest(Asked):
    """A whole request whose framing is plain."""

    def __init__(
        self,
        method: str,
        target: str,
        headers: MultiMapping[str],
        body: bytes,
        connection: Connection,
    ) -> None:
        self.method = method
        self.raw_path = target
        self.headers = headers
        self._connection = connection
        self.body_exists = bool(body)
        self._body = body

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def is_whole(self) -> bool:
        return True

    def body_at_hand(self, bytes_max: int) -> bytes | None:
        return self._body if len(self._body) <= bytes_max else None


class Wire(Connection, Protocol):
    """The connection that a front stands before."""

    @property
    def may_answer(self) -> bool:
        """Whether all that was handed over is answered, and the client takes its answers."""

    is_watched: bool  # its requests are looked at for signs of a proxy

    def hand_over(self, data: bytes) -> None:
        """These bytes are aiohttp's."""

    def owes_head(self) -> None:
        """The client has begun a head and owes us the rest."""

    def pause(self) -> None:
        """Read no more until `resume`."""

    def resume(self) -> None:
        """Read on."""

    def watch(self, headers: MultiMapping[str]) -> None:
        """Look at the head of a request that is answered past aiohttp."""

    def answer(self, answer: bytes) -> None:
        """Write an answer; nothing is owed now."""

    def cut(self) -> None:
        """End at once."""


class Exchange(Protocol):
    """A request that was taken at once, and is answered once: by `tell` or by `run`."""

    @property
    def is_watched(self) -> bool:
        """Whether a proxy that nobody trusts may have sent it."""

    def tell(self, answer: bytes) -> None:
        """The whole answer."""

    def run(self, handler: Handler, work: Work, limit: Admission) -> None:
        """The handler answers, as if it were the route's; it awaits futures only. `work` is under
        way until then."""


class PlainFront:
    """One connection's; the Exchange of what is taken at once."""

    __slots__ = (
        "_answering",
        "_is_off",
        "_kept",
        "_owed",
        "_request",
        "_run",
        "_taken",
        "_task",
        "_wire",
    )  # fmt: skip

    def __init__(self, wire: Wire, answering: Answering) -> None:
        self._wire = wire
        self._answering = answering
        self._is_off = False  # the connection is aiohttp's
        self._kept = b""  # not looked at yet, or the beginning of a head
        self._owed = 0  # bytes of a body that aiohttp reads
        self._run: Run | None = None
        self._task: asyncio.Task[DirectAnswer] | None = None  # of a handler that awaits anything
        self._request: PlainRequest | None = None
        self._taken: tuple[bytes, int, Endpoint] | None = None  # at once, and where it begins

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way here."""
        return self._request is not None or self._taken is not None

    def take(self, data: bytes) -> None:
        """What was received."""
        if self._is_off:
            self._wire.hand_over(data)
            return
        if self._owed:
            part, data = data[: self._owed], data[self._owed :]
            self._owed -= len(part)
            self._wire.hand_over(part)
        if self._kept:
            data, self._kept = self._kept + data, b""
        if data:
            self._go(data)

    def _go(self, data: bytes) -> None:
        at, wire = 0, self._wire
        while at < len(data):
            if self._request is not None or self._taken is not None:
                self._kept = data[at:]
                wire.pause()
                return
            if end := self._take_at_once(data, at):
                at = end
                continue
            found = find_request(data, at)
            if found is None:
                self._kept = data[at:]
                wire.owes_head()
                return
            if not found:
                self._is_off = True
                wire.hand_over(data[at:])
                return
            method, target, headers, body_at, end = found
            if end > len(data):
                self._owed = end - len(data)
                wire.hand_over(data[at:])
                return
            plain = None
            if end - body_at <= BODY_BYTES_MAX and wire.may_answer:
                plain = self._answering.plainly(method, target)
            if plain is None:
                wire.hand_over(data[at:end])
            else:
                named, body = CIMultiDict(headers), data[body_at:end]
                wire.watch(named)
                self._begin(PlainRequest(method, target, named, body, wire), *plain)
            at = end

    # ------------------------------------------------------------ taken at once

    def _take_at_once(self, data: bytes, at: int) -> int:
        """The place behind a request that was taken whole; 0: none was."""
        for prefix, take, endpoint in self._answering.at_once:
            if data.startswith(prefix, at) and self._wire.may_answer:
                try:
                    end = take(data, at, self, endpoint.meter)
                except Exception:  # its handler goes on, as if it had not been tried
                    log.exception("front.not_taken")
                    return 0
                if end:
                    self._taken = data, at, endpoint
                return end
        return 0

    @property
    def is_watched(self) -> bool:
        """See Exchange."""
        return self._wire.is_watched

    def tell(self, answer: bytes) -> None:
        """See Exchange."""
        self._taken = None
        self._wire.answer(answer)
        if self._kept:
            self._go_on()

    def run(self, handler: Handler, work: Work, limit: Admission) -> None:
        """See Exchange."""
        assert self._taken is not None
        (data, at, endpoint), self._taken = self._taken, None
        found = find_request(data, at)
        assert found  # as it was when it was taken
        method, target, headers, body_at, end = found
        body = data[body_at:end]
        request = PlainRequest(method, target, CIMultiDict(headers), body, self._wire)
        request.work, request.limit = work, limit
        self._begin(request, Endpoint(handler, endpoint.meter, task=False), ())
        if self._request is None:
            self._go_on()

    # ------------------------------------------------------------ a request under way

    def _begin(self, request: PlainRequest, endpoint: Endpoint, variables: Sequence[str]) -> None:
        refused = self._answering.refused(request, endpoint)
        if refused is not None:
            self._wire.answer(refused.wire(request.id))
            return
        self._request = request
        run: Run = self._answering.answer(request, endpoint, variables)  # type: ignore[assignment]
        if endpoint.task:
            self._task = asyncio.get_running_loop().create_task(run)
            self._task.add_done_callback(self._ended)
        else:
            self._run = run
            self._step()

    def _step(self) -> None:
        """Run until it waits for something, or to its answer."""
        run, request = self._run, self._request
        assert run is not None
        assert request is not None
        try:
            awaited = run.send(None)
        except StopIteration as end:
            self._run = self._request = None
            self._wire.answer(end.value.wire(request.id))
        except ClientConnectionResetError:
            self._run = self._request = None
            self._wire.cut()  # it is gone: there is nobody to be answered
        except BaseException:
            self._run = self._request = None
            self._wire.cut()
            raise
        else:
            awaited._asyncio_future_blocking = False  # what awaits it is no task
            awaited.add_done_callback(self._awake)

    def _awake(self, _awaited: "asyncio.Future[object]") -> None:
        self._step()
        if self._run is None:
            self._go_on()

    def _ended(self, task: "asyncio.Task[DirectAnswer]") -> None:
        request, self._request, self._task = self._request, None, None
        assert request is not None
        if task.cancelled() or task.exception() is not None:
            self._wire.cut()
            return
        self._wire.answer(task.result().wire(request.id))
        self._go_on()

    def _go_on(self) -> None:
        """With what came meanwhile."""
        kept, self._kept = self._kept, b""
        if kept:
            self._wire.resume()
            self._go(kept)
