"""What every answer carries, and how a trace is taken up (api.md, Authentication)."""

import re
from collections.abc import Mapping

import pytest

from tests.contract.house.test_api_documents import plain
from tests.contract.http.test_api_http import connected, request_bytes
from tests.world.gateway_process import Gateway
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNSIGNED = ["/healthz", "/readyz", "/openapi.json", "/docs", "/metrics", "/nothing", "/v1/nothing"]


async def answers(shop: Shop, gateway: Gateway) -> dict[str, Reply]:
    """An answer of every kind, by what it is."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    order = {"out_order_no": "H1", "sku": sku}
    replies = {
        "created": await partner.order(**order),
        "replayed": await partner.order(**order),
        "refused": await partner.order(out_order_no="H2", sku="NO-SUCH-SKU"),
        "batch": await partner.send("POST", "/v1/orders/batch", {"orders": [order, {}]}),
        "read": await partner.get("/v1/orders/by-out-no/H1"),
        "list": await partner.get("/v1/orders"),
        "products": await partner.get("/v1/products"),
        "account": await partner.get("/v1/account"),
        "head": await partner.send("HEAD", "/v1/account"),
        "not signed": await plain(gateway, "GET", "/v1/account"),
        "wrong method": await plain(gateway, "PUT", "/v1/account"),
        "callback": await plain(gateway, "POST", "/callbacks/nobody"),
    }
    statement = await partner.get(f"/v1/statements/{replies['created'].json['created_at'][:10]}")
    replies["statement"] = statement
    return replies


async def test_every_answer_has_an_id_of_its_own(shop: Shop, gateway: Gateway) -> None:
    """`Request-Id`, never the same twice, whatever the answer is."""
    replies = [*(await answers(shop, gateway)).values()]
    replies += [await plain(gateway, "GET", target) for target in UNSIGNED]
    ids = [reply.headers["Request-Id"] for reply in replies]
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids), ids
    assert len(set(ids)) == len(ids)
    for reply in replies:
        if "problem" in reply.headers["Content-Type"] and reply.body:
            assert reply.json["trace_id"] == reply.headers["Request-Id"]


async def test_nothing_below_v1_is_stored(shop: Shop, gateway: Gateway) -> None:
    """Orders, lists, refusals, files: no cache keeps any of them."""
    replies = await answers(shop, gateway)
    del replies["callback"]
    kept = [name for name, reply in replies.items() if reply.headers["Cache-Control"] != "no-store"]
    assert kept == []
    file = await plain(gateway, "GET", replies["statement"].json["url"].partition("/v1")[1] + "/x")
    assert file.headers["Cache-Control"] == "no-store"


async def test_who_is_not_known_is_told_how_to_be(shop: Shop, gateway: Gateway) -> None:
    """Each 401 names the scheme, and no other answer does."""
    replies = await answers(shop, gateway)
    partner = await shop.partner()
    replies["stale"] = await partner.send("GET", "/v1/account", at=1.0)
    replies["stale write"] = await partner.send("POST", "/v1/orders", b"{}", at=1.0)
    for name, reply in replies.items():
        scheme = "Quangate" if reply.status == 401 else None
        assert reply.headers.get("WWW-Authenticate") == scheme, name
    assert replies["stale"].problem == replies["stale write"].problem == (401, "stale-timestamp")
    assert replies["stale write"].json["server_time"] > 1_700_000_000


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (PARENT, True),
        (PARENT.replace("00-", "cc-", 1) + "-later", True),  # a later version, as far as we know it
        (PARENT.replace(TRACE, "0" * 32), False),
        (PARENT.replace("b7ad6b7169203331", "0" * 16), False),
        (PARENT.replace("00-", "ff-", 1), False),
        (PARENT.upper(), False),
        (TRACE, False),
        ("", False),
    ],
)
async def test_a_trace_is_taken_up(shop: Shop, header: str, taken: bool) -> None:
    """A problem belongs to the trace of the request, in a batch as well; the id stays our own."""
    partner = await shop.partner()
    traced = {"traceparent": header}
    for reply in (
        await partner.send("GET", "/v1/nothing", headers=traced),
        await partner.send("POST", "/v1/orders/batch", {"orders": [{}]}, headers=traced),
    ):
        request_id = reply.headers["Request-Id"]
        assert _trace_id(reply.json) == (TRACE if taken else request_id)
        assert request_id != TRACE


def _trace_id(answer: Mapping[str, object]) -> object:
    results = answer.get("results")
    return results[0]["problem"]["trace_id"] if isinstance(results, list) else answer["trace_id"]


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ("application/json; charset=utf8", 404),
        ("application/json;charset=UTF8", 404),
        ('application/json; profile="a;b"; charset="utf-8"', 404),
        ("application/json; version=1", 404),
        ("application/json;", 404),
        ("application/json ; odata=verbose", 404),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=latin1", 415),
        ('application/json; x="charset=utf-8"; charset=gb18030', 415),
        ("application/json; charset=utf-8; charset=gbk", 415),
        ("application/json; a b; charset=gbk", 415),
        ("application/json; =; charset=gbk", 415),
        ('application/json; a="b; charset=gbk', 415),
        ("application/json; charset = gbk", 415),
        ("application/json; a b; charset=utf-8", 404),
        ("application/json; a b; c", 404),
        ("application/problem+json", 415),
        ("text/json", 415),
    ],
)
async def test_parameters_of_json_say_nothing(shop: Shop, declared: str, status: int) -> None:
    """But for a charset that is not UTF-8."""
    partner = await shop.partner()
    order = {"out_order_no": "A1", "sku": "NO-SUCH-SKU"}
    reply = await partner.send("POST", "/v1/orders", order, headers={"Content-Type": declared})
    assert reply.status == status


async def _head_only(partner: Partner, gateway: Gateway, **headers: str) -> bytes:
    """What is answered to the head of an order whose body never comes."""
    sent = request_bytes(partner.key, "POST", "/v1/orders", b"", headers)
    async with connected(gateway) as (reader, writer):
        writer.write(sent)
        return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("path", ["/callbacks/nobody", "/callbacks/nobody/token"])
async def test_callbacks_of_nobody_bring_no_body(gateway: Gateway, path: str) -> None:
    """An upstream that is not there is told so by its head alone."""
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"
    async with connected(gateway) as (reader, writer):
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert b"\r\nConnection: close\r\n" in answer


BEFORE_THE_BODY: dict[str, tuple[int, dict[str, str]]] = {
    "no such key": (401, {"X-Quangate-Key": "qk_00000000000000000000"}),
    "no key": (401, {"X-Quangate-Key": ""}),
    "stale": (401, {"X-Quangate-Timestamp": "1"}),
    "no time": (401, {"X-Quangate-Timestamp": "now"}),
    "no nonce": (401, {"X-Quangate-Nonce": "short"}),
    "no signature": (401, {"X-Quangate-Signature": ""}),
    "too long": (413, {"Content-Length": "65537"}),
    "not JSON": (415, {"Content-Type": "text/plain"}),
    "compressed": (415, {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize(
    ("status", "headers"), BEFORE_THE_BODY.values(), ids=BEFORE_THE_BODY.keys()
)
@pytest.mark.parametrize("expect", ["", "100-continue"])
async def test_heads_are_judged_before_bodies(
    shop: Shop, gateway: Gateway, status: int, headers: dict[str, str], expect: str
) -> None:
    """The answer comes while nothing of the body has; it is the connection's last."""
    partner = await shop.partner()
    made = {"Content-Length": "1000", "Expect": expect} | headers
    head = await _head_only(partner, gateway, **made)
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"\r\nConnection: close\r\n" in head
