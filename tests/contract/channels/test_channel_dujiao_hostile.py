"""What the dujiao face refuses: wrong signatures, clocks, types, sizes, encodings."""

import time
from typing import Any

import pytest

from tests.contract.channels.test_channel_dujiao import gateway as gateway  # noqa: PLC0414
from tests.contract.channels.test_channel_dujiao import site as site  # noqa: PLC0414
from tests.world.dujiao_site import ROOT, Site, signed
from tests.world.shop import Shop


async def test_who_does_not_sign_gets_nothing(site: Site) -> None:
    """Each fault has its error, 401; nothing says which secret would have been right."""
    path, now = f"{ROOT}/ping", time.time()
    good = signed("POST", path, b"")
    rows = [
        ({}, "missing_auth_headers"),
        ({**good, "Dujiao-Next-Timestamp": "soon"}, "invalid_timestamp"),
        (signed("POST", path, b"", now - 61), "timestamp_expired"),
        (signed("POST", path, b"", now + 65), "timestamp_expired"),
        ({**good, "Dujiao-Next-Api-Key": "other"}, "invalid_api_key"),
        ({**good, "Dujiao-Next-Signature": "0" * 64}, "invalid_signature"),
        (signed("GET", path, b""), "invalid_signature"),
        (signed("POST", f"/channels/{site.name}{path}", b""), "invalid_signature"),
        (signed("POST", path, b"{}"), "invalid_signature"),
    ]
    for headers, error in rows:
        status, answer = await site.send("POST", path, b"", headers)
        assert (status, answer["error_code"]) == (401, error), (headers, answer)
    assert (await site.send("POST", path, b"", good))[0] == 200


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"sku_id": "1"}, 400, "bad_request"),
        ({"sku_id": 0}, 400, "bad_request"),
        ({"sku_id": 2**70}, 400, "bad_request"),
        ({"sku_id": 999_999_999}, 400, "sku_unavailable"),
        ({"quantity": "1"}, 400, "bad_request"),
        ({"quantity": True}, 400, "bad_request"),
        ({"quantity": 0}, 400, "bad_request"),
        ({"quantity": 501}, 400, "bad_request"),
        ({"quantity": 1.5}, 400, "bad_request"),
        ({"downstream_order_no": "with blank"}, 400, "bad_request"),
        ({"downstream_order_no": "x" * 65}, 400, "bad_request"),
        ({"downstream_order_no": 7}, 400, "bad_request"),
        ({"callback_url": "ftp://x"}, 400, "invalid_callback_url"),
        ({"callback_url": "http://"}, 400, "invalid_callback_url"),
        ({"manual_form_data": "x"}, 400, "bad_request"),
        ({"quantity": 7}, 409, "insufficient_stock"),
    ],
)
async def test_what_is_wrong_is_refused(
    shop: Shop, site: Site, changed: dict[str, Any], status: int, error: str
) -> None:
    """In the protocol's words, and nothing is charged."""
    product = await site.product(await shop.sku(codes=2, price=100))
    answer = await site.call("POST", "/orders", site.order(product["id"], **changed))
    assert (answer[0], answer[1]["error_code"]) == (status, error), answer
    assert await site.balance() == "1000.00"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe{}", '{"a":"中"}'.encode("gbk")])
async def test_what_is_no_object_is_a_bad_request(site: Site, body: bytes) -> None:
    """Signed as it stands."""
    path = f"{ROOT}/orders"
    status, answer = await site.send("POST", path, body, signed("POST", path, body))
    assert (status, answer["error_code"]) == (400, "bad_request")
