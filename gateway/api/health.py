"""/healthz (the process lives) and /readyz (it takes orders). Neither needs a signature."""

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import struct_response
from gateway.api.context import Context
from gateway.api.schemas import Health


async def read_health(_context: Context, _request: BaseRequest) -> Response:
    """GET /healthz."""
    return struct_response(Health(status="ok"))


async def read_readiness(context: Context, _request: BaseRequest) -> Response:
    """GET /readyz: 200, or 503 while draining or without the database."""
    up = not context.intake.absence.lasts and await context.readiness.database_up()
    checks = {"database": "up" if up else "down", "draining": context.draining}
    ready = up and not context.draining
    return struct_response(
        Health(status="ready" if ready else "not-ready", checks=checks), 200 if ready else 503
    )
