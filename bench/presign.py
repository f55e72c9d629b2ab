"""Makes requests before the clock starts: bodies, and whole signed requests for the loader.

Signed by what partners use (`connectors/sdk`); written as bytes, for neither its nor anybody's time
to send may be in what is measured.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.sdk.client import Signer

ORDERS = "/v1/orders"
BATCH = "/v1/orders/batch"
HOLDS = "/v1/holds"

Bodies = Callable[[str], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A partner's key as `quangate key create` printed it."""

    key_id: str
    secret: str = field(repr=False)
    delivery_key: str = field(repr=False)

    @property
    def signer(self) -> Signer:
        """Signs with it."""
        return Signer(self.key_id, self.secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a comparison sends: `bodies(prefix)` yields endless bodies with fresh order numbers.

    `targets`, where each request has its own, is as long as what is sent. `old_s`: how long ago it
    was signed.
    """

    name: str
    target: str
    bodies: Bodies
    codes_per_request: int = 1
    targets: Sequence[str] | None = None
    old_s: int = 0


def single_orders(sku: str, *, quantity: int = 1) -> Workload:
    """Orders of one line, every one by another buyer."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in itertools.count():
            yield (
                b'{"out_order_no":"%s-%07d","sku":"%s","quantity":%d,"buyer":{"id":"%s-%07d"}}'
                % (prefix.encode(), i, sku.encode(), quantity, prefix.encode(), i)
            )

    return Workload(name=f"single-{sku}", target=ORDERS, bodies=bodies, codes_per_request=quantity)


def orders_of_one_buyer(sku: str, buyer: str) -> Workload:
    """Orders of one code, all by the same buyer."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in itertools.count():
            yield b'{"out_order_no":"%s-%07d","sku":"%s","quantity":1,"buyer":{"id":"%s"}}' % (
                prefix.encode(), i, sku.encode(), buyer.encode(),
            )  # fmt: skip

    return Workload(name=f"buyer-{sku}", target=ORDERS, bodies=bodies)


def campaign_orders(sku: str, campaign: str) -> Workload:
    """Orders of one code in a campaign, every one by another buyer with a device of its own."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in itertools.count():
            yield (
                b'{"out_order_no":"%s-%07d","sku":"%s","quantity":1,"campaign":"%s",'
                b'"buyer":{"id":"%s-%07d","device":"%s-%07d"}}'
            ) % (
                prefix.encode(), i, sku.encode(), campaign.encode(),
                prefix.encode(), i, prefix.encode(), i,
            )  # fmt: skip

    return Workload(name=f"campaign-{campaign}", target=ORDERS, bodies=bodies)


def holds(sku: str, ttl_s: int) -> Workload:
    """Holds of one code, every one by another buyer."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in itertools.count():
            yield (
                b'{"out_hold_no":"%s-%07d","sku":"%s","quantity":1,"ttl_s":%d,'
                b'"buyer":{"id":"%s-%07d"}}'
                % (prefix.encode(), i, sku.encode(), ttl_s, prefix.encode(), i)
            )

    return Workload(name=f"holds-{sku}", target=HOLDS, bodies=bodies)


def confirms(hold_nos: Sequence[str]) -> Workload:
    """The confirm of each of these holds, once."""

    def bodies(prefix: str) -> Iterator[bytes]:
        for i in range(len(hold_nos)):
            yield b'{"out_order_no":"%s-c-%07d"}' % (prefix.encode(), i)

    targets = [f"{HOLDS}/{no}/confirm" for no in hold_nos]
    return Workload(name="confirms", target=HOLDS, bodies=bodies, targets=targets)


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
    signature = credentials.signer.signature(method, target, str(timestamp_s), nonce, body)
    return {
        "X-Quangate-Key": credentials.key_id,
        "X-Quangate-Timestamp": str(timestamp_s),
        "X-Quangate-Nonce": nonce,
        "X-Quangate-Signature": signature,
    }


def signed_requests(
    credentials: Credentials, workload: Workload, prefix: str, timestamp_s: int
) -> Iterator[bytes]:
    """Whole HTTP/1.1 requests, without end; signatures hold for five minutes."""
    signer = credentials.signer
    timestamp_s -= workload.old_s
    targets = itertools.repeat(workload.target) if workload.targets is None else workload.targets
    head = (
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Quangate-Key: {credentials.key_id}\r\nX-Quangate-Timestamp: {timestamp_s}\r\n"
    ).encode()
    for i, (target, body) in enumerate(zip(targets, workload.bodies(prefix), strict=False)):
        nonce = f"{prefix}-nonce-{i:08d}"
        signature = signer.signature("POST", target, str(timestamp_s), nonce, body)
        yield (
            b"POST "
            + target.encode()
            + head
            + (
                f"X-Quangate-Nonce: {nonce}\r\nX-Quangate-Signature: {signature}\r\n"
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
