"""Who may ask: signatures, clocks, keys, scopes, addresses and rates (api.md "Authentication")."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import pytest

from gateway.ground.native import sign_request
from gateway.partners import keys
from tests.world.partner import IssuedKey, Partner, Reply, eventually, sign, signed_headers
from tests.world.shop import ALL_SCOPES, Shop, unique

Headers = dict[str, str]
SECRET = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
VECTOR = (
    "POST",
    "/v1/orders",
    "1767225600",
    "nonce-0123456789ab",
    b'{"out_order_no":"A1","sku":"VIP-MONTH"}',
)
VECTOR_SIGNATURE = "v1=a2911f532fa562aba3f8b5d55d5d51415a5c71015e9c122383279310c0d3347c"


def test_the_contracts_vector() -> None:
    """The test's signer and the gateway's agree with the vector in the contract."""
    assert sign(SECRET, VECTOR) == VECTOR_SIGNATURE
    assert sign_request(SECRET, *VECTOR) == VECTOR_SIGNATURE


async def test_a_signed_request_is_answered(shop: Shop) -> None:
    """Any valid key reads products; the query is part of what is signed."""
    partner = await shop.partner()
    assert (await partner.get("/v1/products?limit=3")).status == 200


# What is done to the headers of a right request; all of it is the same 401.
FORGERIES: dict[str, Callable[[Headers], None]] = {
    "no key": lambda h: h.pop("X-Quangate-Key") and None,
    "unknown key": lambda h: h.update({"X-Quangate-Key": "qk_00000000000000000000"}),
    "no signature": lambda h: h.pop("X-Quangate-Signature") and None,
    "empty signature": lambda h: h.update({"X-Quangate-Signature": ""}),
    "flipped digit": lambda h: h.update(
        {"X-Quangate-Signature": h["X-Quangate-Signature"][:-1] + _other(h)}
    ),
    "truncated": lambda h: h.update({"X-Quangate-Signature": h["X-Quangate-Signature"][:-2]}),
    "prefix only": lambda h: h.update({"X-Quangate-Signature": "v1="}),
    "upper case": lambda h: h.update(
        {"X-Quangate-Signature": "v1=" + h["X-Quangate-Signature"][3:].upper()}
    ),
    "other version": lambda h: h.update(
        {"X-Quangate-Signature": h["X-Quangate-Signature"].replace("v1=", "v2=")}
    ),
    "no timestamp": lambda h: h.pop("X-Quangate-Timestamp") and None,
    "timestamp not signed": lambda h: h.update({"X-Quangate-Timestamp": str(int(time.time()) + 1)}),
    "no nonce": lambda h: h.pop("X-Quangate-Nonce") and None,
    "nonce not signed": lambda h: h.update({"X-Quangate-Nonce": "n" * 20}),
}


def _other(headers: Headers) -> str:
    return "0" if headers["X-Quangate-Signature"][-1] != "0" else "1"


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_forgeries_are_all_the_same(shop: Shop, forge: Callable[[Headers], None]) -> None:
    """Whatever is wrong, the answer is one 401 that does not tell what."""
    partner = await shop.partner()
    headers = signed_headers(partner.key, "GET", "/v1/account", b"")
    forge(headers)
    reply = await _plain(partner, "/v1/account", headers)
    assert reply.pop("trace_id")
    assert reply == {
        "type": "urn:quangate:problem:unauthenticated",
        "title": "The request is not authenticated",
        "status": 401,
        "detail": "The request could not be authenticated.",
        "code": "unauthenticated",
        "retryable": False,
    }


@pytest.mark.parametrize(
    "nonce",
    ["short", "x" * 15, "x" * 65, "with blank 123456", "plus+plus+plus+plus"],
)
async def test_nonces_have_a_shape(shop: Shop, nonce: str) -> None:
    """A nonce is 16 to 64 of [A-Za-z0-9_-], even if it is signed."""
    partner = await shop.partner()
    at = str(int(time.time()))
    headers = {
        "X-Quangate-Key": partner.key.key_id,
        "X-Quangate-Timestamp": at,
        "X-Quangate-Nonce": nonce,
        "X-Quangate-Signature": sign(partner.key.secret, ("GET", "/v1/account", at, nonce, b"")),
    }
    assert (await _plain(partner, "/v1/account", headers))["code"] == "unauthenticated"


async def test_method_path_query_and_body_are_signed(shop: Shop) -> None:
    """A signature for one request fits no other."""
    partner = await shop.partner()
    for method, target, body in [
        ("GET", "/v1/orders", b""),
        ("GET", "/v1/account?limit=1", b""),
        ("POST", "/v1/account", b""),
        ("GET", "/v1/account", b"x"),
    ]:
        headers = signed_headers(partner.key, method, target, body)
        assert (await _plain(partner, "/v1/account", headers))["status"] == 401


async def test_another_partners_signature(shop: Shop) -> None:
    """A key id with another partner's secret is a forgery."""
    mine, theirs = await shop.partner(), await shop.partner()
    mixed = IssuedKey(
        key_id=theirs.key.key_id, secret=mine.key.secret, delivery_key=mine.key.delivery_key
    )
    reply = await Partner(shop.url, shop.session, mixed).get("/v1/account")
    assert reply.problem == (401, "unauthenticated")


