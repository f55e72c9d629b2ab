"""Finds the handler of a request, counts its answer, and says what happens when it fails."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import structlog
from aiohttp import ClientConnectionResetError
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.http.body import release_body
from gateway.ground.http.meters import HttpMeters, RouteMeter
from gateway.ground.http.operation import Handler, Route
from gateway.ground.http.problems import ProblemError, as_problem, problem_answer
from gateway.ground.http.request import of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler and what counts its answers."""

    handler: Handler
    meter: RouteMeter


class Router:
    """Finds handlers: fixed paths by one dictionary look-up, others step by step."""

    def __init__(self, routes: Sequence[Route], meters: HttpMeters) -> None:
        self._fixed: dict[str, dict[str, Endpoint]] = {}
        self._variable: list[tuple[list[str], dict[str, Endpoint]]] = []
        self._deep: list[tuple[list[str], dict[str, Endpoint]]] = []
        for route in routes:
            methods = self._methods_of(route.path, self._deep if route.deep else self._variable)
            methods[route.method] = Endpoint(route.handler, meters.route(route.method, route.path))
            if route.method == "GET":
                methods["HEAD"] = methods["GET"]

    def _methods_of(
        self, path: str, patterns: list[tuple[list[str], dict[str, Endpoint]]]
    ) -> dict[str, Endpoint]:
        """The methods of a path, to be filled."""
        if "{" not in path:
            return self._fixed.setdefault(path, {})
        steps = path.split("/")
        for known, methods in patterns:
            if known == steps:
                return methods
        patterns.append((steps, {}))
        return patterns[-1][1]

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

    def _find_variable(self, steps: list[str]) -> tuple[Mapping[str, Endpoint], tuple[str, ...]]:
        for pattern, methods in self._variable:
            if len(pattern) == len(steps) and _fits(pattern, steps):
                return methods, _variables(pattern, steps)
        for pattern, methods in self._deep:
            last = len(pattern) - 1
            if len(steps) > last:
                joined = [*steps[:last], "/".join(steps[last:])]
                if _fits(pattern, joined):
                    return methods, _variables(pattern, joined)
        raise ProblemError("not-found", "There is no such resource.")


def _fits(pattern: Sequence[str], steps: Sequence[str]) -> bool:
    return all(
        ours == theirs or (ours.startswith("{") and theirs)
        for ours, theirs in zip(pattern, steps, strict=True)
    )


def _variables(pattern: Sequence[str], steps: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        unquote(theirs) for ours, theirs in zip(pattern, steps, strict=True) if ours.startswith("{")
    )


def make_handler(routes: Sequence[Route], meters: HttpMeters) -> Callable[[BaseRequest], Any]:
    """The one handler of the low-level server."""
    find = Router(routes, meters).find
    unrouted = meters.route("", "")
    now = time.perf_counter

    async def handle(request: BaseRequest) -> StreamResponse:
        started = now()
        path, _, _ = request.raw_path.partition("?")
        meter = unrouted
        response: StreamResponse
        try:
            endpoint, variables = find(request.method, path)
            meter = endpoint.meter
            response = await endpoint.handler(request, *variables)
        except ClientConnectionResetError:
            raise  # it left while its answer was written
        except ProblemError as error:
            response = _answer(error, request, meters)
        except OverloadedError as error:
            of(request).give_up()
            response = _answer(as_problem(error), request, meters)
        except StoreUnavailableError as error:
            of(request).give_up()
            trace_id = of(request).trace_id
            log.warning("api.store_unavailable", path=path, error=str(error), trace_id=trace_id)
            response = _answer(as_problem(error), request, meters)
        except Exception as error:
            trace_id = of(request).trace_id
            log.exception("api.failed", path=path, method=request.method, trace_id=trace_id)
            response = _answer(as_problem(error), request, meters)
        finally:
            ours = of(request)
            if ours.held_bytes:
                release_body(ours)
            ended = now()
            if ours.work is not None:
                ours.end(ended)
        meter.observe(response.status, ended - started)
        return response

    return handle


def _answer(error: ProblemError, request: BaseRequest, meters: HttpMeters) -> StreamResponse:
    """A problem's answer. With a body that is not read yet it is the connection's last: what
    comes next on it could be that body. So it is where a tunnel was asked for.
    """
    meters.problem(error.code)
    last = not request.content.is_eof() or request.method == "CONNECT"
    return problem_answer(error, of(request).trace_id, last=last)
