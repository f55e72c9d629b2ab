"""Many orders of one buyer that arrive in one piece: fifty in a TCP segment."""

import asyncio
import itertools
import json

from tests.world.gateway_process import Gateway
from tests.world.partner import Partner, signed_headers
from tests.world.shop import Shop, unique

PATIENCE_S = 300.0


def request(partner: Partner, order: dict[str, object]) -> bytes:
    """As it goes over the wire."""
    body = json.dumps(order).encode()
    headers = {
        "Host": "gateway",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **signed_headers(partner.key, "POST", "/v1/orders", body),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /v1/orders HTTP/1.1\r\n{head}\r\n".encode() + body


async def sent_at_once(gateway: Gateway, pieces: list[bytes]) -> list[int]:
    """The statuses of requests that are pipelined on one connection, in one write."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"".join(pieces))
    statuses = []
    for _ in pieces:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        statuses.append(int(head.split()[1]))
        await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
    writer.close()
    return statuses


async def test_a_limit_of_one_is_one(shop: Shop, gateway: Gateway) -> None:
    """Fifty orders of one buyer in one segment, and fifty more in pieces of ten on connections of
    their own at the same time: one is made, all others are told of the limit (Shopware #11245).

    Seen red with counts that never grow beyond one.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=100, per_buyer=1)
    fresh = [
        request(partner, {"out_order_no": unique("S"), "sku": sku, "buyer": {"id": "ann"}})
        for _ in range(100)
    ]
    pieces = [fresh[:50], *(fresh[n : n + 10] for n in range(50, 100, 10))]
    async with asyncio.timeout(PATIENCE_S):
        told = await asyncio.gather(*(sent_at_once(gateway, piece) for piece in pieces))
    assert sorted(itertools.chain(*told)) == [201] + [422] * 99
