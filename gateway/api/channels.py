"""/channels/{channel}/…: platforms that order from us, each in its own protocol."""

import time

import structlog
from aiohttp.web import BaseRequest, Response
from multidict import CIMultiDict

from connectors.channels.goofish import answers, wire
from connectors.channels.goofish.requests import read_request
from gateway.api.body import read_body
from gateway.api.context import Context
from gateway.api.direct_answer import SERVER_NAME
from gateway.api.goofish import obey
from gateway.api.problems import ProblemError
from gateway.domain.channel import ChannelAccount
from gateway.domain.errors import StoreUnavailableError

log = structlog.get_logger()


async def take_channel_call(
    context: Context, request: BaseRequest, channel: str, path: str
) -> Response:
    """Verify, read, obey, and answer in the channel's words: HTTP 200 whatever happens."""
    account = context.channels.find(channel)
    if account is None:
        raise ProblemError("not-found", "There is no such channel.")
    body = await read_body(request)
    _, _, query = request.raw_path.partition("?")
    answer = await _answer(context, account, path, query, body)
    headers = CIMultiDict({"Content-Type": answers.CONTENT_TYPE, "Server": SERVER_NAME})
    return Response(body=answer, headers=headers)


async def _answer(
    context: Context, account: ChannelAccount, path: str, query: str, body: bytes
) -> bytes:
    try:
        wire.verify(account.settings, query, body, time.time())
        operation = _operation(path)
        asked = read_request(operation, body)
        return answers.success(await obey(context, account, operation, asked))
    except wire.GoofishRefused as refused:
        return answers.refusal(refused)
    except StoreUnavailableError as error:
        # Not a refusal: the channel asks for the detail, and orders again if there is none.
        log.warning("channels.store_unavailable", channel=account.name, error=str(error))
        return answers.refusal(wire.GoofishRefused(wire.Code.ORDER_TIMEOUT))


def _operation(path: str) -> wire.Operation:
    operation = wire.operation_of(path)
    if operation is None:
        raise wire.GoofishRefused(wire.Code.BAD_PARAMETERS, "no such operation")
    return operation
