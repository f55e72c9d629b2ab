"""What a call does, try by try. It says what to send and how long to wait; a driver does it.

So one text serves both clients, and no network is needed to look at it.
"""

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from quangate.codes import Code, KeyRing, as_code
from quangate.models import Order
from quangate.problem import (
    Problem,
    QuangateError,
    UnknownOutcomeError,
    read_problem,
    refusal,
    unexpected,
    unsayable,
)
from quangate.retrying import RETRIED, wait_s
from quangate.signing import Signer, part, with_query

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Send:
    """A signed request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole."""

    status: int
    body: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer. `is_sent`: the gateway may have got the request."""

    is_sent: bool


Flow = Generator[Send | float, Reply | Unanswered | None, T]


class Page(msgspec.Struct, Generic[Item]):
    """A part of a list."""

    data: tuple[Item, ...]
    next_cursor: str | None = None


class BatchLine(msgspec.Struct):
    """What became of one line of a batch."""

    status: int
    order: Order | None = None
    problem: Problem | None = None


class BatchLines(msgspec.Struct):
    """What became of a batch."""

    results: tuple[BatchLine, ...]


class LostError(QuangateError):
    """A try whose request may have been carried out: its answer says nothing, or did not come."""

    def __init__(self, cause: QuangateError) -> None:
        super().__init__(cause.code, cause.detail, status=cause.status, retryable=True)
        self.cause = cause


class Calls:
    """What all calls of a client share: how they are signed, read and tried again."""

    def __init__(self, base_path: str, signer: Signer, keys: KeyRing, max_retries: int) -> None:
        self._base = base_path
        self._signer = signer
        self._keys = keys
        self._retries = max_retries
        self.clock: Callable[[], float] = time.time
        self.chance: Callable[[], float] = random.random

    def read(self, body: bytes, kind: Any) -> Any:
        """An answer as what it is. Raises ValueError."""
        return msgspec.json.decode(body, type=kind, dec_hook=self._hook)

    def _hook(self, kind: type, said: Any) -> Any:
        if kind is Code:
            return as_code(self._keys, said)
        raise NotImplementedError

    def call(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        retries: int | None = None,
    ) -> Flow[T]:
        """Try until there is an answer, or no more tries. Raises QuangateError."""
        target = with_query(self._base + path, query or {})
        sent = b"" if body is None else _encode(body)
        left = self._retries if retries is None else retries
        tries, is_lost, is_clock_right = 0, False, False
        while True:
            reply = yield self._request(method, target, sent)
            tries += 1
            try:
                return self._judged(reply, kind)
            except QuangateError as error:
                is_lost = is_lost or isinstance(error, LostError)
                if error.server_time is not None and not is_clock_right:
                    is_clock_right = True
                    self._signer.offset_s = error.server_time - self.clock()
                    tries -= 1
                    continue
                pause = self._pause(error, tries) if tries <= left else None
                if pause is None:
                    raise self._last(error, is_lost=is_lost) from None
                yield pause

    def pages(self, path: str, kind: type[T], query: Mapping[str, object]) -> Flow[Page[T]]:
        """One page of a list; `query` has its cursor."""
        return self.call("GET", path, Page[kind], query=query)  # type: ignore[valid-type]

    def place(self, order: Mapping[str, object]) -> Flow[Order]:
        """Place an order; one whose answer is lost is asked for before anything is raised."""
        try:
            return (yield from self.call("POST", "/v1/orders", Order, body=order))
        except LostError:
            number = str(order["out_order_no"])
            found = yield from self._find(number)
            if isinstance(found, Order):
                return found
            raise UnknownOutcomeError(number) from None

    def batch(self, orders: Sequence[Mapping[str, object]]) -> Flow[list[Order | QuangateError]]:
        """Place many; of each its order or why there is none, in order."""
        body = {"orders": [_given(order) for order in orders]}
        try:
            lines = yield from self.call("POST", "/v1/orders/batch", BatchLines, body=body)
            if len(lines.results) == len(orders):
                return [_became(line) for line in lines.results]
        except LostError:
            pass
        return (yield from self._find_all([str(order["out_order_no"]) for order in orders]))

    def _find_all(self, numbers: Sequence[str]) -> Flow[list[Order | QuangateError]]:
        found: list[Order | QuangateError] = []
        is_away = False
        for number in numbers:
            one = None if is_away else (yield from self._find(number))
            is_away = is_away or (isinstance(one, QuangateError) and not one.status)
            found.append(one if isinstance(one, Order) else UnknownOutcomeError(number))
        return found

    def _find(self, number: str) -> Flow[Order | QuangateError]:
        try:
            path = f"/v1/orders/by-out-no/{part(number)}"
            return (yield from self.call("GET", path, Order, retries=0))
        except QuangateError as error:
            return error

    def _request(self, method: str, target: str, body: bytes) -> Send:
        headers = self._signer.headers(method, target, body, self.clock())
        if body:
            headers["Content-Type"] = "application/json"
        return Send(method, target, headers, body)

    def _judged(self, reply: Reply | Unanswered | None, kind: type[T]) -> T:
        if reply is None or isinstance(reply, Unanswered):
            error = QuangateError("connection-failed", "there was no answer", retryable=True)
            raise LostError(error) if reply is None or reply.is_sent else error
        if 200 <= reply.status < 300:
            try:
                found: T = self.read(reply.body, kind)
            except (ValueError, RecursionError):
                raise LostError(unexpected(reply.status)) from None
            return found
        error = read_problem(reply.status, reply.body, reply.retry_after)
        is_ours = error.code != "unexpected-answer"
        if reply.status in {500, 502, 504} or (reply.status == 503 and not is_ours):
            raise LostError(error)
        raise error

    def _pause(self, error: QuangateError, tries: int) -> float | None:
        cause = error.cause if isinstance(error, LostError) else error
        if cause.status not in RETRIED and cause.code != "connection-failed":
            return None
        return wait_s(tries, cause.retry_after, chance=self.chance(), now=self.clock())

    def _last(self, error: QuangateError, *, is_lost: bool) -> QuangateError:
        """What is raised: a refusal decides, unless it says only "not now" and a try before it was
        lost.
        """
        if isinstance(error, LostError) or not is_lost:
            return error
        return LostError(error) if error.retryable else error


def _became(line: BatchLine) -> Order | QuangateError:
    if line.order is not None:
        return line.order
    if line.problem is None:
        return unexpected(line.status)
    return refusal(line.status, line.problem)


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def _encode(members: Mapping[str, object]) -> bytes:
    """Raises QuangateError."""
    try:
        return msgspec.json.encode(_given(members))
    except UnicodeEncodeError:
        raise unsayable() from None
