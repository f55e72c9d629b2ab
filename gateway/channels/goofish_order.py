"""An order in goofish's words: what its questions are answered with, and what it is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from connectors.channels.goofish import answers
from connectors.channels.goofish.answers import OrderAnswer
from connectors.channels.goofish.wire import STATUS_OF_STATE, GoodsType, OrderStatus
from connectors.exchange import HttpRequest, HttpResponse
from gateway.catalog.rules import SkuKind
from gateway.channels.counter import by_name
from gateway.channels.face import Teller
from gateway.channels.rules import ENDED, ChannelAccount, ChannelOrder
from gateway.orders.failure import failure_of

TYPE_OF_KIND: Final[Mapping[SkuKind, GoodsType]] = {
    SkuKind.TOPUP: GoodsType.RECHARGE,
    SkuKind.CODE: GoodsType.CARD,
    SkuKind.LINK: GoodsType.CARD,
    SkuKind.QR: GoodsType.TICKET,
}


def order_answer(account: ChannelAccount, order: ChannelOrder) -> OrderAnswer:
    """An order in the channel's words. Holds codes in plain text."""
    record, sku = order.record, order.sku
    status = STATUS_OF_STATE[record.state]
    ended = record.state in ENDED
    return OrderAnswer(
        order_type=TYPE_OF_KIND.get(sku.kind, GoodsType.CARD),
        order_no=record.out_order_no,
        out_order_no=str(record.id),
        order_status=status,
        order_amount_minor=record.amount,
        goods_no=account.number_of(sku.id, by_name(sku)) or sku.sku,
        goods_name=sku.name,
        buy_quantity=record.quantity,
        order_time_s=seconds(record.created_at),
        end_time_s=seconds(record.updated_at) if ended else None,
        cards=tuple(order.cards) if status is OrderStatus.SUCCESS else (),
        remark=_remark(record.state, record.failure),
    )


def _remark(state: str, failure: str | None) -> str:
    """Why it is no plain success; upstreams' words stay inside."""
    if state not in {"partial", "failed", "reversed"}:
        return ""
    told = failure_of(state, failure)
    return f"{state}: {told.code}" if told is not None else state


def seconds(moment: datetime) -> int:
    """Unix seconds."""
    return int(moment.timestamp())


def _push(account: ChannelAccount, order: ChannelOrder, notify_url: str, now: float) -> HttpRequest:
    answer = order_answer(account, order)
    return answers.result_callback(account.settings, answer, notify_url, now)


def _is_taken(status: int, body: bytes) -> bool:
    return answers.is_taken(HttpResponse(status=status, body=body))


TELLER: Final = Teller(push=_push, is_taken=_is_taken)
