"""What `key check` says of a request: each usual mistake is named by its part, and by no other."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.partners.key_check import Diagnosis, Signed, diagnose, signed_of
from gateway.partners.raw_request import NotARequest, RawRequest, read_request
from gateway.partners.refusal import RefusedRequest

KEY = b"0123456789abcdef0123456789abcdef"
NOW = 1_767_225_600
NONCE = "nonce-0123456789AB"
BODY = b'{"out_order_no": "A1", "sku": "VIP-MONTH"}'
DIGEST = hashlib.sha256(BODY).hexdigest()
TARGET = "/v1/orders?b=2&a=%E5%88%B8"


def mac(text: str, key: bytes = KEY) -> str:
    """The digits of a signature."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def text_of(**parts: str) -> str:
    """A string to sign, right but for these parts."""
    right = {"method": "POST", "target": TARGET, "at": str(NOW), "nonce": NONCE, "digest": DIGEST}
    return "\n".join((right | parts).values())


def verify(signed: Signed) -> bool:
    """As the gateway does it, by the standard library."""
    return f"v1={mac(signed.text)}" in signed.signature.split(" ")


def request_of(
    signature: str, *, at: str = str(NOW), nonce: str = NONCE, more: bytes = b""
) -> bytes:
    """The file of a request."""
    head = (
        f"POST {TARGET} HTTP/1.1\r\nHost: api.example\r\nContent-Length: {len(BODY)}\r\n"
        f"x-quangate-key: qk_1\r\nX-Quangate-Timestamp: {at}\r\nX-QUANGATE-NONCE: {nonce}\r\n"
        f"X-Quangate-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + BODY + more


def check(data: bytes, refused: list[RefusedRequest] | None = None) -> Diagnosis:
    """What is said of a file."""
    return diagnose(read_request(data), refused or [], verify, float(NOW))


def test_a_right_request_has_no_fault() -> None:
    """Several signatures, lines that end in LF, a line end behind the body: all the same."""
    right = f"v1={mac(text_of())}"
    for data in (
        request_of(right),
        request_of(f"v1={'ab' * 32} {right}"),
        request_of(right).replace(b"\r\n", b"\n"),
    ):
        found = check(data)
        assert (found.genuine, found.differs, found.signed_instead) == (True, [], None)
        assert found.string_to_sign == text_of()


MISTAKES: dict[str, tuple[str, str]] = {
    "query left out": ("path", text_of(target="/v1/orders")),
    "query decoded": ("path", text_of(target="/v1/orders?b=2&a=券")),
    "query in order": ("path", text_of(target="/v1/orders?a=%E5%88%B8&b=2")),
    "whole URL": ("path", text_of(target=f"https://api.example{TARGET}")),
    "without /v1": ("path", text_of(target=TARGET.removeprefix("/v1"))),
    "milliseconds": ("timestamp", text_of(at=f"{NOW}000")),
    "clock read twice": ("timestamp", text_of(at=str(NOW - 1))),
    "no nonce": ("nonce", text_of(nonce="")),
    "nonce in lower case": ("nonce", text_of(nonce=NONCE.lower())),
    "no body": ("digest", text_of(digest=hashlib.sha256(b"").hexdigest())),
    "compact JSON": (
        "digest",
        text_of(digest=hashlib.sha256(BODY.replace(b" ", b"")).hexdigest()),
    ),
    "body with line end": ("digest", text_of(digest=hashlib.sha256(BODY + b"\n").hexdigest())),
    "method in lower case": ("method", text_of(method="post")),
}


@pytest.mark.parametrize(("part", "signed"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named(part: str, signed: str) -> None:
    """Exactly the part that was signed otherwise, and the string that was signed."""
    found = check(request_of(f"v1={mac(signed)}"))
    assert (found.genuine, found.differs, found.signed_instead) == (False, [part], signed)
    assert found.string_to_sign == text_of()


def test_two_mistakes_are_named() -> None:
    """Path and body at once."""
    signed = text_of(target="/v1/orders", digest=hashlib.sha256(b"").hexdigest())
    found = check(request_of(f"v1={mac(signed)}"))
    assert (found.differs, found.signed_instead) == (["digest", "path"], signed)


@pytest.mark.parametrize(
    "header",
    [mac(text_of()), f"v1={mac(text_of()).upper()}",
     "v1=" + base64.b64encode(bytes.fromhex(mac(text_of()))).decode(),
     base64.urlsafe_b64encode(bytes.fromhex(mac(text_of()))).decode().rstrip("=")],
)  # fmt: skip
def test_a_signature_written_otherwise(header: str) -> None:
    """Right digits in a wrong dress."""
    found = check(request_of(header))
    assert (found.differs, found.signed_instead) == (["signature"], text_of())


@pytest.mark.parametrize(
    ("at", "nonce", "signature", "part"),
    [
        (str(NOW - 301), NONCE, None, "timestamp"),
        (str(NOW + 4000), NONCE, None, "timestamp"),
        ("", NONCE, None, "timestamp"),
        ("soon", NONCE, None, "timestamp"),
        (str(NOW), "short", None, "nonce"),
        (str(NOW), "", None, "nonce"),
        (str(NOW), NONCE, "", "signature"),
        (str(NOW), NONCE, "v1=" + "00" * 32, "signature"),
    ],
)
def test_what_can_never_be_right(at: str, nonce: str, signature: str | None, part: str) -> None:
    """Stale, missing, of a wrong form, or of another secret."""
    made = f"v1={mac(text_of(at=at, nonce=nonce))}" if signature is None else signature
    assert check(request_of(made, at=at, nonce=nonce)).differs == [part]


def test_milliseconds_in_the_header() -> None:
    """Signed as sent, and yet no Unix seconds."""
    found = check(request_of(f"v1={mac(text_of(at=f'{NOW}000'))}", at=f"{NOW}000"))
    assert found.differs == ["timestamp"]
    assert "milliseconds" in found.parts[0].detail


def test_what_was_changed_on_the_way() -> None:
    """The same request among the refused ones tells what arrived, and when."""
    right = f"v1={mac(text_of(at=str(NOW - 5000)))}"
    arrived = RefusedRequest(
        at=NOW - 5000.0, code="unauthenticated", reason="", client=None, method="POST",
        target="/q/v1/orders", timestamp=str(NOW - 5000), nonce=NONCE, signature=right,
        body_sha256=DIGEST,
    )  # fmt: skip
    found = check(request_of(right, at=str(NOW - 5000)), [arrived])
    assert (found.genuine, found.differs) == (True, ["path"])
    assert any("/q/v1/orders" in part.detail for part in found.parts)
    other = replace_digest(arrived, hashlib.sha256(b"other").hexdigest())
    assert check(request_of(right, at=str(NOW - 5000)), [other]).differs == ["digest", "path"]


def replace_digest(refused: RefusedRequest, digest: str) -> RefusedRequest:
    """The same with another body."""
    return RefusedRequest(**{**{f: getattr(refused, f) for f in refused.__struct_fields__},
                             "body_sha256": digest})  # fmt: skip


def test_a_body_shorter_than_it_says() -> None:
    """A file that was cut is said to be."""
    data = request_of(f"v1={mac(text_of())}")[:-3]
    assert "Content-Length" in check(data).parts[2].detail


def test_targets_in_absolute_form() -> None:
    """What is signed is the path and query after the authority."""
    request = RawRequest(method="GET", target="http://x:1?a", headers={}, body=b"")
    assert signed_of(request).target == "/?a"
    assert signed_of(replace(request, target="https://x/v1/a?b")).target == "/v1/a?b"


def test_chunks_are_taken_apart() -> None:
    """A captured request may have them."""
    head = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert read_request(head + b"3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n").body == b"abcde"
    with pytest.raises(NotARequest):
        read_request(head + b"zz\r\n")


@given(st.binary(max_size=200), st.sampled_from([b"", b"POST /x HTTP/1.1\r\n", b"GET / \n\n"]))
def test_any_file_is_read_or_refused(data: bytes, head: bytes) -> None:
    """Whatever a file holds: a request, or a sentence why it is none."""
    try:
        request = read_request(head + data)
    except NotARequest:
        return
    found = diagnose(request, [], lambda _: False, float(NOW))
    assert not found.genuine
    assert found.differs
