"""What goofish sends us: signature, paths, strictly typed requests (upstreams.md §2.1, §8, §9)."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.channels.goofish.requests import (
    CreateRequest,
    DetailRequest,
    GoodsListRequest,
    GoodsRequest,
    InfoRequest,
    RechargeTarget,
    read_request,
)
from connectors.channels.goofish.wire import (
    Code,
    GoodsType,
    GoofishRefused,
    GoofishSettings,
    Operation,
    operation_of,
    sign,
    verify,
)
from connectors.secret import Secret

# The channel's own published example.
EXAMPLE = GoofishSettings(
    app_id="677859093659717",
    app_secret=Secret("wK63PxlOBaY9NoqMksLeZySzGIW25ifA"),
    mch_id="1001",
    mch_secret=Secret("o9wl81dncmvby3ijpq7eur456zhgtaxs"),
)
EXAMPLE_BODY = b'{"goods_type":1,"goods_no":"12344532"}'
EXAMPLE_TIME = 1724414553
NOTIFY_URL = "https://open.goofish.test/notify/t1"
CREATE = {
    "order_no": "G1",
    "goods_no": "VIP",
    "buy_quantity": 1,
    "notify_url": NOTIFY_URL,
    "biz_order_no": "B1",
}
RECHARGE = {**CREATE, "biz_content": {"account": "13800138000"}}


def signed_query(body: bytes, timestamp: int = EXAMPLE_TIME, **wrong: str) -> str:
    """A query that fits the body, but for what is given."""
    fields = {
        "mch_id": "1001",
        "timestamp": str(timestamp),
        "sign": sign(EXAMPLE, body, str(timestamp)),
    }
    return urlencode({**fields, **wrong})


def read(operation: Operation, members: Any) -> Any:
    """Read a body made of these members."""
    return read_request(operation, json.dumps(members).encode())


# --- signature ------------------------------------------------------------------------------------


def test_the_documented_example_has_the_documented_sign() -> None:
    """Body md5 and sign of the channel's documentation."""
    assert hashlib.md5(EXAMPLE_BODY).hexdigest() == "9b8030f5097d5ed123405b003dd247c5"
    expected = "fda5954f48ab32b3b271c84450440ead"
    assert sign(EXAMPLE, EXAMPLE_BODY, str(EXAMPLE_TIME)) == expected
    query = f"mch_id=1001&timestamp={EXAMPLE_TIME}&sign={expected}"
    verify(EXAMPLE, query, EXAMPLE_BODY, EXAMPLE_TIME)


@pytest.mark.parametrize("body", [b"", b"{}", EXAMPLE_BODY])
def test_a_body_is_signed_as_sent(body: bytes) -> None:
    """Nothing and `{}` are different bodies; both verify under their own sign only."""
    verify(EXAMPLE, signed_query(body), body, EXAMPLE_TIME)
    with pytest.raises(GoofishRefused):
        verify(EXAMPLE, signed_query(body), body + b" ", EXAMPLE_TIME)


