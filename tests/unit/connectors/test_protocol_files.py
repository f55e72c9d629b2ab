"""Protocol files: what the contract's example is, what is refused and how, and the same bytes as
the connectors that were written by hand.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.contract import (
    CancelRequest,
    Context,
    QueryRequest,
    SubmitRequest,
)
from connectors.entry import shipped
from connectors.generic.reader import read_protocol
from connectors.settings import SettingsError
from connectors.simulation.server import build

NOW = 1767225600.0
CONTEXT = Context(now=NOW)
LANYUN = shipped("lanyun.toml")
KEYS = {"app_id": "A", "secret": "canary-5e1f"}
ORDER = SubmitRequest(
    attempt_no="T202601010001", product_id="25", account="13800138000", face_minor=10_000,
    max_cost_minor=9_850, notify_url="http://127.0.0.1:9/cb",
)  # fmt: skip
# Contract: generic-protocol.md; what stands there that our own example has otherwise.
CONTRACT = LANYUN.replace('time = "ts"\n', "").replace(
    'upstream_no = "data.order_id"\nstate', "state"
)


def generic(text: str = CONTRACT, **keys: str) -> Any:
    """The connector of a file."""
    return registry.create("generic", "http://upstream.test", {"protocol": text, **KEYS, **keys})


def sent(connector: Any, operation: str, request: object) -> Any:
    """The first request of an operation."""
    return next(getattr(connector, operation)(request, CONTEXT))


# --- the same bytes -------------------------------------------------------------------------------

ORDERS = {
    "whole": ORDER,
    "codes": replace(ORDER, account=None, face_minor=None),
    "bare": replace(ORDER, max_cost_minor=None, notify_url=None, face_minor=None),
    "many": replace(ORDER, quantity=3, product_id="x-9"),
    "odd": replace(ORDER, account="乐+/&=~ \u2028"),
}


@pytest.mark.parametrize("what", ORDERS)
@pytest.mark.parametrize("name", ["kasushou", "dayuanren"])
def test_a_file_sends_what_the_written_connector_sends(name: str, what: str) -> None:
    """Method, URL, headers and body, byte by byte, of every call that both can make."""
    keys = registry.simulator_settings(name)
    by_hand = registry.create(name, "http://u.test", keys)
    by_file = registry.create(
        "generic", "http://u.test", {"protocol": shipped(f"{name}.toml"), **keys}
    )
    order = ORDERS[what]
    pairs = [("query", QueryRequest(attempt_no="T1", account="1"))]
    if name == "kasushou" or (order.account and order.quantity == 1):
        pairs.append(("submit", order))  # type: ignore[arg-type]
    if name == "dayuanren":
        pairs.append(("cancel", CancelRequest(attempt_no="T1")))  # type: ignore[arg-type]
    for operation, request in pairs:
        assert sent(by_file, operation, request) == sent(by_hand, operation, request), operation
    assert next(by_file.balance(CONTEXT)).url == next(by_hand.balance(CONTEXT)).url
    assert next(by_file.catalog(None, CONTEXT)) == next(by_hand.catalog(None, CONTEXT))


VECTORS: list[tuple[str, Mapping[str, Any], str]] = [
    (
        "kakayun",
        {"userid": "10052", "timestamp": "1735002156", "goodsid": 720938, "buynum": 1,
         "attach": "13088888888", "usorderno": "", "maxmoney": None},
        "e9063b0f511ade1f64b1125d35afdfaa",
    ),
    (
        "xingquanyi",
        {"customer_id": "10000", "outer_order_id": "QG-1", "product_id": "1886", "quantity": "2",
         "recharge_account": "13800138000", "timestamp": "1767225600"},
        "41437ea7b7e6e7598377e594c054bd5d",
    ),
    (
        "fengzhushou",
        {"projectCode": "demo_project", "skuCode": "S1", "channelOrderNo": "QG-1", "num": 1,
         "account": "13800138000", "callbackUrl": "", "skuPrice": "9.98",
         "timestamp": "1767225600000"},
        "C64E4CC9E379B5C4B5CA2BBAC2B164B2B8BC46FA",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "sign"), VECTORS, ids=[row[0] for row in VECTORS])
def test_golden_signatures(name: str, fields: Mapping[str, Any], sign: str) -> None:
    """upstreams.md §11–13."""
    protocol = read_protocol(shipped(f"{name}.toml"))
    known = {f"set.{key}": value for key, value in registry.simulator_settings(name).items()}
    assert protocol.sign.sign(fields, b"", known) == sign


# --- the contract's example -----------------------------------------------------------------------


def test_the_contracts_example_is_read() -> None:
    """As it stands there: its settings, of which those under `sign` are secrets, and its call."""
    settings = registry.settings_of("generic", {"protocol": CONTRACT})
    assert [(one.name, one.secret) for one in settings] == [
        ("protocol", False), ("app_id", False), ("secret", True),
    ]  # fmt: skip
    request = sent(generic(), "submit", ORDER)
    assert (request.method, request.url) == ("POST", "http://upstream.test/api/order")
    assert request.body.startswith(
        b"app_id=A&ts=1767225600&out_no=T202601010001&goods=25&account=13800138000&num=1&max=98.50"
        b"&notify=http%3A%2F%2F127.0.0.1%3A9%2Fcb&sign="
    )
    assert re.fullmatch(rb"[0-9A-F]{32}", request.body.rpartition(b"=")[2])
    assert "canary" not in repr((generic(), request))


# --- what is refused ------------------------------------------------------------------------------

# What is changed, the place that is named, and words of what may stand there.
WRONG: list[tuple[str, str, str, str]] = [
    ('currency = "CNY"', 'colour = "red"', "line 3, colour", "there are name, request"),
    ('encoding = "form"', 'encodng = "form"', "line 6, request.encodng", "encoding, time"),
    ('encoding = "form"', 'encoding = "xml"', "line 6, request.encoding", "form, json"),
    ('time = "unix"', "time = 5", "line 7, request.time", "a whole number stands where a text"),
    ('time = "unix"', 'time = "yyyy-QQ"', "request.time", "yyyy, MM"),
    ('"Asia/Shanghai"', '"Asia/Nowhere"', "request.zone", "no such zone"),
    ('zone = "Asia/Shanghai"', 'zone = "../../etc/passwd"', "request.zone", "no such zone"),
    ('digest = "md5"', 'digest = "crc"', "line 12, sign.digest", "md5, sha1, sha256, hmac-md5"),
    ('digest = "md5"', 'digest = "hmac-md5"', "sign.key", "has a key"),
    ('case = "upper"', 'case = "Upper"', "sign.case", "lower, upper"),
    ('into = "field:sign"', 'into = "body:sign"', "sign.into", "field:NAME or header:NAME"),
    ('into = "field:sign"', 'into = "header:Host"', "sign.into", "header:NAME"),
    ("{pairs}&key={set.secret}", "{pairs}&key=s", "line 13, sign.text", "prove nothing"),
    ("{pairs}&key={set.secret}", "{set.secret}", "sign.text", "{pairs}"),
    ("{pairs}&key={set.secret}", "{body}{set.secret}", "sign.into", "cycle"),
    ("{pairs}&key={set.secret}", "{payload}{set.secret}", "sign.text", "{body}"),
    ('out_no = "{attempt}", goods', 'sign = "{attempt}", goods', "submit.fields.sign", "cycle"),
    ('out_no = "{attempt}", goods', 'ts = "{attempt}", goods', "submit.fields.ts", "[request]"),
    ('out_no = "{attempt}", goods', "goods", "submit.fields", "{attempt}"),
    ("{max_cost:yuan}", "{max_cost}", "submit.fields.max", "{max_cost:fen}"),
    ("{max_cost:yuan}", "{max_cost:jiao}", "submit.fields.max", "{max_cost:yuan}"),
    ("{max_cost:yuan}", "{max_price:yuan}", "submit.fields.max", "{max_cost}"),
    ("{max_cost:yuan}", "{set.protocol}", "submit.fields.max", "the file itself"),
    ("{max_cost:yuan}", "{{max_cost:yuan}", "submit.fields.max", "stands alone"),
    ('goods = "{product}"', '"a\\r\\nb" = "{product}"', "submit.fields", "letters, digits"),
    ('goods = "{product}"', 'goods = "a\\u0007"', "submit.fields.goods", "control characters"),
    ('goods = "{product}"', "goods = 1.5", "submit.fields.goods", "a whole number"),
    ('goods = "{product}"', "goods = {a = 1}", "submit.fields.goods", "json"),
    ('"/api/order"', '"/../order"', "submit.path", "/names"),
    ('"/api/order"', '"http://evil.test/"', "submit.path", "/names"),
    ('"/api/order"', '"/api/order?x=1"', "submit.path", "/names"),
    ('"/api/order"', '"/api/query"', "submit.path", "two calls"),
    ('ok = ["0"]', "ok = [0]", "line 20, answer.ok", "a whole number stands where a text"),
    ('ok = ["0"]', "ok = []", "answer.ok", "at least one"),
    ('refused = ["1001", "1002"]', 'refused = ["0"]', "answer.refused", "is in ok, too"),
    ('"3" = "failed"', '"3" = "lost"', "query.states.3", "processing, success"),
    ('"data.price:yuan"', '"data.price"', "query.cost", "data.price:yuan or :fen"),
    ('"data.price:yuan"', '"data..price:yuan"', "query.cost", "names with points"),
    ('list = "data.cards"', 'lst = "data.cards"', "query.codes.lst", "list, code, pin"),
    ('ack = "success"', 'ack = "success"\ncolour = 1', "callback.colour", "attempt, state"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place", "words"), WRONG, ids=[f"{row[2]}-{row[1]}"[:60] for row in WRONG]
)
def test_what_is_wrong_is_refused_with_its_place(
    old: str, new: str, place: str, words: str
) -> None:
    """The line or the key, and what may stand there."""
    assert old in LANYUN
    with pytest.raises(SettingsError) as caught:
        read_protocol(LANYUN.replace(old, new, 1))
    assert place in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "x", "a = 1", "[" * 5000, LANYUN + "\n[sign]", "# " + "x" * 70_000, "\x00"]
)
def test_what_is_no_protocol_is_a_settings_error(text: str) -> None:
    """Empty, cut, doubled, huge."""
    with pytest.raises(SettingsError, match="protocol"):
        read_protocol(text)


@given(st.data())
def test_no_change_of_a_file_crashes_the_reader(data: st.DataObject) -> None:
    """Whatever is put or taken anywhere: read, or refused in one way."""
    start = data.draw(st.integers(0, len(LANYUN)))
    taken = data.draw(st.integers(0, 40))
    put = data.draw(
        st.text(max_size=6) | st.sampled_from(['"', "{", "}", "[", "]", "\n", "=", "."])
    )
    text = LANYUN[:start] + put + LANYUN[start + taken :]
    with suppress(SettingsError):
        read_protocol(text)


def test_settings_are_those_of_the_file() -> None:
    """Missing and unknown ones are named, values never; a line end in one is refused."""
    cases = {
        "missing setting protocol": {},
        "missing setting app_id": {"protocol": CONTRACT, "secret": "canary"},
        "unknown setting colour": {"protocol": CONTRACT, **KEYS, "colour": "canary"},
        "secret is empty": {"protocol": CONTRACT, **KEYS, "secret": ""},
        "app_id has a line end": {"protocol": CONTRACT, **KEYS, "app_id": "canary\r\nHost: x"},
    }
    for words, values in cases.items():
        with pytest.raises(SettingsError, match=words) as caught:
            registry.create("generic", "http://u.test", values)
        assert "canary" not in str(caught.value)


def test_the_simulators_own_names_are_not_taken() -> None:
    """`{set.settle_s}` would be read by the simulator instead."""
    text = CONTRACT.replace("{set.app_id}", "{set.settle_s}")
    with pytest.raises(SettingsError, match="settle_s"):
        build("generic", settings={"protocol": text})


async def test_a_simulator_of_a_file_needs_nothing_else() -> None:
    """`upstream simulate generic --set protocol=@FILE`: keys are demo_NAME."""
    market = build("generic", settings={"protocol": CONTRACT})
    assert market.platform.DEFAULTS["secret"] == "demo_secret"
    await market.close()