@pytest.mark.parametrize("skew_s", [-301, 301, -86_400, 86_400])
async def test_a_stale_timestamp_tells_the_servers_clock(shop: Shop, skew_s: int) -> None:
    """Outside 300 seconds the problem says what time it is here."""
    partner = await shop.partner()
    reply = await partner.send("GET", "/v1/account", at=time.time() + skew_s)
    assert reply.problem == (401, "stale-timestamp")
    assert abs(reply.json["server_time"] - time.time()) < 60
    assert reply.json["title"] == "The request is not authenticated"


@pytest.mark.parametrize("skew_s", [-290, 290])
async def test_some_skew_is_allowed(shop: Shop, skew_s: int) -> None:
    """Clocks may differ by up to 300 seconds."""
    partner = await shop.partner()
    assert (await partner.send("GET", "/v1/account", at=time.time() + skew_s)).status == 200


async def test_a_forged_request_learns_no_clock(shop: Shop) -> None:
    """Only who can sign is told the time: a stale forgery is unauthenticated."""
    partner = await shop.partner()
    headers = signed_headers(partner.key, "GET", "/v1/account", b"", at=1.0)
    headers["X-Quangate-Signature"] = "v1=" + "0" * 64
    reply = await _plain(partner, "/v1/account", headers)
    assert reply["code"] == "unauthenticated"
    assert "server_time" not in reply


async def test_all_401_are_alike(shop: Shop) -> None:
    """Apart from the code (and the clock) every 401 has the same body."""
    partner = await shop.partner()
    target = "/v1/webhooks/test"
    headers = signed_headers(partner.key, "POST", target, b"")
    await partner.send("POST", target, headers=headers)
    replies = [
        await partner.send("POST", target, headers=headers),
        await partner.send("POST", target, at=1.0),
        await partner.send("POST", target, headers={"X-Quangate-Signature": "v1=00"}),
    ]
    bodies = [reply.json for reply in replies]
    codes = [body.pop("code") for body in bodies]
    assert codes == ["replayed-nonce", "stale-timestamp", "unauthenticated"]
    for body in bodies:
        assert body.pop("type") == f"urn:quangate:problem:{codes[bodies.index(body)]}"
        body.pop("trace_id")
        body.pop("server_time", None)
    assert bodies[0] == bodies[1] == bodies[2]


async def test_several_signatures(shop: Shop) -> None:
    """During a rotation several signatures may be sent; one right one suffices, at any place."""
    partner = await shop.partner()
    headers = signed_headers(partner.key, "GET", "/v1/account", b"")
    right, wrong = headers["X-Quangate-Signature"], "v1=" + "ab" * 32
    for value in (f"{right} {wrong}", f"{wrong} {right}", f"{wrong} {wrong} {right}"):
        headers["X-Quangate-Signature"] = value
        assert "balance" in await _plain(partner, "/v1/account", headers)
    headers["X-Quangate-Signature"] = f"{wrong} {wrong}"
    assert (await _plain(partner, "/v1/account", headers))["code"] == "unauthenticated"


async def test_a_revoked_key_stops_by_itself(shop: Shop) -> None:
    """Revoking takes effect on the running gateway by itself."""
    partner = await shop.partner()
    async with shop.desk() as (db, _):
        await keys.revoke_key(db, partner.key.key_id)

    async def refused() -> bool:
        return (await partner.get("/v1/account")).status == 401

    await eventually(refused)  # the contract says a second; busy machines get what they need
    assert (await partner.get("/v1/account")).problem == (401, "unauthenticated")


async def test_a_rotated_key_works_until_its_overlap_ends(shop: Shop) -> None:
    """Both keys work in the overlap; afterwards the old one is unknown, without any news."""
    first = await shop.partner()
    async with shop.desk() as (db, secrecy):
        made = await keys.rotate_key(db, secrecy, first.key.key_id, overlap_s=3600)
    old = await shop.client(made).until_known()
    assert old.key.key_id != first.key.key_id
    assert (await old.get("/v1/account")).json == (await first.get("/v1/account")).json
    async with shop.desk() as (db, secrecy):
        made = await keys.rotate_key(db, secrecy, old.key.key_id, overlap_s=2)
    new = await shop.client(made).until_known()

    async def ended() -> bool:
        return (await old.get("/v1/account")).status == 401

    await eventually(ended)
    assert (await new.get("/v1/account")).status == 200


# Per scope: what it is needed for (api.md).
SCOPES = [
    ("orders:write", "POST", "/v1/orders"),
    ("orders:write", "POST", "/v1/orders/batch"),
    ("orders:write", "POST", "/v1/orders/1/cancel"),
    ("orders:write", "POST", "/v1/webhooks/deliveries/1/replay"),
    ("orders:write", "POST", "/v1/webhooks/test"),
    ("orders:read", "GET", "/v1/orders"),
    ("orders:read", "GET", "/v1/orders/1"),
    ("orders:read", "GET", "/v1/orders/by-out-no/A1"),
    ("orders:read", "GET", "/v1/webhooks/deliveries"),
    ("account:read", "GET", "/v1/account"),
    ("account:read", "GET", "/v1/account/entries"),
    ("account:read", "GET", "/v1/statements/2026-01-01"),
    ("account:read", "GET", "/v1/statements/2026-01-01/csv"),
]


