"""Odd bytes at every house's door: a refusal in its own words, never an error of ours."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.channels.agiso import pushes
from connectors.channels.agiso import wire as agiso
from connectors.channels.agiso.wire import AgisoRefused, AgisoSettings
from connectors.channels.call import Call
from connectors.channels.dujiao import requests as dujiao_requests
from connectors.channels.dujiao import wire as dujiao
from connectors.channels.dujiao.wire import DujiaoRefused, DujiaoSettings
from connectors.channels.goofish import requests as goofish_requests
from connectors.channels.goofish.wire import GoofishRefused, Operation
from connectors.channels.kakayun import requests as kakayun_requests
from connectors.channels.kakayun import wire as kakayun
from connectors.channels.kakayun.wire import KakayunFaceSettings, KakayunRefused
from connectors.channels.kasushou import requests as kasushou_requests
from connectors.channels.kasushou import wire as kasushou
from connectors.channels.kasushou.wire import KasushouFaceSettings, KasushouRefused
from connectors.kasushou.wire import sign_body
from connectors.secret import Secret

NOW = 1_767_225_600.0
STAMP = str(int(NOW))
KEY = Secret("demo_key")
KAKAYUN = KakayunFaceSettings(userid="10052", key=KEY)
KASUSHOU = KasushouFaceSettings(userid="10001", apikey=KEY)
DUJIAO = DujiaoSettings(api_key="dk", api_secret=KEY)
AGISO = AgisoSettings(app_secret=KEY, access_token=KEY)
REFUSED = (KakayunRefused, KasushouRefused, DujiaoRefused, AgisoRefused, GoofishRefused)


def call(body: bytes, headers: Mapping[str, str] | None = None, query: str = "") -> Call:
    """As it came."""
    return Call(method="POST", path="/x", query=query, headers=headers or {}, body=body, now=NOW)


def unsigned_kakayun(body: bytes) -> object:
    """Whoever knows a userid."""
    said = b'{"userid": "10052", "timestamp": "%s", "sign": "x", "more": %s}'
    return kakayun.read_verified(KAKAYUN, call(said % (STAMP.encode(), body)))


def unsigned_kasushou(body: bytes) -> object:
    """The same; its body is read before its second reading is signed."""
    headers = {"userid": "10001", "timestamp": STAMP, "sign": "x"}
    return kasushou.read_verified(KASUSHOU, call(b'{"more": %s}' % body, headers))


def signed_kasushou(body: bytes) -> object:
    """A shop's order."""
    said = b'{"id": 1, "quantity": 1, "attach": {"recharge_account": %s}}' % body
    headers = {"userid": "10001", "timestamp": STAMP, "sign": sign_body(STAMP, said, KEY)}
    members, _ = kasushou.read_verified(KASUSHOU, call(said, headers))
    return kasushou_requests.read_buy(members)


def dujiao_order(body: bytes) -> object:
    """A site's order."""
    said = b'{"sku_id": 1, "quantity": 1, "manual_form_data": {"account": %s}}' % body
    return dujiao_requests.read_create(said)


def goofish_order(body: bytes) -> object:
    """A recharge."""
    said = (
        b'{"order_no": "A", "goods_no": "1", "buy_quantity": 1, "notify_url": "https://h/",'
        b' "biz_order_no": "B", "biz_content": {"account": %s}}'
    )
    return goofish_requests.read_request(Operation.RECHARGE_CREATE, said % body)


def agiso_push(body: bytes) -> object:
    """A paid order of JD."""
    return pushes.read_message(
        "AldsJd", 8, (b'{"OrderId": 1, "SkuId": 2, "GameAccount": %s}' % body).decode()
    )


def kakayun_order(body: bytes) -> object:
    """A docked shop's order."""
    members = kakayun._read(call(b'{"goodsid": 1, "buynum": 1, "attach": %s}' % body))
    return kakayun_requests.read_create(members)


