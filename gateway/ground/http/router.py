"""Finds the handler of a request, counts its answer, and says what happens when it fails."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import unquote

import structlog
from aiohttp import ClientConnectionResetError
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.http.body import release_body
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.meters import HttpMeters, RouteMeter
from gateway.ground.http.operation import AtOnce, Glance, Handler, Route
from gateway.ground.http.problems import ProblemError, as_problem, problem_answer
from gateway.ground.http.request import Asked, of
from gateway.ground.http.twin import ForTwinError

log = structlog.get_logger()

_now: Final = time.perf_counter


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler and what counts its answers."""

    handler: Handler
    meter: RouteMeter
    plain: bool = False
    task: bool = True
    glance: Glance | None = None
    twin: Handler | None = None


class Router:
    """Finds handlers: fixed paths by one dictionary look-up, others step by step."""

    def __init__(
        self, routes: Sequence[Route], meters: HttpMeters, twins: Sequence[Route] = ()
    ) -> None:
        others = {(twin.method, twin.path): twin.handler for twin in twins}
        self._fixed: dict[str, dict[str, Endpoint]] = {}
        self._variable: dict[int, list[Pattern]] = {}  # by their steps
        self._deep: list[Pattern] = []
        for route in routes:
            methods = self._methods_of(route.path, deep=route.deep)
            meter = meters.route(route.method, route.path)
            methods[route.method] = Endpoint(
                route.handler,
                meter,
                route.plain,
                route.task,
                route.glance,
                others.get((route.method, route.path)),
            )
            if route.method == "GET":
                methods["HEAD"] = methods["GET"]

    def _methods_of(self, path: str, *, deep: bool) -> dict[str, Endpoint]:
        """The methods of a path, to be filled."""
        if "{" not in path:
            return self._fixed.setdefault(path, {})
        steps = path.split("/")
        patterns = self._deep if deep else self._variable.setdefault(len(steps), [])
        for known in patterns:
            if known.steps == steps:
                return known.methods
        patterns.append(Pattern(steps))
        return patterns[-1].methods

    def find(self, method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
        """The endpoint and the path's variables; ProblemError: not-found, method-not-allowed."""
        if path == "*":  # of all resources: OPTIONS (RFC 9110 §9.3.7)
            raise ProblemError("method-not-allowed", headers={"Allow": "GET, HEAD, POST"})
        variables: tuple[str, ...] = ()
        methods: Mapping[str, Endpoint] | None = self._fixed.get(path)
        if methods is None:
            methods, variables = self._find_variable(path.split("/"))
        endpoint = methods.get(method)
        if endpoint is None:
            raise ProblemError("method-not-allowed", headers={"Allow": ", ".join(sorted(methods))})
        return endpoint, variables

    def hot(self, method: str) -> Mapping[str, Endpoint]:
        """The endpoints of a method on fixed paths whose plain requests are past aiohttp."""
        found = {path: methods.get(method) for path, methods in self._fixed.items()}
        return {path: each for path, each in found.items() if each is not None and each.plain}

    def _find_variable(self, steps: list[str]) -> tuple[Mapping[str, Endpoint], tuple[str, ...]]:
        for pattern in self._variable.get(len(steps), ()):
            variables = pattern.variables_of(steps)
            if variables is not None:
                return pattern.methods, variables
        for pattern in self._deep:
            last = len(pattern.steps) - 1
            if len(steps) > last:
                variables = pattern.variables_of([*steps[:last], "/".join(steps[last:])])
                if variables is not None:
                    return pattern.methods, variables
        raise ProblemError("not-found", "There is no such resource.")


class Pattern:
    """A path of which some steps are variables, and what is done there by method."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps
        self.methods: dict[str, Endpoint] = {}
        named = {n for n, step in enumerate(steps) if step.startswith("{")}
        self._fixed = [(n, step) for n, step in enumerate(steps) if n not in named]
        self._named = sorted(named)

    def variables_of(self, steps: Sequence[str]) -> tuple[str, ...] | None:
        """What the variables are in as many steps; None: they are another path's."""
        for n, step in self._fixed:
            if steps[n] != step:
                return None
        found = [steps[n] for n in self._named]
        return tuple(map(unquote, found)) if all(found) else None


class Answering:
    """Answers requests, however they were read: handler, counters, and the answer to a failure.

    `twins` answer in the place of the routes of the same method and path: see `twin`.
    """

    def __init__(
        self, routes: Sequence[Route], meters: HttpMeters, twins: Sequence[Route] = ()
    ) -> None:
        router = Router(routes, meters, twins)
        self._find = router.find
        self._hot = router.hot("POST")
        # By how their requests begin.
        self.at_once: Sequence[tuple[bytes, AtOnce, Endpoint]] = [
            (f"POST {route.path} HTTP/1.1\r\n".encode(), route.at_once, self._hot[route.path])
            for route in routes
            if route.at_once is not None
        ]
        self._meters = meters
        self._unrouted = meters.route("", "")

    async def handle(self, request: BaseRequest) -> StreamResponse:
        """The one handler of the low-level server."""
        ours = of(request)
        try:
            endpoint, variables = self._find(ours.method, ours.raw_path.partition("?")[0])
        except ProblemError as error:
            endpoint, variables = Endpoint(partial(_refuse, error), self._unrouted), ()
        return await self.answer(ours, endpoint, variables)

    def plainly(self, method: str, target: str) -> tuple[Endpoint, tuple[str, ...]] | None:
        """The endpoint if its plain requests are answered without aiohttp."""
        if method != "POST":
            return None
        endpoint = self._hot.get(target)
        if endpoint is not None:
            return endpoint, ()
        try:
            found = self._find(method, target)
        except ProblemError:
            return None
        return found if found[0].plain else None

    def refused(self, request: Asked, endpoint: Endpoint) -> DirectAnswer | None:
        """The answer to a whole request that is refused for its head; None: it is not."""
        try:
            error = None if endpoint.glance is None else endpoint.glance(request)
        except Exception:  # what its handler says of it is answered
            log.exception("api.glance_failed", **_of(request))
            return None
        if error is None:
            return None
        self._meters.problem(error.code)
        answer = problem_answer(error, request.trace_id)
        endpoint.meter.observe(answer.status, 0.0)
        return answer

    async def answer(
        self, request: Asked, endpoint: Endpoint, variables: Sequence[str] = ()
    ) -> StreamResponse:
        """What the endpoint makes of the request."""
        started = _now()
        response: StreamResponse
        try:
            response = await endpoint.handler(request, *variables)
        except ProblemError as error:
            response = self._problem(error, request)
        except ForTwinError as proved:
            response = await self._by_twin(proved, request, endpoint, variables)
        except Exception as error:  # noqa: BLE001 - each kind is told as what it is
            response = self._failure(error, request)
        finally:
            if request.held_bytes:
                release_body(request)
            ended = _now()
            if request.work is not None:
                request.end(ended)
        endpoint.meter.observe(response.status, ended - started)
        return response

    async def _by_twin(
        self, proved: ForTwinError, request: Asked, endpoint: Endpoint, variables: Sequence[str]
    ) -> StreamResponse:
        """What the endpoint's twin makes of it, in a task: the route's own may have none."""
        if endpoint.twin is None:
            return self._problem(
                ProblemError("not-found", "The sandbox has no such thing."), request
            )
        try:
            return await asyncio.ensure_future(endpoint.twin(request, proved, *variables))
        except ProblemError as error:
            return self._problem(error, request)
        except Exception as error:  # noqa: BLE001 - as in `answer`
            return self._failure(error, request)

    def _failure(self, error: Exception, request: Asked) -> StreamResponse:
        """The answer to what is no problem yet; raised again where nobody is there to be told."""
        if isinstance(error, ClientConnectionResetError):
            raise error  # it left while its answer was written
        if isinstance(error, StoreUnavailableError):
            request.give_up()
            if not isinstance(error, OverloadedError):
                log.warning("api.store_unavailable", error=str(error), **_of(request))
        else:
            log.error("api.failed", method=request.method, exc_info=error, **_of(request))
        return self._problem(as_problem(error), request)

    def _problem(self, error: ProblemError, request: Asked) -> StreamResponse:
        """A problem's answer. With a body that is not read yet it is the connection's last: what
        comes next on it could be that body. So it is where a tunnel was asked for.
        """
        self._meters.problem(error.code)
        last = not request.is_whole or request.method == "CONNECT"
        return problem_answer(error, request.trace_id, last=last)


async def _refuse(error: ProblemError, _request: Asked) -> StreamResponse:
    raise error


def _of(request: Asked) -> dict[str, str]:
    """For the log; never what stands in a query."""
    return {"path": request.raw_path.partition("?")[0], "trace_id": request.trace_id}
