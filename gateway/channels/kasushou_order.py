"""An order in 卡速售's words: what its questions are answered with, and what it is told."""

from typing import Final

from connectors.channels.kasushou import answers
from connectors.channels.kasushou.answers import OrderAnswer
from connectors.channels.kasushou.wire import DELAYS_S, STATUS_OF_STATE, Status
from connectors.exchange import HttpRequest
from gateway.channels.face import Teller
from gateway.channels.rules import ChannelAccount, ChannelOrder

# What a buyer reads; upstreams' words stay inside.
_HINTS: Final = {
    "delivered": "充值成功",
    "partial": "部分成功，其余已退款",
    "failed": "订单失败，资金已退回",
    "reversed": "订单已撤回，资金已退回",
}
_DELIVERED: Final = frozenset({"delivered", "partial"})


def order_answer(order: ChannelOrder) -> OrderAnswer:
    """An order in the shop's words. Holds codes in plain text."""
    record = order.record
    return OrderAnswer(
        ordersn=str(record.id),
        external_orderno=record.out_order_no,
        status=_status(order),
        total_minor=record.amount,
        refunded_minor=order.refunded_minor,
        account=record.account,
        hints="" if order.cards else _hint(order),
        cards=tuple(order.cards),
    )


def _status(order: ChannelOrder) -> Status:
    """Its success with money back is a part of it; with all of it, it is refunded."""
    if order.record.is_cancelled:
        return Status.CANCELLED
    return Status.REFUNDED if order.is_refunded else STATUS_OF_STATE[order.record.state]


def _hint(order: ChannelOrder) -> str:
    state = order.record.state
    if state in _DELIVERED and order.is_refunded:
        return "资金已退回"
    if state == "delivered" and order.refunded_minor:
        return "充值成功，部分资金已退回"
    return _HINTS.get(state, "")


def _push(account: ChannelAccount, order: ChannelOrder, notify_url: str, now: float) -> HttpRequest:
    return answers.result_callback(account.settings, order_answer(order), notify_url, now)


TELLER: Final = Teller(push=_push, is_taken=answers.is_taken, delays_s=DELAYS_S, spreads=False)