@pytest.mark.parametrize(
    ("query", "now", "code"),
    [
        ("", EXAMPLE_TIME, Code.STALE),  # a missing timestamp comes before a missing sign
        ("mch_id=1001&sign=x", EXAMPLE_TIME, Code.STALE),
        (signed_query(b"", timestamp=EXAMPLE_TIME).replace("17244", "x"), EXAMPLE_TIME, Code.STALE),
        (signed_query(b""), EXAMPLE_TIME + 301, Code.STALE),
        (signed_query(b""), EXAMPLE_TIME - 301, Code.STALE),
        (signed_query(b"", sign=""), EXAMPLE_TIME, Code.BAD_SIGN),
        (signed_query(b"", sign="0" * 32), EXAMPLE_TIME, Code.BAD_SIGN),
        (signed_query(b"", sign="签"), EXAMPLE_TIME, Code.BAD_SIGN),
        (signed_query(b"", mch_id="1002"), EXAMPLE_TIME, Code.BAD_SIGN),
        (f"mch_id=1001&timestamp={EXAMPLE_TIME}", EXAMPLE_TIME, Code.BAD_SIGN),
    ],
)
def test_what_is_not_ours_is_refused(query: str, now: int, code: Code) -> None:
    """408 for the time, before 401 for the sign or the merchant."""
    with pytest.raises(GoofishRefused) as refused:
        verify(EXAMPLE, query, b"", now)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("query", "now"),
    [
        (signed_query(b""), EXAMPLE_TIME + 300),  # to the last second, both ways
        (signed_query(b""), EXAMPLE_TIME - 300),
        (signed_query(b"") + "&app_id=677859093659717", EXAMPLE_TIME),  # seen in a client
        (signed_query(b"", sign=sign(EXAMPLE, b"", str(EXAMPLE_TIME)).upper()), EXAMPLE_TIME),
    ],
)
def test_what_is_ours_is_let_in(query: str, now: int) -> None:
    """Within five minutes, whatever else the query has."""
    verify(EXAMPLE, query, b"", now)


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/goofish/open/info", Operation.PLATFORM_INFO),
        ("/goofish/open/info/", Operation.PLATFORM_INFO),
        ("/channels/shop/goofish/order/detail", Operation.ORDER_DETAIL),
        ("/channels/goofish/goofish/goods/list/", Operation.GOODS_LIST),  # a channel so named
        ("/x/y/goofish/goods/change/subscribe/list", Operation.GOODS_SUBSCRIPTIONS),
        ("/goofish/order/purchase/create", Operation.CARD_CREATE),
        ("/goofish/order/ticket/create", Operation.TICKET_CREATE),
        ("/goofish/order/recharge/create", Operation.RECHARGE_CREATE),
        ("/goofish/order/kam/create", None),
        ("/open/info", None),
        ("/goofish", None),
        ("/", None),
    ],
)
def test_paths(path: str, operation: Operation | None) -> None:
    """Any prefix, with or without a trailing slash; what is unknown is unknown."""
    assert operation_of(path) is operation


# --- requests -------------------------------------------------------------------------------------


def test_a_recharge_is_read_whole() -> None:
    """Every member of a recharge arrives; members of the channel's own are let through."""
    content = {"account": "13800138000", "game_name": "g", "buyer_ip": "203.0.113.7"}
    members = {**CREATE, "max_amount": 990, "biz_content": content, "product_id": 7}
    assert read(Operation.RECHARGE_CREATE, members) == CreateRequest(
        order_type=GoodsType.RECHARGE,
        order_no="G1",
        goods_no="VIP",
        buy_quantity=1,
        max_amount_minor=990,
        notify_url=NOTIFY_URL,
        biz_order_no="B1",
        target=RechargeTarget(account="13800138000", game_name="g", buyer_ip="203.0.113.7"),
    )


@pytest.mark.parametrize(
    ("operation", "order_type"),
    [
        (Operation.CARD_CREATE, GoodsType.CARD),
        (Operation.TICKET_CREATE, GoodsType.TICKET),
    ],
)
def test_cards_have_no_target_and_no_ceiling_unless_given(
    operation: Operation, order_type: GoodsType
) -> None:
    """`biz_content` belongs to recharges alone; an absent `max_amount` is no check."""
    order = read(operation, {**CREATE, "biz_content": "ignored"})
    assert (order.order_type, order.target, order.max_amount_minor) == (order_type, None, None)


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"order_no": None}, "order_no"),
        ({"order_no": ""}, "order_no"),
        ({"order_no": 1}, "order_no"),
        ({"order_no": "x" * 65}, "order_no"),
        ({"order_no": "a\nb"}, "order_no"),
        ({"goods_no": None}, "goods_no"),
        ({"goods_no": ["VIP"]}, "goods_no"),
        ({"buy_quantity": None}, "buy_quantity"),
        ({"buy_quantity": 0}, "buy_quantity"),
        ({"buy_quantity": "1"}, "buy_quantity"),
        ({"buy_quantity": 1.0}, "buy_quantity"),
        ({"buy_quantity": True}, "buy_quantity"),
        ({"max_amount": -1}, "max_amount"),
        ({"max_amount": "990"}, "max_amount"),
        ({"notify_url": None}, "notify_url"),
        ({"notify_url": "ftp://x.test/"}, "notify_url"),
        ({"notify_url": "//x.test/"}, "notify_url"),
        ({"notify_url": "http://[::1/"}, "notify_url"),
        ({"biz_order_no": None}, "biz_order_no"),
        ({"biz_content": None}, "biz_content"),
        ({"biz_content": "{}"}, "biz_content"),
        ({"biz_content": {}}, "biz_content.account"),
        ({"biz_content": {"account": 13800138000}}, "account"),
    ],
)
def test_types_are_strict(wrong: dict[str, Any], member: str) -> None:
    """A missing member, or one of another type, is 1201 and named."""
    with pytest.raises(GoofishRefused) as refused:
        read(Operation.RECHARGE_CREATE, {**RECHARGE, **wrong})
    assert (refused.value.code, refused.value.detail) == (Code.BAD_PARAMETERS, member)


