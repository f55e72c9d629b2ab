"""Drives a connector over a transport: what the gateway holds for each upstream it buys from.

The one rule: an operation that ends in a failure after an executing request may have been read is
UNKNOWN; before that it is NOT_SENT. A connector's own bug counts as a failure of that kind too.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from connectors.bill import BillPage, KeepsBills
from connectors.complaint import Complaint, TakesComplaints
from connectors.contract import (
    Answer,
    AnswerKind,
    Balance,
    CallbackEvent,
    CallbackRequest,
    Cancellation,
    CancelRequest,
    Capabilities,
    CatalogPage,
    Connector,
    Context,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    Session,
    SubmitRequest,
    UpstreamRefused,
)
from connectors.exchange import FailureKind, ProtocolError, TransportFailure
from connectors.judgement import Judgement, judge
from connectors.transport import Transport

T = TypeVar("T")


@dataclass(slots=True)
class _Run(Generic[T]):
    """One operation under way; `may_have_executed` survives whatever ends it."""

    exchange: Exchange[T]
    may_have_executed: bool = False

    async def drive(self, transport: Transport) -> T:
        """Answer the operation's requests until it returns; failures are thrown into it."""
        try:
            request = next(self.exchange)
            while True:
                try:
                    response = await transport.exchange(request)
                except TransportFailure as failure:
                    self.may_have_executed |= (
                        request.executes and failure.kind is not FailureKind.NOT_SENT
                    )
                    request = self.exchange.throw(failure)
                else:
                    self.may_have_executed |= request.executes
                    request = self.exchange.send(response)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            self.exchange.close()


@dataclass(slots=True, kw_only=True)
class Upstream:
    """One account at one platform: connector, transport and session together."""

    connector: Connector
    transport: Transport
    now: Callable[[], float] = time.time
    session: Session = field(default_factory=Session)

    @property
    def capabilities(self) -> Capabilities:
        """What may be relied on."""
        return self.connector.capabilities

    async def submit(self, request: SubmitRequest) -> Judgement:
        """Buy once. Never raises but for cancellation; the attempt must be committed before."""
        run = _Run(self.connector.submit(request, self._context()))
        try:
            answer = await run.drive(self.transport)
        except Exception as error:  # noqa: BLE001 — whatever it was, the money may be gone
            kind = AnswerKind.UNKNOWN if run.may_have_executed else AnswerKind.NOT_SENT
            answer = Answer(kind=kind, reason=_reason(error), message=_describe(error))
        return self.judge(answer, request)

    async def query(self, request: QueryRequest) -> Judgement:
        """Ask what became of an attempt. Never raises but for cancellation."""
        run = _Run(self.connector.query(request, self._context()))
        try:
            answer = await run.drive(self.transport)
        except Exception as error:  # noqa: BLE001 — a failed query is no news, never a failure
            answer = Answer(
                kind=AnswerKind.UNKNOWN, reason=_reason(error), message=_describe(error)
            )
        return self.judge(answer, request)

    def judge(self, answer: Answer, ordered: Ordered) -> Judgement:
        """What an answer proves, whichever door it came through."""
        return judge(answer, ordered, self.connector.expects(ordered))

    async def cancel(self, request: CancelRequest) -> Cancellation:
        """Ask to stop an attempt; a failure on the way counts as REFUSED: nothing is proved."""
        run = _Run(self.connector.cancel(request, self._context()))
        try:
            return await run.drive(self.transport)
        except (TransportFailure, ProtocolError, UpstreamRefused):
            return Cancellation.REFUSED

    async def balance(self) -> Balance:
        """Raises `TransportFailure`, `ProtocolError` or `UpstreamRefused`."""
        return await _Run(self.connector.balance(self._context())).drive(self.transport)

    async def bill(self, day: date, cursor: str | None = None) -> BillPage | None:
        """A page of the platform's list of a day; None: it has none. Raises as `balance`."""
        if not isinstance(self.connector, KeepsBills):
            return None
        exchange = self.connector.bill(day, cursor, self._context())
        return await _Run(exchange).drive(self.transport)

    async def complain(self, complaint: Complaint) -> bool | None:
        """Whether the platform took it; None: it takes none. Raises as `balance`."""
        if not isinstance(self.connector, TakesComplaints):
            return None
        exchange = self.connector.complain(complaint, self._context())
        return await _Run(exchange).drive(self.transport)

    async def catalog(self, cursor: str | None = None) -> CatalogPage:
        """Raises `TransportFailure`, `ProtocolError` or `UpstreamRefused`."""
        return await _Run(self.connector.catalog(cursor, self._context())).drive(self.transport)

    def parse_callback(self, call: CallbackRequest) -> CallbackEvent:
        """Verify and read a callback, or raise `CallbackRefused`."""
        return self.connector.parse_callback(call, self.now())

    def _context(self) -> Context:
        return Context(now=self.now(), session=self.session)


def _reason(error: Exception) -> Reason:
    if isinstance(error, UpstreamRefused):
        return error.reason
    return Reason.CONNECTION if isinstance(error, TransportFailure) else Reason.UNREADABLE


def _describe(error: Exception) -> str:
    # Messages of foreign errors may quote the answer, and so a code: only ours are repeated.
    ours = isinstance(error, (TransportFailure, ProtocolError, UpstreamRefused))
    return str(error) if ours else type(error).__name__
