"""/callbacks/{upstream}[/{token}]: platforms tell us about attempts, in words of their own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol, cast

from aiohttp.web import BaseRequest

from gateway.ground.http.body import BODY_BYTES_MAX, read_body
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.door import Door
from gateway.ground.http.operation import OPERATION, Answer, Operation, Parameter, Route
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.ground.traffic.admission import Class

TAKE_CALLBACK: Final = Operation(
    name="takeCallback",
    tag=OPERATION,
    summary="What an upstream platform tells us",
    description="In the platform's own protocol, acknowledged in its own words.",
    signed=False,
    parameters=(Parameter("upstream", "The upstream's name."),),
    answers={200: Answer("The platform's acknowledgement.", media_type="text/plain")},
    problems=("not-found", "body-too-large", "unsupported-media-type", "overloaded"),
)
TAKE_NAMED_CALLBACK: Final = replace(
    TAKE_CALLBACK,
    name="takeNamedCallback",
    description="The same at the address that only the platform was told, for those that do not"
    " sign; any other token is refused.",
    parameters=(
        Parameter("upstream", "The upstream's name."),
        Parameter("token", "The upstream's secret."),
    ),
)


class Acknowledgement(Protocol):
    """The words in which an upstream wants to be answered."""

    @property
    def status(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


class Listening(Protocol):
    """What takes callbacks; see gateway.dispatch.topups."""

    def knows(self, name: str) -> bool:
        """Whether there is an upstream of this name, whose callbacks are read."""

    async def callback(
        self,
        name: str,
        *,
        token: str | None,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Acknowledgement | None:
        """Take an upstream's callback; None: there is no such upstream."""


class Callbacks:
    """The addresses that platforms call."""

    def __init__(self, upstreams: Listening, door: Door) -> None:
        self._upstreams = upstreams
        self._door = door

    async def take(self, request: Asked, upstream: str, token: str | None = None) -> DirectAnswer:
        """Verify, keep, apply, acknowledge, in this order."""
        if not self._upstreams.knows(upstream):
            raise ProblemError("not-found", "There is no such upstream.")
        self._door.look(Class.CALLBACK, upstream)
        body = request.body_at_hand(BODY_BYTES_MAX) if request.body_exists else b""
        if body is None:  # aiohttp reads it
            body = await read_body(cast(BaseRequest, request))
        self._door.enter(request, Class.CALLBACK, upstream)
        path, _, query = request.raw_path.partition("?")
        ack = await self._upstreams.callback(
            upstream,
            token=token,
            method=request.method,
            path=path,
            query=query,
            headers=request.headers,  # finds names in any case
            body=body,
        )
        if ack is None:  # it went while the body came
            raise ProblemError("not-found", "There is no such upstream.")
        return DirectAnswer(ack.body, ack.status, ack.content_type)


ROUTES: Final = (
    Route("POST", "/callbacks/{upstream}", Callbacks.take, TAKE_CALLBACK, plain=True),
    Route("POST", "/callbacks/{upstream}/{token}", Callbacks.take, TAKE_NAMED_CALLBACK, plain=True),
)
