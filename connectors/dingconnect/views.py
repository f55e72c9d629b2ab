"""What the simulated DingConnect shows: records, prices and products, with the members clients
read.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.dingconnect.wire import PIN_ACCOUNT
from connectors.loose import to_major
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS

STATE_WORDS: Final[Mapping[OrderState, str]] = {
    OrderState.PROCESSING: "Submitted",
    OrderState.SUCCESS: "Complete",
    OrderState.PARTIAL: "Complete",  # the platform has no partial success
    OrderState.FAILED: "Failed",
    OrderState.CANCELLED: "Cancelled",
    OrderState.REVERSED: "Failed",  # assumption: there is no word for a success taken back
}
LISTED: Final = {product.product_id: product for product in PRODUCTS}
COUNTRY: Final = {
    "CountryIso": "CN",
    "CountryName": "China",
    "InternationalDialingInformation": [{"Prefix": "86", "MinimumLength": 13, "MaximumLength": 13}],
    "RegionCodes": ["CN"],
}
REGION: Final = {"RegionCode": "CN", "RegionName": "China", "CountryIso": "CN"}
PROVIDER: Final = {
    "ProviderCode": "DEMO",
    "CountryIso": "CN",
    "Name": "Demo provider",
    "ShortName": "Demo",
    "ValidationRegex": "^.*$",
    "RegionCodes": ["CN"],
    "PaymentTypes": ["Prepaid"],
}
PROVIDER_STATUS: Final = {"ProviderCode": "DEMO", "IsProcessingTransfers": True}


def is_pin(sku: str, account: str) -> bool:
    """Whether a transfer brings a PIN instead of crediting an account."""
    return account == PIN_ACCOUNT or (sku in LISTED and LISTED[sku].kind == "code")


def record_json(order: Order, currency: str) -> dict[str, Any]:
    """An order as a TransferRecord. The schema knows no null: what there is not is left out."""
    record: dict[str, Any] = {
        "TransferId": {"TransferRef": order.upstream_no, "DistributorRef": order.our_no},
        "SkuCode": order.product,
        "Price": price_json(order.face_minor, currency),
        "CommissionApplied": _major(order.face_minor - order.price_minor, currency),
        "StartedUtc": written(order.created_at),
        "ProcessingState": STATE_WORDS[order.state],
        "AccountNumber": order.account,
    }
    if order.finished_at:
        record["CompletedUtc"] = written(order.finished_at)
    if STATE_WORDS[order.state] == "Complete":
        record |= {"ReceiptText": "Demo receipt", "ReceiptParams": _receipt(order)}
    return record


def unsold_json(sku: str, our_no: str, account: str, state: str) -> dict[str, Any]:
    """The record of a transfer that was refused, or only validated: it has no number, no price, no
    times; only what the schema requires.
    """
    return {
        "TransferId": {"TransferRef": "0", "DistributorRef": our_no},
        "SkuCode": sku,
        "CommissionApplied": 0,
        "ProcessingState": state,
        "AccountNumber": account,
    }


def price_json(face_minor: int, currency: str) -> dict[str, Any]:
    """What is sent and what arrives; here the two are the same."""
    face = _major(face_minor, currency)
    return {
        "CustomerFee": 0,
        "DistributorFee": 0,
        "ReceiveValue": face,
        "ReceiveCurrencyIso": currency,
        "ReceiveValueExcludingTax": face,
        "TaxRate": 0,
        "SendValue": face,
        "SendCurrencyIso": currency,
    }


def product_json(sku: str, currency: str) -> dict[str, Any]:
    """A product; any SKU is one, with a single amount, though it takes others."""
    listed = LISTED.get(sku)
    face_minor = listed.face_minor if listed else 1000
    pin = is_pin(sku, "")
    return {
        "ProviderCode": "DEMO",
        "SkuCode": sku,
        "LocalizationKey": sku,
        "SettingDefinitions": [],
        "Maximum": price_json(face_minor, currency),
        "Minimum": price_json(face_minor, currency),
        "CommissionRate": (100 - PRICE_PERCENT) / 100,
        "ProcessingMode": "Instant",
        "RedemptionMechanism": "ReadReceipt" if pin else "Immediate",
        "Benefits": ["Mobile", "Minutes"],
        "UatNumber": PIN_ACCOUNT if pin else "8613800138000",
        "DefaultDisplayText": listed.name if listed else f"Demo {sku}",
        "RegionCode": "CN",
        "PaymentTypes": ["Prepaid"],
        "LookupBillsRequired": False,
    }


def written(moment: float) -> str:
    """A time as the platform writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _receipt(order: Order) -> dict[str, str]:
    receipt = {"providerRef": order.upstream_no[::-1]}
    if order.codes:
        receipt["pin"] = order.codes[0][0]
    return receipt


def _major(amount_minor: int, currency: str) -> float:
    return float(to_major(amount_minor, currency))
