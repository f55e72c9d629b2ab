"""/healthz (the process lives) and /readyz (it takes orders). Neither needs a signature."""

import asyncio
from typing import Any, Final, Literal

from aiohttp.web import BaseRequest, Response
from msgspec import UNSET, Struct, UnsetType

from gateway.ground.http.answers import struct_response
from gateway.ground.http.operation import OPERATION, Answer, Operation, Route
from gateway.ground.sql.absence import Absence
from gateway.ground.sql.readiness import Readiness


class Health(Struct, kw_only=True):
    """How the process is; `checks` says what stands in the way."""

    status: Literal["ok", "ready", "not-ready"]
    checks: dict[str, Any] | UnsetType = UNSET


READ_HEALTH: Final = Operation(
    name="readHealth",
    tag=OPERATION,
    summary="Whether the process lives",
    signed=False,
    answers={200: Answer("It does.", Health)},
)
READ_READINESS: Final = Operation(
    name="readReadiness",
    tag=OPERATION,
    summary="Whether it takes orders",
    signed=False,
    answers={
        200: Answer("It does.", Health),
        503: Answer("It is draining, or the database is away.", Health),
    },
)


class HealthChecks:
    """`absence` is what commits know of the database; `draining` is set while we are leaving."""

    def __init__(self, absence: Absence, readiness: Readiness, draining: asyncio.Event) -> None:
        self._absence = absence
        self._readiness = readiness
        self._draining = draining

    async def live(self, _request: BaseRequest) -> Response:
        """GET /healthz."""
        return struct_response(Health(status="ok"))

    async def ready(self, _request: BaseRequest) -> Response:
        """GET /readyz: 200, or 503 while draining or without the database."""
        up = not self._absence.lasts and await self._readiness.database_up()
        draining = self._draining.is_set()
        checks = {"database": "up" if up else "down", "draining": draining}
        ready = up and not draining
        return struct_response(
            Health(status="ready" if ready else "not-ready", checks=checks), 200 if ready else 503
        )


ROUTES: Final = (
    Route("GET", "/healthz", HealthChecks.live, READ_HEALTH),
    Route("GET", "/readyz", HealthChecks.ready, READ_READINESS),
)