ORDERS: list[Callable[[bytes], object]] = [
    signed_kasushou, dujiao_order, goofish_order, agiso_push, kakayun_order,
]  # fmt: skip
DOORS = [*ORDERS, unsigned_kakayun, unsigned_kasushou]
ODD = {
    "a number beyond every double": b"1e999",
    "the same inside": b'[{"a": [-1e999]}]',
    "a number of a billion digits": b"1e999999999",
    "a whole number of 5,000 digits": b"9" * 5000,
    "400 levels": b"[" * 400 + b"]" * 400,
    "900 levels": b'{"a":' * 900 + b"1" + b"}" * 900,
    "100,000 levels": b"[" * 100_000,
    "half a letter": rb'"138\ud800"',
    "the other half": rb'["\udc00"]',
    "half a letter as a name": rb'{"\ud800": "x"}',
    "NUL": rb'"138\u0000"',
    "no number": b"NaN",
    "nothing": b"",
}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_odd_is_refused(door: Callable[[bytes], object], odd: bytes) -> None:
    """In the house's words. Seen red: 1e999 and 900 levels were an error of ours at 卡速售's and
    咔咔云's door, whoever sent them; half a letter came through as another recipient."""
    with pytest.raises(REFUSED):
        door(odd)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_a_recipient_with_a_lost_letter_is_nobody(order: Callable[[bytes], object]) -> None:
    """A server has cut it, theirs or one before: it would be topped up as another."""
    assert order('"张三🎁"'.encode())
    for lost in ('"张\ufffd"', '"\\ufffd"', '"\\ud83c"'):
        with pytest.raises(REFUSED):
            order(lost.encode())


RAW = "\udcff\udcfe"  # bytes of a header that are no text, as servers hand them on


@pytest.mark.parametrize("name", ["api-key", "timestamp", "signature", "nonce"])
def test_raw_bytes_in_a_header_are_a_wrong_signature(name: str) -> None:
    """Seen red: a nonce of such bytes was an error of ours, for whoever sent it."""
    headers = {
        f"dujiao-next-{each}": said
        for each, said in {
            "api-key": "dk", "timestamp": STAMP, "signature": "0", "nonce": "n", name: RAW,
        }.items()
    }  # fmt: skip
    with pytest.raises(DujiaoRefused) as caught:
        dujiao.verify(DUJIAO, call(b"", headers))
    assert caught.value.status == 401


@pytest.mark.parametrize("name", ["userid", "timestamp", "sign"])
def test_raw_bytes_in_a_header_of_kasushou(name: str) -> None:
    """Refused as whatever is wrong there."""
    headers = {"userid": "10001", "timestamp": STAMP, "sign": "0", name: RAW}
    with pytest.raises(KasushouRefused):
        kasushou.read_verified(KASUSHOU, call(b"{}", headers))


def test_an_odd_push_is_refused() -> None:
    """Bytes, fields and signatures that are none."""
    sign = hashlib.md5(f"demo_keyjson{{}}timestamp{STAMP}demo_key".encode()).hexdigest()
    good = f"timestamp={STAMP}&aopic=8&sign={sign}"
    assert agiso.read_push(AGISO, call(b"json=%7B%7D", query=good))
    for query, body in (
        (good, b"json=\xff"), (good, b"json=%ff"), (good, b""), (good, b"a=1&" * 60),
        (good.replace(sign, "%ff%fe"), b"json=%7B%7D"),
        (good.replace("=8", "=%D9%A8"), b"json=%7B%7D"),
        (good.replace(STAMP, "%D9%A1" * 10), b"json=%7B%7D"),
    ):  # fmt: skip
        with pytest.raises(AgisoRefused):
            agiso.read_push(AGISO, call(body, query=query))


def test_both_readings_of_a_signature_stay() -> None:
    """What is bounded is what no house sends: nested members are signed as they were."""
    members: dict[str, Any] = {
        "userid": "10052", "timestamp": STAMP, "attach": [{"value": 9.8, "a": [[["x"]]]}],
    }  # fmt: skip
    text = json.dumps(members["attach"], separators=(",", ":"))
    said = f"attach={text}&timestamp={STAMP}&userid=10052demo_key"
    members["sign"] = hashlib.md5(said.encode()).hexdigest()
    assert kakayun.read_verified(KAKAYUN, call(json.dumps(members).encode()))[0]["attach"]
