"""What houses are told of money that came back, of orders that stay delivered too. Pure."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from connectors.channels.dujiao import answers as dujiao
from connectors.channels.kakayun import answers as kakayun
from connectors.channels.kasushou import answers as kasushou
from gateway.catalog.rules import SkuKind
from gateway.channels import dujiao_order, kakayun_order, kasushou_order
from gateway.channels.reading_orders import ChannelOrders
from gateway.channels.rules import ChannelAccount, ChannelOrder
from gateway.orders.finding import Shown
from gateway.orders.record import OrderRecord

ACCOUNT = ChannelAccount(
    id=1, name="c", adapter="kasushou", partner_id=1, key_id="k", delivery_key="d", settings=None
)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
SKU = SimpleNamespace(id=5, sku="T", name="T", kind=SkuKind.TOPUP, currency="CNY")


async def order_of(state: str, refunded: int, delivered: int = 2) -> ChannelOrder:
    """A top-up of 5.00, read back as a channel reads it."""
    record = OrderRecord(
        partner_id=1, id=77, out_order_no="N", content_hash=b"", sku_id=5, quantity=2, amount=500,
        state=state, delivered_quantity=delivered, pool_id=None, seqs=None, account="1",
        metadata='{"channel":"c"}', failure=None, created_at=NOW, updated_at=NOW,
        refunded=refunded,
    )  # fmt: skip

    async def show(_: Any) -> Shown:
        return Shown(record=record, codes=None)

    catalog: Any = SimpleNamespace(now=SimpleNamespace(skus_by_id={5: SKU}))
    desk: Any = SimpleNamespace(show=show)
    order = await ChannelOrders(catalog=catalog, desk=desk).by_id(ACCOUNT, 77)
    assert order is not None
    return order


STATES = [
    ("processing", 0), ("delivered", 0), ("delivered", 199), ("delivered", 500), ("partial", 250),
    ("partial", 500), ("failed", 500), ("reversed", 500),
]  # fmt: skip


@pytest.mark.parametrize(("state", "refunded"), STATES)
async def test_what_came_back_is_what_is_told(state: str, refunded: int) -> None:
    """Whatever caused it. Seen red with 0 told of what stayed delivered."""
    assert (await order_of(state, refunded)).refunded_minor == refunded


@pytest.mark.parametrize(("refunded", "back"), [(0, "0.00"), (199, "1.99"), (500, "5.00")])
async def test_dujiao_hears_of_it(refunded: int, back: str) -> None:
    """Its word for the order has nothing to do with the money. Seen red with 0 told."""
    order = await order_of("delivered", refunded)
    told = orjson.loads(dujiao.order_detail(dujiao_order.order_answer(ACCOUNT, order)))
    assert (told["status"], told["refunded_amount"]) == ("completed", back)


@pytest.mark.parametrize(
    ("refunded", "said"),
    [
        (0, (3, "0.00", "充值成功")),
        (199, (3, "1.99", "充值成功，部分资金已退回")),
        (500, (5, "5.00", "资金已退回")),
    ],
)
async def test_kasushou_hears_of_it(refunded: int, said: tuple[int, str, str]) -> None:
    """A part beside its success; all is its `refunded` (5). Seen red with 0 told."""
    order = await order_of("delivered", refunded)
    [told] = orjson.loads(kasushou.order_rows([kasushou_order.order_answer(order)]))["data"]
    assert (told["status"], told["has_back_money"], told["recharge_hints"]) == said


@pytest.mark.parametrize(
    ("refunded", "said"),
    [
        (0, (5, 0, 0.0, "充值成功")),
        (199, (5, 2, 1.99, "充值成功，部分资金已退回")),
        (500, (5, 1, 5.0, "充值成功，资金已退回")),
    ],
)
async def test_kakayun_hears_of_it(refunded: int, said: tuple[int, int, float, str]) -> None:
    """Beside its success: what is failed is another member's. Seen red with 0 told."""
    order = await order_of("delivered", refunded)
    told = orjson.loads(kakayun.order_detail(kakayun_order.order_answer(order)))["data"]
    back = float(told["refundmoney"])
    assert (told["status"], told["refundstatus"], back, told["receipt"]) == said
