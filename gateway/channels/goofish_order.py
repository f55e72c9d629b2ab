"""An order in goofish's words: what its questions are answered with, and what it is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson

from connectors.channels.goofish.answers import Card, OrderAnswer
from connectors.channels.goofish.wire import STATUS_OF_STATE, GoodsType, OrderStatus
from connectors.secret import Secret
from gateway.catalog.rules import Sku, SkuKind
from gateway.channels.rules import ENDED, ChannelAccount
from gateway.ground.native import open_jwe
from gateway.orders.failure import failure_of
from gateway.orders.finding import Shown, View

VIA: Final = "channel"

TYPE_OF_KIND: Final[Mapping[SkuKind, GoodsType]] = {
    SkuKind.TOPUP: GoodsType.RECHARGE,
    SkuKind.CODE: GoodsType.CARD,
    SkuKind.LINK: GoodsType.CARD,
    SkuKind.QR: GoodsType.TICKET,
}


def view_of(account: ChannelAccount, order_id: int) -> View:
    """A look at an order and its codes for the channel, as the audit log records it."""
    return View(
        partner_id=account.partner_id,
        order_id=order_id,
        key_id=account.key_id,
        with_codes=True,
        via=VIA,
    )


def order_answer(account: ChannelAccount, shown: Shown, sku: Sku) -> OrderAnswer:
    """An order in the channel's words. Holds codes in plain text."""
    record = shown.record
    status = STATUS_OF_STATE[record.state]
    opened = orjson.loads(shown.codes or b"[]") if status is OrderStatus.SUCCESS else []
    ended = record.state in ENDED
    return OrderAnswer(
        order_type=TYPE_OF_KIND.get(sku.kind, GoodsType.CARD),
        order_no=record.out_order_no,
        out_order_no=str(record.id),
        order_status=status,
        order_amount_minor=record.amount,
        goods_no=sku.sku,
        goods_name=sku.name,
        buy_quantity=record.quantity,
        order_time_s=seconds(record.created_at),
        end_time_s=seconds(record.updated_at) if ended else None,
        cards=tuple(_card(account, each["jwe"]) for each in opened),
        remark=_remark(record.state, record.failure),
    )


def _card(account: ChannelAccount, jwe: str) -> Card:
    """A code as number and password: with one part only, that is the password."""
    code: dict[str, str] = orjson.loads(open_jwe(account.delivery_key, jwe))
    parts = [code[name] for name in ("code", "pin", "url") if code.get(name)]
    first, second = parts[0], parts[1] if len(parts) > 1 else None
    if second is None:
        return Card(card_pwd=Secret(first))
    return Card(card_no=Secret(first), card_pwd=Secret(second))


def _remark(state: str, failure: str | None) -> str:
    """Why it is no plain success; upstreams' words stay inside."""
    if state not in {"partial", "failed", "reversed"}:
        return ""
    told = failure_of(state, failure)
    return f"{state}: {told.code}" if told is not None else state


def seconds(moment: datetime) -> int:
    """Unix seconds."""
    return int(moment.timestamp())
