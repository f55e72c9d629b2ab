"""Which handler answers which request: one table, and what happens when a handler fails."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp.web import BaseRequest, Response

from gateway.api.context import Context
from gateway.api.order_reads import list_orders, read_order, read_order_by_number
from gateway.api.orders import place_batch, place_order
from gateway.api.problems import ProblemError, problem_response
from gateway.domain.errors import StoreUnavailableError

log = structlog.get_logger()

Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has `{name}` for a variable step; variables are passed in order."""

    method: str
    path: str
    handler: Handler


ROUTES: Final[list[Route]] = [
    Route("POST", "/v1/orders", place_order),
    Route("GET", "/v1/orders", list_orders),
    Route("POST", "/v1/orders/batch", place_batch),
    Route("GET", "/v1/orders/{order_no}", read_order),
    Route("GET", "/v1/orders/by-out-no/{out_order_no}", read_order_by_number),
]


class Router:
    """Finds handlers: fixed paths by one dictionary look-up, others step by step."""

    def __init__(self, routes: list[Route]) -> None:
        self._fixed: dict[str, dict[str, Handler]] = {}
        self._variable: list[tuple[list[str], dict[str, Handler]]] = []
        for route in routes:
            if "{" in route.path:
                steps = route.path.split("/")
                for known, methods in self._variable:
                    if known == steps:
                        methods[route.method] = route.handler
                        break
                else:
                    self._variable.append((steps, {route.method: route.handler}))
            else:
                self._fixed.setdefault(route.path, {})[route.method] = route.handler

    def find(self, method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
        """The handler and the path's variables; ProblemError: not-found, method-not-allowed."""
        variables: tuple[str, ...] = ()
        methods: Mapping[str, Handler] | None = self._fixed.get(path)
        if methods is None:
            methods, variables = self._find_variable(path.split("/"))
        handler = methods.get(method)
        if handler is None:
            raise ProblemError("method-not-allowed", headers={"Allow": ", ".join(sorted(methods))})
        return handler, variables

    def _find_variable(self, steps: list[str]) -> tuple[Mapping[str, Handler], tuple[str, ...]]:
        for pattern, methods in self._variable:
            if len(pattern) == len(steps) and all(
                ours == theirs or (ours.startswith("{") and theirs)
                for ours, theirs in zip(pattern, steps, strict=True)
            ):
                return methods, tuple(
                    theirs
                    for ours, theirs in zip(pattern, steps, strict=True)
                    if ours.startswith("{")
                )
        raise ProblemError("not-found", "There is no such resource.")


def make_handler(context: Context, routes: list[Route]) -> Callable[[BaseRequest], Any]:
    """The one handler of the low-level server."""
    router = Router(routes)
    find = router.find

    async def handle(request: BaseRequest) -> Response:
        raw_path = request.raw_path
        path, _, _ = raw_path.partition("?")
        try:
            handler, variables = find(request.method, path)
            return await handler(context, request, *variables)
        except ProblemError as error:
            return problem_response(error)
        except StoreUnavailableError as error:
            log.warning("api.store_unavailable", path=path, error=str(error))
            return problem_response(ProblemError("maintenance"))
        except Exception:
            trouble = ProblemError("internal")
            log.exception("api.failed", path=path, method=request.method)
            return problem_response(trouble)

    return handle
