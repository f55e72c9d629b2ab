"""The bench signs as api.md says, and never sends the same order twice by itself."""

import hashlib
import itertools
import json
from pathlib import Path

from bench.presign import (
    Credentials,
    batches,
    signature_headers,
    signed_requests,
    single_orders,
    write_requests,
)

CREDENTIALS = Credentials(
    key_id="qk_golden",
    secret="qs_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    delivery_key="qd_unused",
)
GOLDEN_BODY = b'{"out_order_no":"A1","sku":"VIP-MONTH"}'
GOLDEN_SIGNATURE = "v1=a2911f532fa562aba3f8b5d55d5d51415a5c71015e9c122383279310c0d3347c"


def parse(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers and body of one HTTP/1.1 request."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    return line, dict(header.split(": ", 1) for header in headers), body


def test_the_golden_vector_of_the_contract() -> None:
    """A client's headers carry the signature that api.md prints."""
    headers = signature_headers(
        CREDENTIALS, method="POST", target="/v1/orders", body=GOLDEN_BODY,
        timestamp_s=1767225600, nonce="nonce-0123456789ab",
    )  # fmt: skip
    assert headers["X-Quangate-Signature"] == GOLDEN_SIGNATURE


def test_a_written_request_is_whole_and_signed_like_a_clients() -> None:
    """What the loader sends equals what a client would sign, and its length is right."""
    request = next(signed_requests(CREDENTIALS, single_orders("S"), "p", 1767225600))
    line, headers, body = parse(request)
    assert line == "POST /v1/orders HTTP/1.1"
    assert int(headers["Content-Length"]) == len(body)
    again = signature_headers(
        CREDENTIALS, method="POST", target="/v1/orders", body=body,
        timestamp_s=1767225600, nonce=headers["X-Quangate-Nonce"],
    )  # fmt: skip
    assert again.items() <= headers.items()


def test_nonces_and_numbers_are_fresh_and_well_formed() -> None:
    """Every request has its own nonce (16 to 64 characters), order number and buyer."""
    requests = itertools.islice(signed_requests(CREDENTIALS, single_orders("S"), "p", 1), 500)
    parsed = [parse(request) for request in requests]
    nonces = {headers["X-Quangate-Nonce"] for _, headers, _ in parsed}
    orders = [json.loads(body) for _, _, body in parsed]
    assert len(nonces) == len({o["out_order_no"] for o in orders}) == 500
    assert len({o["buyer"]["id"] for o in orders}) == 500
    assert all(16 <= len(nonce) <= 64 for nonce in nonces)


def test_a_batch_has_its_lines_and_shares_none() -> None:
    """Batches are JSON of the wanted number of orders, all different."""
    bodies = itertools.islice(batches("S", 100).bodies("p"), 3)
    orders = [order for body in bodies for order in json.loads(body)["orders"]]
    assert len(orders) == len({order["out_order_no"] for order in orders}) == 300


def test_slices_share_no_request(tmp_path: Path) -> None:
    """Threads of the loader read disjoint files that together hold what was asked for."""
    path = tmp_path / "load"
    write_requests(path, CREDENTIALS, single_orders("S"), prefix="p", count=10, slices=3)
    digests = []
    for slice_no in range(3):
        data = Path(f"{path}.{slice_no}").read_bytes()
        while data:
            size = int(data[:8])
            digests.append(hashlib.sha256(data[8 : 8 + size]).digest())
            data = data[8 + size :]
    assert len(digests) == len(set(digests)) == 12


def test_credentials_hide_their_secrets() -> None:
    """Neither the signing secret nor the delivery key is in what a traceback prints."""
    assert CREDENTIALS.secret not in repr(CREDENTIALS)
    assert CREDENTIALS.delivery_key not in repr(CREDENTIALS)
