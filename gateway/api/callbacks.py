"""/callbacks/{upstream}[/{token}]: platforms tell us about attempts, in words of their own."""

from aiohttp.web import BaseRequest, Response, StreamResponse
from multidict import CIMultiDict

from gateway.api.body import read_body
from gateway.api.context import Context
from gateway.api.direct_answer import SERVER_NAME, DirectAnswer
from gateway.api.problems import ProblemError


async def take_callback(
    context: Context, request: BaseRequest, upstream: str, token: str | None = None
) -> StreamResponse:
    """Verify, keep, apply, acknowledge, in this order."""
    body = await read_body(request)
    path, _, query = request.raw_path.partition("?")
    ack = await context.topups.callback(
        upstream,
        token=token,
        method=request.method,
        path=path,
        query=query,
        headers=request.headers,  # finds names in any case
        body=body,
    )
    if ack is None:
        raise ProblemError("not-found", "There is no such upstream.")
    if ack.body:
        return DirectAnswer(ack.body, ack.status, ack.content_type)
    return Response(status=ack.status, headers=CIMultiDict({"Server": SERVER_NAME}))
