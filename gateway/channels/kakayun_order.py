"""An order in dock v3's words: what its questions are answered with, and what it is told."""

from typing import Final

from connectors.channels.kakayun import answers
from connectors.channels.kakayun.answers import OrderAnswer
from connectors.channels.kakayun.wire import DELAYS_S, STATUS_OF_STATE, Refund
from connectors.exchange import HttpRequest
from gateway.catalog.rules import SkuKind
from gateway.channels.face import Teller
from gateway.channels.rules import ChannelAccount, ChannelOrder

# What a buyer reads; upstreams' words stay inside.
_RECEIPTS: Final = {
    "delivered": "充值成功",
    "partial": "部分成功，其余已退款",
    "failed": "订单失败，资金已退回",
    "reversed": "订单已撤回，资金已退回",
}


def order_answer(order: ChannelOrder) -> OrderAnswer:
    """An order in the shop's words. Holds codes in plain text."""
    record = order.record
    refund = Refund.NONE
    if order.refunded_minor:
        refund = Refund.ALL if order.is_refunded else Refund.PART
    return OrderAnswer(
        orderno=str(record.id),
        usorderno=record.out_order_no,
        is_codes=order.sku.kind is not SkuKind.TOPUP,
        total_minor=record.amount,
        quantity=record.quantity,
        status=STATUS_OF_STATE[record.state],
        refund=refund,
        refunded_minor=order.refunded_minor,
        receipt="" if order.cards else _receipt(order),
        cards=tuple(order.cards),
    )


def _receipt(order: ChannelOrder) -> str:
    told = _RECEIPTS.get(order.record.state, "")
    if order.record.state != "delivered" or not order.refunded_minor:
        return told
    return f"{told}，资金已退回" if order.is_refunded else f"{told}，部分资金已退回"


def _push(account: ChannelAccount, order: ChannelOrder, notify_url: str, now: float) -> HttpRequest:
    return answers.result_callback(account.settings, order_answer(order), notify_url, now)


TELLER: Final = Teller(push=_push, is_taken=answers.is_taken, delays_s=DELAYS_S, spreads=False)
