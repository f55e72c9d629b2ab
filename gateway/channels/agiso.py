"""Agiso: orders of 京东 and 快手 are pushed here, and confirmed or given up there.

A push is answered once it is durable; a repeated one is the same. 快手 pushes no product, so its
order is asked for, and read again before anything is delivered.
"""

from collections.abc import Sequence
from typing import Final

from connectors.channels.agiso import calls, pushes, wire
from connectors.channels.agiso.pushes import Kind, Refunded
from connectors.channels.agiso.wire import AgisoRefused
from connectors.channels.call import Call
from connectors.channels.followed import Heard, Said, Wish
from connectors.signing import compact_json
from connectors.transport import Transport
from gateway.channels.calling import answer_to, house_of
from gateway.channels.content import OUT_ORDER_NO
from gateway.channels.face import Enter, Reply
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.channels.task_rules import written
from gateway.channels.task_store import TaskStore
from gateway.ground.http.problems import ProblemError

_KWAI: Final = frozenset({Kind.KWAI, Kind.KWAI_PHONE, Kind.KWAI_CARD, Kind.KWAI_OTHER})
_REASON: Final = "无法充值"
_DONE: Final = Said(heard=Heard.DONE)


class AgisoPushes:
    """Takes pushes."""

    def __init__(self, tasks: TaskStore) -> None:
        self._tasks = tasks

    async def answer(self, account: ChannelAccount, call: Call, enter: Enter) -> Reply:
        """See Face."""
        try:
            platform, aopic, text = wire.read_push(account.settings, call)
            try:
                enter(None)
            except ProblemError:
                return self.unknown()
            await self._take(account, pushes.read_message(platform, aopic, text))
        except AgisoRefused as refused:
            return _said(refused.status, refused.reason)
        return _said(200, "")

    def unknown(self) -> Reply:
        """Pushes repeat."""
        return _said(503, "try again")

    def closed(self) -> Reply:
        """As if its signature were wrong."""
        return _said(401, "wrong sign")

    async def _take(self, account: ChannelAccount, message: Wish | Refunded | None) -> None:
        if message is None:
            return
        if not OUT_ORDER_NO.fullmatch(message.number):
            raise AgisoRefused(400, "wrong member: the order's number")
        if isinstance(message, Refunded):
            await self._tasks.ask_refund(account, message.number)
        else:
            await self._tasks.add(account, message.number, written(message))


class AgisoHouse:
    """Calls about pushed orders."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def fetch(self, _: ChannelAccount) -> Sequence[Wish]:
        """None: they are pushed."""
        return ()

    async def look(self, account: ChannelAccount, wish: Wish, *, begun: bool) -> Wish | Said:  # noqa: ARG002
        """A 快手 order as it is now; of 京东 there is nothing to ask."""
        if wish.kind not in _KWAI:
            return wish
        request = calls.detail(house_of(account), wish)
        return calls.read_detail(wish, await answer_to(self._transport, request))

    async def take(self, _: ChannelAccount, __: Wish) -> Said:
        """There is no such step."""
        return _DONE

    async def deliver(self, account: ChannelAccount, wish: Wish, order: ChannelOrder) -> Said:
        """See FollowedHouse."""
        request = calls.delivered(house_of(account), wish, order.cards)
        return calls.read_sent(await answer_to(self._transport, request))

    async def give_up(self, account: ChannelAccount, wish: Wish) -> Said:
        """See FollowedHouse; where there is no call for it, a person has to."""
        request = calls.given_up(house_of(account), wish, _REASON)
        if request is None:
            return Said(heard=Heard.REFUSED, why="the platform has no call to give it up")
        return calls.read_refunded(await answer_to(self._transport, request))


def _said(status: int, reason: str) -> Reply:
    body = compact_json({"IsSuccess": status == 200, "Error_Msg": reason})
    return Reply(status=status, body=body.encode())
