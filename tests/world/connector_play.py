"""Plays a connector's operation against prepared answers, without any I/O."""

import json
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from connectors.contract import Answer, Context, Exchange, Ordered
from connectors.exchange import HttpRequest, HttpResponse, TransportFailure
from connectors.judgement import Judgement, judge

T = TypeVar("T")


def ok(value: object, *, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(status=status, headers=headers, body=json.dumps(value).encode())


@dataclass(slots=True)
class Played(Generic[T]):
    """The result of an operation and the requests it made."""

    result: T
    requests: list[HttpRequest] = field(default_factory=list)

    def sent(self, index: int = 0) -> Any:
        """The JSON body of a request."""
        return json.loads(self.requests[index].body)


def play(exchange: Exchange[T], *answers: HttpResponse | TransportFailure) -> Played[T]:
    """Give the operation these answers in turn; fails if it asks for more or for fewer."""
    requests: list[HttpRequest] = []
    waiting = list(answers)
    try:
        requests.append(next(exchange))
        while True:
            answer = waiting.pop(0)
            if isinstance(answer, TransportFailure):
                requests.append(exchange.throw(answer))
            else:
                requests.append(exchange.send(answer))
    except StopIteration as done:
        assert not waiting, f"{len(waiting)} answers were not asked for"
        return Played(done.value, requests)


def deal(
    operation: Any,
    request: Ordered,
    context: Context,
    *answers: HttpResponse | TransportFailure,
) -> Played[Judgement]:
    """A connector's submit or query, played and judged as its driver does."""
    exchange: Exchange[Answer] = operation(request, context)
    played = play(exchange, *answers)
    judgement = judge(played.result, request, operation.__self__.expects(request))
    return Played(judgement, played.requests)
