"""What a body may be: strict JSON of the declared members, of a bounded size (api.md)."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from tests.world.partner import Partner, signed_headers
from tests.world.shop import Shop

ORDER = {"out_order_no": "A1", "sku": "VIP-MONTH"}

# Bodies that are no acceptable JSON at all.
MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "cut off": b'{"out_order_no":"A1","sku":',
    "trailing comma": b'{"out_order_no":"A1","sku":"VIP",}',
    "two documents": b'{"out_order_no":"A1","sku":"VIP"}{}',
    "single quotes": b"{'out_order_no':'A1','sku':'VIP'}",
    "comment": b'{"out_order_no":"A1",/*x*/"sku":"VIP"}',
    "byte order mark": b'\xef\xbb\xbf{"out_order_no":"A1","sku":"VIP"}',
    "utf-16": '{"out_order_no":"A1","sku":"VIP"}'.encode("utf-16"),
    "latin-1": b'{"out_order_no":"A1","sku":"VIP","account":"\xe9"}',
    "overlong utf-8": b'{"out_order_no":"A1","sku":"VIP","account":"\xc0\xaf"}',
    "duplicate member": b'{"out_order_no":"A1","sku":"VIP","sku":"VIP"}',
    "duplicate member, escaped": b'{"out_order_no":"A1","sku":"VIP","s\\u006bu":"OTHER"}',
    "duplicate within metadata": b'{"out_order_no":"A1","sku":"VIP","metadata":{"a":"1","a":"2"}}',
    "NaN": b'{"out_order_no":"A1","sku":"VIP","quantity":NaN}',
    "Infinity": b'{"out_order_no":"A1","sku":"VIP","max_amount":Infinity}',
    "-Infinity": b'{"out_order_no":"A1","sku":"VIP","max_amount":-Infinity}',
    "lone surrogate": b'{"out_order_no":"A1","sku":"VIP","account":"\\ud800"}',
    "surrogates reversed": b'{"out_order_no":"A1","sku":"VIP","account":"\\udc00\\ud800"}',
    "lone surrogate in a name": b'{"out_order_no":"A1","sku":"VIP","\\udfff":1}',
    "control character": b'{"out_order_no":"A1","sku":"VIP","account":"a\x01b"}',
    "a thousand levels": b'{"metadata":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "sixty thousand levels": b"[" * 60_000,
    "leading zero": b'{"out_order_no":"A1","sku":"VIP","quantity":01}',
    "plus sign": b'{"out_order_no":"A1","sku":"VIP","quantity":+1}',
    "bare point": b'{"out_order_no":"A1","sku":"VIP","quantity":1.}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_json(shop: Shop, body: bytes) -> None:
    """Neither orders nor batches guess what was meant."""
    partner = await shop.partner()
    reply = await partner.send("POST", "/v1/orders", body)
    assert reply.problem == (400, "malformed-json")
    reply = await partner.send("POST", "/v1/orders/batch", b'{"orders":[' + body + b"]}")
    assert reply.status == 400


def order(**members: object) -> bytes:
    """An order's body with members replaced; None as a member stays null."""
    return json.dumps({**ORDER, **members}).encode()


def without(name: str) -> bytes:
    """An order's body without a member."""
    return json.dumps({k: v for k, v in ORDER.items() if k != name}).encode()


# Bodies that are JSON but no order, and the member that is wrong.
INVALID: list[tuple[str, bytes, str]] = [
    ("not an object", b"[]", ""),
    ("null", b"null", ""),
    ("a string", b'"x"', ""),
    ("no number", without("out_order_no"), "/out_order_no"),
    ("no sku", without("sku"), "/sku"),
    ("empty number", order(out_order_no=""), "/out_order_no"),
    ("long number", order(out_order_no="x" * 65), "/out_order_no"),
    ("blank in the number", order(out_order_no="A 1"), "/out_order_no"),
    ("line feed in the number", order(out_order_no="A1\n"), "/out_order_no"),
    ("slash in the number", order(out_order_no="A/1"), "/out_order_no"),
    ("Chinese number", order(out_order_no="订单一"), "/out_order_no"),
    ("numeric number", order(out_order_no=1), "/out_order_no"),
    ("null sku", order(sku=None), "/sku"),
    ("empty sku", order(sku=""), "/sku"),
    ("quantity 0", order(quantity=0), "/quantity"),
    ("quantity -1", order(quantity=-1), "/quantity"),
    ("quantity 501", order(quantity=501), "/quantity"),
    ("quantity 1.5", order(quantity=1.5), "/quantity"),
    ("quantity as text", order(quantity="1"), "/quantity"),
    ("quantity true", order(quantity=True), "/quantity"),
    ("quantity null", order(quantity=None), "/quantity"),
    ("huge quantity", order(quantity=10**30), "/quantity"),
    ("negative max_amount", order(max_amount=-1), "/max_amount"),
    ("huge max_amount", order(max_amount=10**20), "/max_amount"),
    ("account is a number", order(account=13800138000), "/account"),
    ("account with NUL", order(account="a\0b"), "/account"),
    ("account with line feed", order(account="1\n2"), "/account"),
    ("buyer is text", order(buyer="u1"), "/buyer"),
    ("buyer id is a number", order(buyer={"id": 1}), "/buyer/id"),
    ("buyer id with escape", order(buyer={"id": "\x1b[31m"}), "/buyer/id"),
    ("unknown buyer member", order(buyer={"id": "u", "name": "x"}), "/buyer/name"),
    ("unknown member", order(price=1), "/price"),
    ("unknown member to escape", order(**{"a/b~c": 1}), "/a~1b~0c"),
    ("backticks", order(**{"a`b`": 1}), "/a`b`"),
    ("a lone backtick", order(**{"`": 1}), "/`"),
    ("backticks in the buyer", order(buyer={"a`b": 1}), "/buyer/a`b"),
    ("a name like a path", order(**{"x` - at `$.buyer": 1}), "/x` - at `$.buyer"),
    ("a name like a path in the buyer", order(buyer={"x` - at `$.a": 1}), "/buyer/x` - at `$.a"),
    ("line feed in a name", order(**{"a\n`b": 1}), "/a\n`b"),
    ("nothing as a name", order(**{"": 1}), "/"),
    ("notify_url without scheme", order(notify_url="example.com/x"), "/notify_url"),
    ("notify_url of ftp", order(notify_url="ftp://example.com/"), "/notify_url"),
    ("notify_url with user", order(notify_url="https://u:p@example.com/"), "/notify_url"),
    ("notify_url with blank", order(notify_url="https://example.com/a b"), "/notify_url"),
    ("metadata is a list", order(metadata=[]), "/metadata"),
    ("metadata number", order(metadata={"a": 1}), "/metadata/a"),
    ("metadata nested", order(metadata={"a": {"b": "c"}}), "/metadata/a"),
    ("metadata null", order(metadata={"a": None}), "/metadata/a"),
    ("17 pairs", order(metadata={str(n): "v" for n in range(17)}), "/metadata"),
    ("over 1 KiB", order(metadata={"k": "v" * 1024}), "/metadata"),
    ("over 1 KiB in UTF-8", order(metadata={"k": "券" * 350}), "/metadata"),
]