async def test_every_route_has_its_scope(shop: Shop) -> None:
    """A key without the scope of a route is forbidden; products take any key."""
    for lacking in ("orders:write", "orders:read", "account:read"):
        partner = await shop.partner(scopes=[each for each in ALL_SCOPES if each != lacking])
        for scope, method, target in SCOPES:
            reply = await partner.send(method, target)
            if scope == lacking:
                assert reply.problem == (403, "forbidden"), (lacking, target)
            else:
                assert reply.status not in {401, 403}, (lacking, target)
        assert (await partner.get("/v1/products")).status == 200


async def test_codes_only_for_keys_that_may_read_them(shop: Shop) -> None:
    """Without codes:read no answer has the member, neither on create, replay nor read."""
    partner = await shop.partner(scopes=["orders:write", "orders:read"])
    sku = await shop.sku(codes=2)
    order = {"out_order_no": "A1", "sku": sku}
    created, replayed = await partner.order(**order), await partner.order(**order)
    read = await partner.get(f"/v1/orders/{created.json['order_no']}")
    assert [created.status, replayed.status, read.status] == [201, 200, 200]
    assert created.json == replayed.json == read.json
    assert "codes" not in created.json


async def test_addresses(shop: Shop) -> None:
    """An IP allow-list counts on the connection's address, whatever headers claim."""
    inside = await shop.partner(allow_ips=["127.0.0.0/8", "10.0.0.0/8"])
    assert (await inside.get("/v1/products")).status == 200
    name = await shop.name_of(inside)
    outside = await shop.another_key(name, allow_ips=["192.0.2.0/24"])
    spoofed = await outside.send(
        "GET",
        "/v1/products",
        headers={"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"},
    )
    assert spoofed.problem == (403, "forbidden")


async def test_the_rate_limit_says_when_to_come_back(shop: Shop) -> None:
    """Over its rate a key gets 429 with the three headers; another key of the partner does not."""
    partner = await shop.partner(rate_per_s=2)
    name = await shop.name_of(partner)
    other = await shop.another_key(name)
    refused: list[Reply] = []
    while not refused:
        replies = await asyncio.gather(*(partner.get("/v1/products") for _ in range(12)))
        refused = [reply for reply in replies if reply.status == 429]
    for reply in refused:
        assert reply.problem == (429, "rate-limited")
        assert reply.json["retryable"] is True
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.headers["RateLimit"].startswith('"key";r=0;t=')
        assert reply.headers["RateLimit-Policy"] == '"key";q=2;w=1'
    assert (await other.get("/v1/products")).status == 200

    async def allowed() -> bool:
        return (await partner.get("/v1/products")).status == 200

    await eventually(allowed)


async def test_a_replayed_nonce_is_refused_where_it_matters(shop: Shop) -> None:
    """On writes that are not idempotent a captured request cannot be sent again."""
    partner = await shop.partner()
    target = "/v1/webhooks/deliveries/1/replay"
    headers = signed_headers(partner.key, "POST", target, b"")
    async with aiohttp.ClientSession() as session:
        codes = []
        for _ in range(2):
            async with session.post(partner.url + target, headers=headers) as response:
                codes.append((response.status, (await response.json(content_type=None))["code"]))
    assert codes == [(404, "not-found"), (401, "replayed-nonce")]


async def test_a_nonce_belongs_to_its_key(shop: Shop) -> None:
    """Two keys may use the same nonce; reads and orders never use it up."""
    one, two = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=3)
    body = b'{"out_order_no":"%b","sku":"%b"}' % (unique("A").encode(), sku.encode())
    headers = signed_headers(one.key, "POST", "/v1/orders", body)
    headers["Content-Type"] = "application/json"
    async with aiohttp.ClientSession() as session:
        statuses = []
        for _ in range(2):
            async with session.post(one.url + "/v1/orders", data=body, headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [201, 200]
    nonce = headers["X-Quangate-Nonce"]
    for partner in (one, two):
        at = str(int(time.time()))
        signature = sign(partner.key.secret, ("POST", "/v1/webhooks/test", at, nonce, b""))
        reply = await partner.send(
            "POST",
            "/v1/webhooks/test",
            headers={
                "X-Quangate-Timestamp": at,
                "X-Quangate-Nonce": nonce,
                "X-Quangate-Signature": signature,
            },
        )
        assert reply.problem == (404, "not-found")


async def _plain(partner: Partner, target: str, headers: Headers) -> dict[str, object]:
    """A GET with exactly these headers; the answer's JSON."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(partner.url + target, headers=headers) as response,
    ):
        answer: dict[str, object] = await response.json(content_type=None)
        return answer