@pytest.mark.parametrize("body", [b"[]", b"{", b"1", b"\xff", b'{"order_no":NaN}'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    """1201 for anything that is not a JSON object."""
    with pytest.raises(GoofishRefused) as refused:
        read_request(Operation.CARD_CREATE, body)
    assert refused.value.code is Code.BAD_PARAMETERS


@pytest.mark.parametrize(
    ("operation", "members", "expected"),
    [
        (Operation.PLATFORM_INFO, {}, InfoRequest()),
        (
            Operation.GOODS_LIST,
            {"goods_type": 2, "keyword": "", "page_no": 3, "page_size": 100},
            GoodsListRequest(goods_type=GoodsType.CARD, keyword=None, page_no=3, page_size=100),
        ),
        (  # nothing asked for: the first page of everything
            Operation.GOODS_LIST,
            {},
            GoodsListRequest(goods_type=None, keyword=None, page_no=1, page_size=50),
        ),
        (
            Operation.GOODS_DETAIL,
            {"goods_type": 1, "goods_no": "12344532"},
            GoodsRequest(goods_type=GoodsType.RECHARGE, goods_no="12344532"),
        ),
        (
            Operation.GOODS_SUBSCRIBE,
            {"goods_type": 1, "goods_no": "VIP", "token": "t", "notify_url": NOTIFY_URL},
            GoodsRequest(
                goods_type=GoodsType.RECHARGE, goods_no="VIP", token="t", notify_url=NOTIFY_URL
            ),
        ),
        (
            Operation.ORDER_DETAIL,
            {"order_type": 1, "order_no": "G1", "out_order_no": "Q1"},  # order_no wins
            DetailRequest(order_type=GoodsType.RECHARGE, order_no="G1", out_order_no=None),
        ),
        (
            Operation.ORDER_DETAIL,
            {"order_type": 2, "out_order_no": "Q1"},
            DetailRequest(order_type=GoodsType.CARD, order_no=None, out_order_no="Q1"),
        ),
    ],
)
def test_reads(operation: Operation, members: dict[str, Any], expected: object) -> None:
    """The other operations, with what each of them may leave out."""
    assert read(operation, members) == expected


def test_an_empty_body_is_an_empty_object() -> None:
    """The channel sends nothing at all where nothing is asked."""
    assert read_request(Operation.MERCHANT_INFO, b"") == InfoRequest()


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        (Operation.GOODS_LIST, {"page_no": 0}),
        (Operation.GOODS_LIST, {"page_size": 101}),
        (Operation.GOODS_LIST, {"goods_type": 4}),
        (Operation.GOODS_LIST, {"goods_type": "1"}),
        (Operation.GOODS_DETAIL, {"goods_type": 1}),
        (Operation.ORDER_DETAIL, {"order_no": "G1"}),
        (Operation.ORDER_DETAIL, {"order_type": 1}),
    ],
)
def test_wrong_reads_are_refused(operation: Operation, members: dict[str, Any]) -> None:
    """Pages outside their bounds, unknown types, nothing to look for: 1201."""
    with pytest.raises(GoofishRefused, match="BAD_PARAMETERS"):
        read(operation, members)
