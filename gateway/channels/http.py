"""/channels/{channel}/…: platforms that order from us, each in its own protocol."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

import structlog
from aiohttp.web import BaseRequest, Response
from multidict import CIMultiDict

from connectors.channels.call import Call
from gateway.channels.counter import ClosedError, Counter
from gateway.channels.face import Face, Reply
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
        "any prefix; always 200, `code` 0 is success. dujiao: `api/v1/upstream/…`. kasushou: "
        "`api/v1/…`. kakayun: `dockapiv3/…`."
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

    def __init__(
        self, channels: ChannelAccounts, faces: Mapping[str, Face], counter: Counter, door: Door
    ) -> None:
        """`faces` by the adapter whose protocol they speak."""
        self._channels = channels
        self._faces = faces
        self._counter = counter
        self._door = door

    async def take(self, request: BaseRequest, channel: str, path: str = "") -> Response:
        """Verify, read, obey, and answer in the channel's words."""
        account = self._channels.find(channel)
        face = None if account is None else self._faces.get(account.adapter)
        if account is None or face is None:
            raise ProblemError("not-found", "There is no such channel.")
        self._door.look(Class.RETRY, account.partner_id, told_as=Class.ORDER)
        body = await read_body(request)
        asked = of(request)
        call = Call(
            method=asked.method,
            path=f"/{path}",
            query=asked.raw_path.partition("?")[2],
            headers={name.lower(): value for name, value in asked.headers.items()},
            body=body,
            now=time.time(),
        )
        reply = await self._answer(asked, account, face, call)
        headers = CIMultiDict({"Content-Type": reply.content_type, "Server": SERVER_NAME})
        return Response(body=reply.body, status=reply.status, headers=headers)

    async def _answer(
        self, request: Asked, account: ChannelAccount, face: Face, call: Call
    ) -> Reply:
        def enter(number: str | None) -> None:
            kind = Class.QUERY
            if number is not None:
                repeats = self._door.is_tight and self._counter.may_repeat(account, number)
                kind = Class.RETRY if repeats else Class.ORDER
            self._door.enter(request, kind, account.partner_id)

        try:
            return await face.answer(account, call, enter)
        except ClosedError:
            return face.closed()
        except StoreUnavailableError as error:
            log.warning("channels.store_unavailable", channel=account.name, error=str(error))
            return face.unknown()


TAKE_CHANNEL_QUESTION: Final = replace(
    TAKE_CHANNEL_CALL, name="takeChannelQuestion", problems=("not-found", "overloaded")
)
TAKE_CHANNEL_PUSH: Final = replace(
    TAKE_CHANNEL_CALL,
    name="takeChannelPush",
    summary="What an order channel tells us",
    description="agiso: a form with `json`, signed in the query; answered once it is durable.",
    parameters=TAKE_CHANNEL_CALL.parameters[:1],
)
ROUTES: Final = (
    Route("GET", "/channels/{channel}/{path}", ChannelCalls.take, TAKE_CHANNEL_QUESTION, deep=True),
    Route("POST", "/channels/{channel}/{path}", ChannelCalls.take, TAKE_CHANNEL_CALL, deep=True),
    Route("POST", "/channels/{channel}", ChannelCalls.take, TAKE_CHANNEL_PUSH),
    Route(
        "POST",
        "/channels/{channel}/",
        ChannelCalls.take,
        replace(TAKE_CHANNEL_PUSH, name="takeChannelPushAt"),
    ),
)
