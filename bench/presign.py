"""Makes requests before the clock starts: bodies, signatures by api.md, files for the loader."""

import base64
import hashlib
import hmac
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ORDERS = "/v1/orders"
BATCH = "/v1/orders/batch"

Bodies = Callable[[str], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A partner's key as `quangate key create` printed it."""

    key_id: str
    secret: str = field(repr=False)
    delivery_key: str = field(repr=False)

    @property
    def signing_key(self) -> bytes:
        """The bytes behind `qs_…`."""
        text = self.secret.removeprefix("qs_")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a comparison sends: `bodies(prefix)` yields endless bodies with fresh order numbers."""

    name: str
    target: str
    bodies: Bodies
    codes_per_request: int = 1


def single_orders(sku: str) -> Workload:
    """Orders of one code, every one by another buyer."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in itertools.count():
            yield b'{"out_order_no":"%s-%07d","sku":"%s","quantity":1,"buyer":{"id":"%s-%07d"}}' % (
                prefix.encode(), i, sku.encode(), prefix.encode(), i,
            )  # fmt: skip

    return Workload(name=f"single-{sku}", target=ORDERS, bodies=bodies)


def batches(sku: str, lines: int) -> Workload:
    """Batches of `lines` single orders."""
    orders = single_orders(sku)

    def bodies(prefix: str) -> Iterator[bytes]:
        source = orders.bodies(prefix)
        while True:
            yield b'{"orders":[%s]}' % b",".join(itertools.islice(source, lines))

    return Workload(name=f"batch-{sku}", target=BATCH, bodies=bodies, codes_per_request=lines)


def topups(skus: Sequence[str], accounts: Iterator[int]) -> Workload:
    """Top-ups of these SKUs in turns, each for another mobile number taken from `accounts`.

    The numbers end in 000: simulators do as they are told and read nothing into them.
    """

    def bodies(prefix: str) -> Iterator[bytes]:
        for i, sku, account in zip(
            itertools.count(), itertools.cycle(skus), accounts, strict=False
        ):
            yield (
                b'{"out_order_no":"%s-%07d","sku":"%s","account":"1%07d000","buyer":{"id":"%s-%07d"}}'
                % (prefix.encode(), i, sku.encode(), 3_000_000 + account, prefix.encode(), i)
            )

    return Workload(name=f"topups-{'-'.join(skus)}", target=ORDERS, bodies=bodies)


def signature_headers(
    credentials: Credentials, *, method: str, target: str, body: bytes, timestamp_s: int, nonce: str
) -> dict[str, str]:
    """The four headers of api.md "Authentication", for clients that send by themselves."""
    to_sign = _string_to_sign(method, target, timestamp_s, nonce, body)
    digest = hmac.digest(credentials.signing_key, to_sign, "sha256").hex()
    return {
        "X-Quangate-Key": credentials.key_id,
        "X-Quangate-Timestamp": str(timestamp_s),
        "X-Quangate-Nonce": nonce,
        "X-Quangate-Signature": f"v1={digest}",
    }


def signed_requests(
    credentials: Credentials, workload: Workload, prefix: str, timestamp_s: int
) -> Iterator[bytes]:
    """Whole HTTP/1.1 requests, without end; signatures hold for five minutes."""
    key, target = credentials.signing_key, workload.target
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Quangate-Key: {credentials.key_id}\r\nX-Quangate-Timestamp: {timestamp_s}\r\n"
    ).encode()
    for i, body in enumerate(workload.bodies(prefix)):
        nonce = f"{prefix}-nonce-{i:08d}"
        to_sign = _string_to_sign("POST", target, timestamp_s, nonce, body)
        digest = hmac.digest(key, to_sign, "sha256").hex()
        yield (
            head
            + (
                f"X-Quangate-Nonce: {nonce}\r\nX-Quangate-Signature: v1={digest}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            + body
        )


def write_requests(
    path: Path,
    credentials: Credentials,
    workload: Workload,
    *,
    prefix: str,
    count: int,
    slices: int,
) -> None:
    """Write about `count` signed requests to `path`.0 … `path`.N, one file per loader thread."""
    source = signed_requests(credentials, workload, prefix, int(time.time()))
    for slice_no in range(slices):
        with Path(f"{path}.{slice_no}").open("wb", buffering=1 << 20) as out:
            for request in itertools.islice(source, -(-count // slices)):
                out.write(b"%08d" % len(request))
                out.write(request)


def _string_to_sign(method: str, target: str, timestamp_s: int, nonce: str, body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}\n{target}\n{timestamp_s}\n{nonce}\n{digest}".encode()
