"""Foreign clients write an amount as 10, 10.0, 12.5 or "4.99"; every simulator reads them all."""

import json
from typing import Any

import pytest

from connectors import registry
from connectors.exchange import HttpRequest
from connectors.simulation.server import build
from tests.unit.connectors.test_simulator_samples import InProcess
from tests.world.platform_calls import call_of

AMOUNTS = [("10", 1000), ("10.0", 1000), ("12.5", 1250), ("4.99", 499), ('"4.99"', 499)]
PHONE = {"countryCode": "CN", "number": "13800138000"}
PARTY = {"mobile_number": "13800138000"}
# A purchase with the amount to be filled in, as each platform wants it.
PURCHASES: dict[str, list[Any]] = {
    "reloadly /topups": [
        "POST", "/topups",
        {"operatorId": 25, "amount": "AMOUNT", "recipientPhone": PHONE, "customIdentifier": "T1"},
    ],
    "reloadly /orders": [
        "POST", "/orders",
        {"productId": 25, "quantity": 1, "unitPrice": "AMOUNT", "customIdentifier": "T1"},
    ],
    "dingconnect": [
        "SendTransfer",
        {"SkuCode": "25", "SendValue": "AMOUNT", "AccountNumber": "13800138000",
         "DistributorRef": "T1", "ValidateOnly": False},
    ],
    "dtone": [
        "POST", "/async/transactions",
        {"external_id": "T1", "product_id": 25, "auto_confirm": True,
         "credit_party_identifier": PARTY, "calculation_mode": "DESTINATION_AMOUNT",
         "destination": {"amount": "AMOUNT", "unit": "CNY", "unit_type": "CURRENCY"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(("written", "minor"), AMOUNTS)
@pytest.mark.parametrize("name", PURCHASES)
async def test_amounts_are_read_however_they_are_written(
    name: str, written: str, minor: int
) -> None:
    """The ledger has the amount to the cent."""
    platform = name.partition(" ")[0]
    market = build(platform)
    connector = registry.create(platform, "http://platform.example", market.platform.DEFAULTS)
    request = call_of(platform, connector, PURCHASES[name])
    transport = InProcess(market)
    headers = dict(request.headers)
    if platform == "reloadly":
        client = {"client_id": "demo_client_id", "client_secret": "demo_client_secret",
                  "grant_type": "client_credentials"}  # fmt: skip
        token = await transport.exchange(
            call_of(platform, connector, ["POST", "/oauth/token", client])
        )
        headers["authorization"] = f"Bearer {json.loads(token.body)['access_token']}"
    body = request.body.replace(b'"AMOUNT"', written.encode())
    await transport.exchange(
        HttpRequest(method="POST", url=request.url, headers=headers, body=body)
    )
    [order] = market.ledger.orders
    assert order.face_minor == minor
    await market.close()
