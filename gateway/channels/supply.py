"""A 卡速售 shop that sells our top-ups: polled, taken over, ended."""

from collections.abc import Sequence
from typing import Final

import structlog

from connectors.channels.followed import Heard, Said, Wish
from connectors.channels.kasushou_supply import calls
from connectors.channels.kasushou_supply.calls import PAGE, Row, Status
from connectors.exchange import HttpRequest, ProtocolError
from connectors.transport import Transport
from gateway.channels.calling import answer_to, house_of
from gateway.channels.rules import ChannelAccount, ChannelOrder

log = structlog.get_logger()

PAGES_MAX: Final = 20  # of a poll; what is beyond waits for the next
_DONE, _FAILED = "充值成功", "充值失败，请核对账号"


class SupplyHouse:
    """Calls to the shop."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def fetch(self, account: ChannelAccount) -> Sequence[Wish]:
        """All that waits, page by page."""
        found: list[Wish] = []
        for page in range(1, PAGES_MAX + 1):
            try:
                answer = await answer_to(self._transport, calls.waiting(house_of(account), page))
                rows = calls.read_orders(answer)
            except ProtocolError as error:
                log.warning("channels.not_polled", channel=account.name, error=str(error))
                break
            found += [row.wish for row in rows if row.status == Status.WAITING]
            if len(rows) < PAGE:
                break
        return found

    async def look(self, account: ChannelAccount, wish: Wish, *, begun: bool) -> Wish | Said:
        """As it stands there now; one that others took over, or that is over, is not ours."""
        try:
            row = await self._row(account, wish)
        except ProtocolError as error:
            return Said(heard=Heard.AGAIN, why=str(error))
        ours = (Status.WAITING, Status.RUNNING) if begun else (Status.WAITING,)
        if row is None or row.status not in ours:
            if begun:
                return Said(heard=Heard.REFUSED, why="it is over there, and we had begun")
            return Said(heard=Heard.DONE, why="it does not wait any more")
        if not row.is_virtual:
            return Said(heard=Heard.REFUSED, why="it is no top-up")
        return row.wish

    async def take(self, account: ChannelAccount, wish: Wish) -> Said:
        """See FollowedHouse."""
        return await self._dual(account, wish, calls.taken(house_of(account), wish), Status.RUNNING)

    async def deliver(self, account: ChannelAccount, wish: Wish, order: ChannelOrder) -> Said:  # noqa: ARG002
        """See FollowedHouse."""
        request = calls.delivered(house_of(account), wish, _DONE)
        return await self._dual(account, wish, request, Status.DONE)

    async def give_up(self, account: ChannelAccount, wish: Wish) -> Said:
        """See FollowedHouse: all the money goes back."""
        request = calls.given_up(house_of(account), wish, None, _FAILED)
        return await self._dual(account, wish, request, Status.REFUNDED)

    async def _dual(
        self, account: ChannelAccount, wish: Wish, request: HttpRequest, aim: Status
    ) -> Said:
        """A refusal has no finer code; an order that stands where it was to be has been moved."""
        said = calls.read_said(await answer_to(self._transport, request))
        if said.heard is not Heard.REFUSED:
            return said
        try:
            row = await self._row(account, wish)
        except ProtocolError as error:
            return Said(heard=Heard.AGAIN, why=str(error))
        if row is not None and row.status == aim:
            return Said(heard=Heard.DONE, why="it was done before")
        return said

    async def _row(self, account: ChannelAccount, wish: Wish) -> Row | None:
        answer = await answer_to(self._transport, calls.one(house_of(account), wish))
        rows = calls.read_orders(answer)
        return next((row for row in rows if row.wish.reference == wish.reference), None)
