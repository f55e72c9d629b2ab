"""The platforms' signature recipes against the golden vectors of upstreams.md §8."""

import pytest

from connectors.fulu.wire import sign_request
from connectors.kasushou.wire import sign_body, sorted_body
from connectors.secret import Secret
from connectors.signing import (
    CardUnreadable,
    compact_json,
    hmac_sha256_hex,
    open_card_aes_ecb,
    same,
    seal_card_aes_ecb,
    sorted_characters_md5,
    sorted_form_md5,
)

FULU_SECRET = Secret("0123456789abcdef0123456789abcdef")


def test_fulu_request_sign_is_the_golden_vector() -> None:
    """The sorted-characters MD5 of the documented envelope is the published value."""
    biz = (
        '{"product_id":10000001,"customer_order_no":"T202601010001",'
        '"charge_account":"888888","buy_num":1}'
    )
    envelope = {
        "app_key": "demo_app_key",
        "method": "fulu.order.direct.add",
        "timestamp": "2026-01-01 08:00:00",
        "version": "2.0",
        "format": "json",
        "charset": "utf-8",
        "sign_type": "md5",
        "app_auth_token": "",
        "biz_content": biz,
    }
    assert sign_request(envelope, FULU_SECRET) == "094ae55ca23bf7be1fb6c53a081f7b36"


def test_fulu_sign_does_not_depend_on_member_order() -> None:
    """Any permutation of the text has the same sign: the weakness that makes callbacks hints."""
    assert sorted_characters_md5("ab", FULU_SECRET) == sorted_characters_md5("ba", FULU_SECRET)


def test_fulu_card_opens_to_the_golden_vector_and_back() -> None:
    """AES-256-ECB under the AppSecret, both ways."""
    assert open_card_aes_ecb("bsbv33FNIq4nYhTH47hyHg==", FULU_SECRET) == "CARD-TEST-0001"
    assert seal_card_aes_ecb("CARD-TEST-0001", FULU_SECRET) == "bsbv33FNIq4nYhTH47hyHg=="


@pytest.mark.parametrize(
    "sealed",
    [
        "not base64!",
        "",  # nothing to open
        "AAAA",  # not a whole block
        "AAAAAAAAAAAAAAAAAAAAAA==",  # a block with wrong padding
    ],
)
def test_unreadable_card_is_an_error_that_does_not_quote_it(sealed: str) -> None:
    """A card that does not open raises CardUnreadable without its text."""
    with pytest.raises(CardUnreadable) as caught:
        open_card_aes_ecb(sealed, FULU_SECRET)
    assert "AAAA" not in str(caught.value)


def test_card_does_not_open_under_a_key_of_another_length() -> None:
    """A secret that is no AES key is a CardUnreadable, not a crash."""
    with pytest.raises(CardUnreadable):
        open_card_aes_ecb("bsbv33FNIq4nYhTH47hyHg==", Secret("short"))


def test_kasushou_request_sign_is_the_golden_vector() -> None:
    """sha1 of timestamp, sorted body and key is the published value."""
    members = {
        "url": "http://127.0.0.1:9/cb",
        "safe_price": "2.20",
        "quantity": 1,
        "id": 1,
        "external_orderno": "T202601010001",
        "attach": {"recharge_account": "13800138000"},
    }
    body = sorted_body(members)
    sign = sign_body("1767225600000", body, Secret("demo_apikey"))
    assert sign == "4e9b325830031f3dfd26b54d4c749996d7a6bc25"


def test_kasushou_body_is_sorted_on_every_level() -> None:
    """Shops that sort nested keys and shops that do not read the same bytes."""
    assert sorted_body({"b": {"z": 1, "a": [{"y": 1, "x": 2}]}, "a": 0}) == (
        b'{"a":0,"b":{"a":[{"x":2,"y":1}],"z":1}}'
    )


def test_dayuanren_form_sign_is_the_golden_vector() -> None:
    """Upper-case MD5 over the sorted, decoded fields is the published value."""
    fields = {
        "userid": "1001",
        "product_id": "25",
        "price": "98.5",
        "out_trade_num": "T202601010001",
        "notify_url": "http://127.0.0.1:9/cb",
        "mobile": "13800138000",
        "amount": "100",
        "sign": "whatever came",
    }
    assert sorted_form_md5(fields, Secret("demo_apikey")) == "75DFC29D34B3F186B1F89130FFEA3EE0"


def test_reloadly_webhook_hmac_is_the_golden_vector() -> None:
    """HMAC-SHA-256 over body, colon and timestamp is the published value."""
    body = (
        b'{"type":"giftcard_transaction.status","data":'
        b'{"transactionId":1,"customIdentifier":"T1","status":"SUCCESSFUL"}}'
    )
    sign = hmac_sha256_hex(body + b":1767225600000", Secret("demo_secret"))
    assert sign == "0e34e204017170ebbfcd3f9b39e44cd19d5bd3834694e50852a28c5dfa58d6b0"


def test_compact_json_escapes_neither_slashes_nor_chinese() -> None:
    """Escapes would change the sorted characters and break the sign."""
    assert compact_json({"u": "http://a/b", "n": "福禄<&>"}) == '{"u":"http://a/b","n":"福禄<&>"}'


@pytest.mark.parametrize(("left", "right", "expected"), [("a", "a", True), ("a", "签", False)])
def test_comparison_takes_any_text(left: str, right: str, *, expected: bool) -> None:
    """A sign that is not ASCII is unequal, not a crash."""
    assert same(left, right) is expected
