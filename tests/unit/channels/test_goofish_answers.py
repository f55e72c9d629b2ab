"""What goofish gets from us: answers, pushes, and the tables behind them (upstreams.md §2.1)."""

import json
from urllib.parse import urlsplit

import pytest

from connectors.channels.goofish.answers import (
    Card,
    Goods,
    OrderAnswer,
    goods_page,
    is_taken,
    merchant_info,
    order_data,
    platform_info,
    refusal,
    result_callback,
    success,
)
from connectors.channels.goofish.wire import (
    MESSAGES,
    STATUS_OF_STATE,
    Code,
    GoodsStatus,
    GoodsType,
    GoofishRefused,
    GoofishSettings,
    OrderStatus,
    verify,
)
from connectors.exchange import HttpResponse
from connectors.secret import Secret
from connectors.settings import SettingsError, load_settings

# The channel's own published example.
EXAMPLE = GoofishSettings(
    app_id="677859093659717",
    app_secret=Secret("wK63PxlOBaY9NoqMksLeZySzGIW25ifA"),
    mch_id="1001",
    mch_secret=Secret("o9wl81dncmvby3ijpq7eur456zhgtaxs"),
)
EXAMPLE_TIME = 1724414553
NOTIFY_URL = "https://open.goofish.test/notify/t1"


ORDER = OrderAnswer(
    order_type=GoodsType.CARD,
    order_no="G1",
    out_order_no="Q1",
    order_status=OrderStatus.SUCCESS,
    order_amount_minor=990,
    goods_no="VIP",
    goods_name="会员",
    buy_quantity=1,
    order_time_s=1767225600,
    end_time_s=1767225601,
    cards=(Card(card_pwd=Secret("PWD-1"), card_no=Secret("NO-1")), Card(card_pwd=Secret("C-2"))),
)


def test_an_order_is_answered_with_its_cards() -> None:
    """Every documented member, numbers as numbers, a lone code as card_pwd."""
    assert order_data(ORDER) == {
        "order_type": 2,
        "order_no": "G1",
        "out_order_no": "Q1",
        "order_status": 20,
        "order_amount": 990,
        "goods_no": "VIP",
        "goods_name": "会员",
        "buy_quantity": 1,
        "order_time": 1767225600,
        "end_time": 1767225601,
        "card_items": [{"card_no": "NO-1", "card_pwd": "PWD-1"}, {"card_pwd": "C-2"}],
    }
    assert "PWD-1" not in repr(ORDER)


@pytest.mark.parametrize("status", [OrderStatus.PROCESSING, OrderStatus.FAILED])
def test_cards_only_with_success(status: OrderStatus) -> None:
    """An order that has not succeeded shows no cards, even if there are some."""
    data = order_data(
        OrderAnswer(
            order_type=GoodsType.CARD,
            order_no="G1",
            out_order_no="Q1",
            order_status=status,
            order_amount_minor=990,
            goods_no="VIP",
            goods_name="v",
            buy_quantity=1,
            order_time_s=1,
            cards=ORDER.cards,
            remark="r",
        )
    )
    assert "card_items" not in data
    assert "end_time" not in data
    assert data["remark"] == "r"


def test_envelopes() -> None:
    """`code` 0 with data; a refusal with its code, the channel's words and the member's name."""
    assert json.loads(success({"a": 1})) == {"code": 0, "msg": "OK", "data": {"a": 1}}
    assert json.loads(success()) == {"code": 0, "msg": "OK", "data": {}}
    refused = GoofishRefused(Code.BAD_PARAMETERS, "goods_no")
    assert json.loads(refusal(refused)) == {"code": 1201, "msg": "下单参数错误: goods_no"}
    assert json.loads(refusal(GoofishRefused(Code.BAD_SIGN)))["code"] == 401


def test_information_is_typed_as_the_channel_checks_it() -> None:
    """`app_id` and `balance` are numbers, features are booleans, goods are counted."""
    info = platform_info(EXAMPLE)
    assert info["app_id"] == 677859093659717
    assert info["features"] == {
        "is_support_order_refund": False,
        "is_support_goods_notify": False,
        "is_support_loss_purchase": False,
    }
    assert merchant_info(990) == {"balance": 990}
    page = goods_page([GOODS], count=9)
    assert page["count"] == 9
    assert page["list"] == [
        {
            "goods_no": "VIP",
            "goods_type": 2,
            "goods_name": "会员",
            "price": 990,
            "stock": 5,
            "status": 1,
            "update_time": 1767225600,
        }
    ]


GOODS = Goods(
    goods_no="VIP",
    goods_type=GoodsType.CARD,
    goods_name="会员",
    price_minor=990,
    stock=5,
    status=GoodsStatus.ON_SALE,
    update_time_s=1767225600,
)


def test_a_result_is_pushed_signed() -> None:
    """The push goes to notify_url, the signed query behind its own; it verifies as theirs do."""
    request = result_callback(EXAMPLE, ORDER, f"{NOTIFY_URL}?token=a%2Fb", EXAMPLE_TIME + 0.7)
    parts = urlsplit(request.url)
    assert request.url.startswith(
        f"{NOTIFY_URL}?token=a%2Fb&mch_id=1001&timestamp=1724414553&sign="
    )
    verify(EXAMPLE, parts.query, request.body, EXAMPLE_TIME)
    members = json.loads(request.body)
    assert set(members) == {
        "order_type",
        "order_no",
        "out_order_no",
        "order_status",
        "end_time",
        "card_items",
    }
    assert not request.executes
    assert "PWD-1" not in repr(request)


@pytest.mark.parametrize(
    ("response", "taken"),
    [
        (HttpResponse(status=200, body=b'{"code":0,"msg":"OK"}'), True),
        (HttpResponse(status=200, body=b'{"code":"0"}'), True),
        (HttpResponse(status=200, body=b'{"code":1200}'), False),
        (HttpResponse(status=500, body=b'{"code":0}'), False),
        (HttpResponse(status=200, body=b"success"), False),
    ],
)
def test_a_push_is_repeated_until_taken(response: HttpResponse, *, taken: bool) -> None:
    """Only 2xx with code 0 ends the pushing."""
    assert is_taken(response) is taken


# --- tables ---------------------------------------------------------------------------------------


def test_tables_are_complete() -> None:
    """Every code has words; every order state has a status; uncertain is never an end."""
    assert set(MESSAGES) == set(Code)
    states = {"processing", "uncertain", "delivered", "partial", "failed", "reversed"}
    assert set(STATUS_OF_STATE) == states
    assert STATUS_OF_STATE["uncertain"] is OrderStatus.PROCESSING


def test_settings_name_what_is_wrong() -> None:
    """The application's id is a number; all four names are required."""
    with pytest.raises(SettingsError, match="mch_secret"):
        load_settings(GoofishSettings, {"app_id": "1", "app_secret": "s", "mch_id": "m"})
    with pytest.raises(SettingsError, match="app_id"):
        GoofishSettings(app_id="x", app_secret=Secret("a"), mch_id="m", mch_secret=Secret("b"))
