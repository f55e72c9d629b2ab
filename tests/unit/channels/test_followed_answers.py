"""What houses answer about orders that we follow: done is only what was asked, and said."""

import json
from typing import Any

import pytest

from connectors.channels.agiso.calls import read_detail, read_refunded, read_sent
from connectors.channels.agiso.pushes import Kind
from connectors.channels.followed import Heard, Said, Wish
from connectors.channels.kasushou_supply.calls import read_orders
from connectors.exchange import HttpResponse

PAID = Wish(
    number="7", product="", quantity=1, recipient=None, amount_minor=None, reference="7",
    kind=Kind.KWAI,
)  # fmt: skip


def said(text: str, **more: Any) -> HttpResponse:
    """A refusal in words."""
    members = {"IsSuccess": False, "Error_Msg": text, "AllowRetry": False, **more}
    return HttpResponse(status=200, body=json.dumps(members).encode())


@pytest.mark.parametrize(
    ("text", "sent", "refunded"),
    [
        ("订单已发货", Heard.DONE, Heard.REFUSED),
        ("请勿重复发货", Heard.DONE, Heard.REFUSED),
        ("Order already shipped", Heard.DONE, Heard.REFUSED),
        ("订单已退款", Heard.REFUSED, Heard.DONE),
        ("订单已完成退款", Heard.REFUSED, Heard.REFUSED),
        ("already refunded", Heard.REFUSED, Heard.DONE),
        ("请勿重复提交", Heard.REFUSED, Heard.REFUSED),
        ("已处理", Heard.REFUSED, Heard.REFUSED),
        ("", Heard.REFUSED, Heard.REFUSED),
    ],
)
def test_done_before_is_about_what_was_asked(text: str, sent: Heard, refunded: Heard) -> None:
    """A delivery that is refunded already is for a person: the buyer has money and goods. Seen red:
    it was done, and so was everything whose refusal had 重复 in it."""
    assert (read_sent(said(text)).heard, read_refunded(said(text)).heard) == (sent, refunded)


def test_an_order_that_could_not_be_read_is_not_done() -> None:
    """A limit of the platform's is no end of the order. Seen red: it was never delivered."""
    detail = read_detail(PAID, said("请求过于频繁，请勿重复请求"))
    assert isinstance(detail, Said)
    assert detail.heard is Heard.REFUSED
    again = read_detail(PAID, said("请求过于频繁，请勿重复请求", AllowRetry=True))
    assert isinstance(again, Said)
    assert again.heard is Heard.AGAIN


@pytest.mark.parametrize(
    "changed",
    [
        {"skuId": None}, {"skuId": [1]}, {"num": 0}, {"num": "1.0"}, {"num": 2**40},
        {"price": None}, {"price": "5.00"}, {"price": -1}, {"price": True},
        {"mobile": "138\ufffd"}, {"mobile": "138\x00"}, {"mobile": "1" * 256},
    ],
    ids=str,
)  # fmt: skip
def test_a_detail_that_says_too_little_is_for_a_person(changed: dict[str, Any]) -> None:
    """Without its price nothing would bound what it costs; a recipient is whole or none. Seen red:
    a price in yuan was no bound at all, and a lost letter was topped up."""
    item = {"skuId": 321, "num": 1, "price": 500, "mobile": "13800138000"}
    body = {
        "IsSuccess": True,
        "Data": {"orderItemInfo": item, "orderBaseInfo": {"status": 30}, "orderRefundList": []},
    }
    whole = read_detail(PAID, HttpResponse(status=200, body=json.dumps(body).encode()))
    assert isinstance(whole, Wish)
    assert (whole.amount_minor, whole.recipient) == (500, "13800138000")
    item.update(changed)
    found = read_detail(PAID, HttpResponse(status=200, body=json.dumps(body).encode()))
    assert isinstance(found, Said)
    assert found.heard is Heard.REFUSED


@pytest.mark.parametrize("damaged", [r"138\ud800", r"138\ufffd", r"138\u0000"])
@pytest.mark.parametrize("told", ["recharge_account", "recharge_info"])
def test_a_row_with_a_lost_letter_is_left(damaged: str, told: str) -> None:
    """Whoever it was for, it is nobody whom we could top up; the rows beside it are read. Seen red
    for recharge_info alone, and for both before lost letters were told from others."""
    row = (
        '{"id": 1, "ordersn": "D1", "quantity": 1, "goods_id": 7, "goods_type": 2, '
        '"total_price": "1.00", "status": 1, "%s": %s}'
    )
    plain = told == "recharge_account"
    value = '"%s"' if plain else '[{"n": "a", "k": "recharge_account", "v": "%s"}]'
    rows = [row % (told, value % damaged), row.replace("D1", "D2") % (told, value % "13800138000")]
    body = f'{{"code": 200, "data": [{",".join(rows)}]}}'.encode()
    found = read_orders(HttpResponse(status=200, body=body))
    assert [each.wish.number for each in found] == ["D2"]
