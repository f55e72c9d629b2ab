"""Reads a channel's orders back, with their codes in plain text, each view of which is a row.

A channel sees what was ordered through it, and nothing else of its partner's.
"""

from typing import Final

import orjson

from connectors.channels.card import Card
from connectors.secret import Secret
from gateway.catalog.rules import CurrentCatalog
from gateway.channels.rules import CHANNEL, ChannelAccount, ChannelOrder
from gateway.ground.native import open_jwe
from gateway.orders.finding import OrderDesk, Shown, View
from gateway.orders.record import OrderRecord

VIA: Final = "channel"  # as the log of views says it
_WITH_CODES: Final = frozenset({"delivered", "partial"})


class ChannelOrders:
    """Finds orders of a channel."""

    def __init__(self, *, catalog: CurrentCatalog, desk: OrderDesk) -> None:
        self._catalog = catalog
        self._desk = desk

    async def by_number(self, account: ChannelAccount, number: str) -> ChannelOrder | None:
        """The order of the channel's own number."""
        order_id = await self._desk.find(account.partner_id, number)
        return None if order_id is None else await self.by_id(account, order_id)

    async def by_id(
        self, account: ChannelAccount, order_id: int, *, with_codes: bool = True
    ) -> ChannelOrder | None:
        """The order of our number, if it came by this channel; with codes, if they may leave by it.

        Looked at first and shown then: a view is written down only of what the channel gets.
        """
        seen = await self._look(account, order_id, with_codes=False)
        if seen is None or _channel_of(seen.record) != account.name:
            return None
        record = seen.record
        shows = with_codes and account.plaintext
        if shows and record.state in _WITH_CODES and record.seqs:
            shown = await self._look(account, order_id, with_codes=True)
            seen = shown or seen
        return self._order(account, seen)

    async def _look(
        self, account: ChannelAccount, order_id: int, *, with_codes: bool
    ) -> Shown | None:
        return await self._desk.show(
            View(
                partner_id=account.partner_id,
                order_id=order_id,
                key_id=account.key_id,
                with_codes=with_codes,
                via=VIA,
            )
        )

    def _order(self, account: ChannelAccount, shown: Shown) -> ChannelOrder:
        record = shown.record
        opened = orjson.loads(shown.codes or b"[]") if record.state in _WITH_CODES else []
        return ChannelOrder(
            record=record,
            sku=self._catalog.now.skus_by_id[record.sku_id],
            cards=[_card(account, each["jwe"]) for each in opened],
            refunded_minor=record.refunded,
        )


def _channel_of(record: OrderRecord) -> str | None:
    said = orjson.loads(record.metadata) if record.metadata else {}
    name = said.get(CHANNEL)
    return name if isinstance(name, str) else None


def _card(account: ChannelAccount, jwe: str) -> Card:
    """A code as number and password: with one part only, that is the password."""
    code: dict[str, str] = orjson.loads(open_jwe(account.delivery_key, jwe))
    parts = [code[name] for name in ("code", "pin", "url") if code.get(name)]
    first, second = parts[0], parts[1] if len(parts) > 1 else None
    if second is None:
        return Card(card_pwd=Secret(first))
    return Card(card_no=Secret(first), card_pwd=Secret(second))
