"""/channels/{channel}/…: platforms that order from us, each in its own protocol."""

import time
from typing import Final, Protocol

import structlog
from aiohttp.web import BaseRequest, Response
from multidict import CIMultiDict

from connectors.channels.goofish import answers, wire
from connectors.channels.goofish.requests import CreateRequest, Request, read_request
from gateway.channels.goofish import Goofish
from gateway.channels.rules import ChannelAccount
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.body import read_body
from gateway.ground.http.direct_answer import SERVER_NAME
from gateway.ground.http.door import Door
from gateway.ground.http.operation import OPERATION, Answer, Operation, Parameter, Route
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked, of
from gateway.ground.traffic.admission import Class

log = structlog.get_logger()


TAKE_CHANNEL_CALL: Final = Operation(
    name="takeChannelCall",
    tag=OPERATION,
    summary="What an order channel asks of us",
    description=(
        "In the channel's own protocol and with its own signature. goofish: `open/info`, "
        "`user/info`, `goods/list`, `goods/detail`, `order/recharge/create`, "
        "`order/purchase/create`, `order/ticket/create`, `order/detail` behind `goofish/`, under "
        "any prefix; always 200, `code` 0 is success."
    ),
    signed=False,
    parameters=(
        Parameter("channel", "The channel's name."),
        Parameter("path", "The protocol's path; it may have several steps."),
    ),
    answers={200: Answer("The protocol's answer.")},
    problems=("not-found", "body-too-large", "unsupported-media-type", "overloaded"),
)


class ChannelAccounts(Protocol):
    """Who may ask; see gateway.channels.results."""

    def find(self, name: str) -> ChannelAccount | None:
        """The channel of that name."""


class ChannelCalls:
    """The addresses that channels call."""

    def __init__(self, channels: ChannelAccounts, goofish: Goofish, door: Door) -> None:
        self._channels = channels
        self._door = door
        self._goofish = goofish

    async def take(self, request: BaseRequest, channel: str, path: str) -> Response:
        """Verify, read, obey, and answer in the channel's words: HTTP 200 whatever happens."""
        account = self._channels.find(channel)
        if account is None:
            raise ProblemError("not-found", "There is no such channel.")
        self._door.look(Class.RETRY, account.partner_id, told_as=Class.ORDER)
        body = await read_body(request)
        answer = await self._answer(of(request), account, path, body)
        headers = CIMultiDict({"Content-Type": answers.CONTENT_TYPE, "Server": SERVER_NAME})
        return Response(body=answer, headers=headers)

    async def _answer(
        self, request: Asked, account: ChannelAccount, path: str, body: bytes
    ) -> bytes:
        _, _, query = request.raw_path.partition("?")
        try:
            wire.verify(account.settings, query, body, time.time())
            operation = _operation(path)
            asked = read_request(operation, body)
            self._enter(request, account, asked)
            return answers.success(await self._goofish.obey(account, operation, asked))
        except wire.GoofishRefused as refused:
            return answers.refusal(refused)
        except StoreUnavailableError as error:
            # Not a refusal: the channel asks for the detail, and orders again if there is none.
            log.warning("channels.store_unavailable", channel=account.name, error=str(error))
            return answers.refusal(wire.GoofishRefused(wire.Code.ORDER_TIMEOUT))

    def _enter(self, request: Asked, account: ChannelAccount, asked: Request) -> None:
        """The call is under way. Raises GoofishRefused when there is no room for it."""
        kind = Class.QUERY
        if isinstance(asked, CreateRequest):
            repeats = self._door.is_tight and self._goofish.may_repeat(account, asked)
            kind = Class.RETRY if repeats else Class.ORDER
        try:
            self._door.enter(request, kind, account.partner_id)
        except ProblemError:
            raise wire.GoofishRefused(wire.Code.ORDER_TIMEOUT) from None


def _operation(path: str) -> wire.Operation:
    operation = wire.operation_of(path)
    if operation is None:
        raise wire.GoofishRefused(wire.Code.BAD_PARAMETERS, "no such operation")
    return operation


ROUTES: Final = (
    Route("POST", "/channels/{channel}/{path}", ChannelCalls.take, TAKE_CHANNEL_CALL, deep=True),
)