@pytest.mark.parametrize(
    ("body", "pointer"), [row[1:] for row in INVALID], ids=[row[0] for row in INVALID]
)
async def test_the_pointer_names_the_wrong_member(shop: Shop, body: bytes, pointer: str) -> None:
    """invalid-request says which member is wrong, also in a batch."""
    partner = await shop.partner()
    reply = await partner.send("POST", "/v1/orders", body)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]
    assert all(error["detail"] for error in reply.json["errors"])
    batch = await partner.send("POST", "/v1/orders/batch", b'{"orders":[%b]}' % body)
    (result,) = batch.json["results"]
    assert result["status"] == 400
    assert [error["pointer"] for error in result["problem"]["errors"]] == ["/orders/0" + pointer]


async def test_several_wrong_members_are_all_named(shop: Shop) -> None:
    """What can be checked together is told together."""
    partner = await shop.partner()
    reply = await partner.send(
        "POST", "/v1/orders", order(account="a\0", metadata={"a": 1, "b": 2})
    )
    pointers = {error["pointer"] for error in reply.json["errors"]}
    assert pointers == {"/account", "/metadata/a", "/metadata/b"}


BATCHES: list[tuple[str, bytes, str]] = [
    ("no orders", b"{}", "/orders"),
    ("empty", b'{"orders":[]}', "/orders"),
    ("not a list", b'{"orders":{}}', "/orders"),
    ("501 lines", json.dumps({"orders": [ORDER] * 501}).encode(), "/orders"),
    ("unknown member", b'{"orders":[{}],"x":1}', "/x"),
]


@pytest.mark.parametrize(
    ("body", "pointer"), [row[1:] for row in BATCHES], ids=[row[0] for row in BATCHES]
)
async def test_a_wrong_batch_is_refused_whole(shop: Shop, body: bytes, pointer: str) -> None:
    """A batch that is none has no results."""
    partner = await shop.partner()
    reply = await partner.send("POST", "/v1/orders/batch", body)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
async def test_compressed_bodies_are_refused(shop: Shop, encoding: str) -> None:
    """Compression is refused before anything is inflated."""
    partner = await shop.partner()
    bomb = gzip.compress(b" " * 10_000_000)
    reply = await partner.send("POST", "/v1/orders", bomb, headers={"Content-Encoding": encoding})
    assert reply.problem == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ('application/json;charset="UTF-8"', True),
        ("Application/JSON", True),
        (None, True),  # signed bytes that parse as JSON need no label
        ("application/json; charset=gbk", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("application/jsonp", False),
    ],
)
async def test_media_types(shop: Shop, declared: str | None, taken: bool) -> None:
    """JSON in UTF-8 and nothing else."""
    partner = await shop.partner()
    reply = await partner.send("POST", "/v1/orders", order(), headers={"Content-Type": declared})
    expected = (404, "unknown-sku") if taken else (415, "unsupported-media-type")
    assert reply.problem == expected


@pytest.mark.parametrize(
    ("target", "bytes_max"), [("/v1/orders", 65_536), ("/v1/orders/batch", 1_048_576)]
)
async def test_bodies_have_a_size(shop: Shop, target: str, bytes_max: int) -> None:
    """One byte more than the limit is 413, whether announced or found out while reading."""
    partner = await shop.partner()
    fits = b" " * (bytes_max - 2) + b"{}"
    assert (await partner.send("POST", target, fits)).problem == (400, "invalid-request")
    assert (await partner.send("POST", target, fits + b" ")).problem == (413, "body-too-large")
    for body, expected in (
        (fits, (400, "invalid-request")),
        (fits + b" ", (413, "body-too-large")),
    ):
        assert await _send_chunked(partner, target, body) == expected


async def test_the_gateway_lives_on(shop: Shop) -> None:
    """After all that, an order is still sold."""
    partner = await shop.partner()
    sku = await shop.sku(codes=1)
    assert (await partner.order(out_order_no="A1", sku=sku)).status == 201


async def _send_chunked(partner: Partner, target: str, body: bytes) -> tuple[int, str]:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    headers = signed_headers(partner.key, "POST", target, body)
    async with partner.session.post(
        partner.url + target, data=chunks(), headers=headers | {"Content-Type": "application/json"}
    ) as response:
        return response.status, (await response.json(content_type=None))["code"]
