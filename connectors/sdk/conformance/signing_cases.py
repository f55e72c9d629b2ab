"""Requests and their signatures. Pure."""

import base64
import hashlib
import hmac
from typing import Any, Final

SECRET: Final = "qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"  # noqa: S105
RAW: Final = b"0123456789abcdef0123456789abcdef"
STAMP, NONCE = "1767225600", "nonce-0123456789ab"
ORDER: Final = '{"out_order_no":"A1","sku":"VIP-MONTH"}'
# name, method, target, body
REQUESTS: Final = [
    ("the vector of the document", "POST", "/v1/orders", ORDER),
    ("no body", "GET", "/v1/account", ""),
    ("a query", "GET", "/v1/orders?limit=10&state=delivered", ""),
    (
        "a query with an escaped colon",
        "GET",
        "/v1/orders?created_from=2026-01-01T00%3A00%3A00Z",
        "",
    ),
    ("an empty query", "GET", "/v1/products?", ""),
    ("an escaped segment", "GET", "/v1/products/A%20B", ""),
    ("a number with all it may have", "GET", "/v1/orders/by-out-no/A.b_c:d-9", ""),
    ("a path of a proxy", "POST", "/shop/v1/orders", ORDER),
    ("an empty object", "POST", "/v1/webhooks/test", "{}"),
    ("Chinese in the body", "POST", "/v1/orders", '{"metadata":{"名":"券"},"out_order_no":"A2"}'),
    ("a letter beyond the first plane", "POST", "/v1/orders", '{"metadata":{"k":"\U0001f381"}}'),
    ("white space is signed", "POST", "/v1/orders", '{ "out_order_no" : "A1" }\n'),
    ("a carriage return is signed", "POST", "/v1/orders", "{}\r\n"),
    ("a long body", "POST", "/v1/orders/batch", '{"orders":[' + ",".join([ORDER] * 100) + "]}"),
    ("another method", "DELETE", "/v1/orders", ""),
    ("the same path in lower case", "GET", "/v1/ACCOUNT", ""),
]
SECRETS: Final = [
    ("a short key", b"k"),
    ("a key of a block", bytes(range(64))),
    ("a key longer than a block", bytes(range(100))),
    ("a key with bytes that are no text", b"\xff\xfe\x00\x80" * 8),
    ("a key with - and _ in its text", b"\xfb\xef\xbe\xff\xff\xff" * 5),
]


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signature(key: bytes, *said: str, body: str) -> str:
    """`v1=` and the HMAC over method, target, timestamp and nonce."""
    lines = "\n".join([*said, hashlib.sha256(body.encode()).hexdigest()])
    return "v1=" + hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()


def case(name: str, secret: str, key: bytes, *said: str, body: str, **more: str) -> dict[str, Any]:
    """One case: what is signed, and how it comes out."""
    method, target, timestamp, nonce = said
    return {
        "name": name, "secret": secret, "method": method, "target": target,
        "timestamp": timestamp, "nonce": nonce, "body": body,
        "signature": signature(key, *said, body=body), **more,
    }  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """All, and secrets that are none: those are refused before anything is sent."""
    made = [
        case(name, SECRET, RAW, method, target, STAMP, NONCE, body=body)
        for name, method, target, body in REQUESTS
    ]
    made += [
        case(name, f"qs_{base64url(key)}", key, "POST", "/v1/orders", STAMP, NONCE, body=ORDER)
        for name, key in SECRETS
    ]
    made += [
        case(f"nonce {nonce}", SECRET, RAW, "GET", "/v1/account", STAMP, nonce, body="")
        for nonce in ("a" * 16, "Z9_-" * 16)
    ]
    made += [
        case(f"timestamp {stamp}", SECRET, RAW, "GET", "/v1/account", stamp, NONCE, body="")
        for stamp in ("0", "4102444800")
    ]
    for name, secret in (
        ("a secret without its prefix", SECRET.removeprefix("qs_")),
        ("a delivery key as a secret", SECRET.replace("qs_", "qd_")),
        ("a secret that is no base64url", "qs_*not*base64*"),
        ("a secret cut short", "qs_AAAAA"),
        ("a secret that is empty", ""),
    ):
        made.append({"name": name, "secret": secret, "refused": True})
    return made
