"""An order in dujiao-next's words: what its questions are answered with, and what it is told."""

from typing import Final

from connectors.channels.dujiao import answers
from connectors.channels.dujiao.shapes import OrderAnswer
from connectors.channels.dujiao.wire import STATUS_OF_STATE
from connectors.exchange import HttpRequest
from gateway.catalog.rules import SkuKind
from gateway.channels.counter import by_id
from gateway.channels.face import Teller
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.ground.moment import rfc3339

_DELIVERED: Final = frozenset({"delivered", "partial"})


def order_answer(account: ChannelAccount, order: ChannelOrder) -> OrderAnswer:
    """An order in the site's words. Holds codes in plain text."""
    record, sku = order.record, order.sku
    automatic = sku.kind is not SkuKind.TOPUP
    shown = record.state in _DELIVERED and (bool(order.cards) or not automatic)
    return OrderAnswer(
        order_id=record.id,
        downstream_order_no=record.out_order_no,
        status=STATUS_OF_STATE[record.state],
        amount_minor=record.amount,
        refunded_minor=order.refunded_minor,
        currency=sku.currency,
        sku_id=int(account.number_of(sku.id, by_id(sku)) or sku.id),
        name=sku.name,
        quantity=record.quantity,
        automatic=automatic,
        cards=tuple(order.cards),
        delivered_at=rfc3339(record.updated_at) if shown else None,
    )


def _push(account: ChannelAccount, order: ChannelOrder, notify_url: str, now: float) -> HttpRequest:
    return answers.result_callback(account.settings, order_answer(account, order), notify_url, now)


TELLER: Final = Teller(push=_push, is_taken=answers.is_taken)
