"""What the simulated Reloadly shows: transactions, orders, operators, gift cards, pages."""

from datetime import UTC, datetime
from typing import Any, Final

from connectors.loose import as_int, as_text, to_major
from connectors.reloadly.wire import Service
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS

STATUS: Final = {
    OrderState.PROCESSING: "PROCESSING",
    OrderState.SUCCESS: "SUCCESSFUL",
    OrderState.PARTIAL: "SUCCESSFUL",  # the platform has no partial success
    OrderState.FAILED: "FAILED",
    OrderState.CANCELLED: "FAILED",
    OrderState.REVERSED: "REFUNDED",
}
DISCOUNT_PERCENT: Final = 100 - PRICE_PERCENT
LISTED: Final = {product.product_id: product for product in PRODUCTS}
KINDS: Final = {Service.TOPUPS: "topup", Service.GIFTCARDS: "code"}
COUNTRY: Final = {"isoName": "CN", "name": "China"}
WALLET_NAME: Final = "Demo currency"
FLAG: Final = "https://s3.amazonaws.com/rld-flags/cn.svg"
REDEEM_INSTRUCTION: Final = {"brandId": 1, "brandName": "Demo", "concise": "", "verbose": ""}


def service_of(order: Order) -> Service:
    """Which service sold an order."""
    return Service.GIFTCARDS if order.extra.get("gift") else Service.TOPUPS


def order_json(order: Order, currency: str, state: OrderState | None = None) -> dict[str, Any]:
    """An order as its own service shows it, in `state` if one is given."""
    write = _gift_json if service_of(order) is Service.GIFTCARDS else _topup_json
    return write(order, currency, STATUS[state or order.state])


def _topup_json(order: Order, currency: str, status: str) -> dict[str, Any]:
    face = _major(order.face_minor, currency)
    return {
        "transactionId": int(order.upstream_no),
        "status": status,
        "operatorTransactionId": None if status == "PROCESSING" else order.upstream_no[::-1],
        "customIdentifier": order.our_no or None,
        "recipientPhone": order.account.lstrip("+"),
        "recipientEmail": order.extra.get("email"),
        "senderPhone": None,
        "countryCode": order.extra.get("country") or "CN",
        "operatorId": _number(order.product),
        "operatorName": f"Demo operator {order.product}",
        "discount": _major(order.face_minor - order.price_minor, currency),
        "discountCurrencyCode": currency,
        "requestedAmount": face,
        "requestedAmountCurrencyCode": currency,
        "deliveredAmount": face,
        "deliveredAmountCurrencyCode": currency,
        "transactionDate": written(order.created_at),
        "fee": 0.0,
        "pinDetail": None,
        "balanceInfo": None,
    }


def _gift_json(order: Order, currency: str, status: str) -> dict[str, Any]:
    face = _major(order.face_minor, currency)
    return {
        "transactionId": int(order.upstream_no),
        "amount": _major(order.price_minor, currency),
        "discount": _major(order.face_minor - order.price_minor, currency),
        "currencyCode": currency,
        "fee": 0.0,
        "smsFee": 0.0,
        "totalFee": 0.0,
        "preOrdered": False,
        "recipientEmail": order.extra.get("email"),
        "recipientPhone": order.account or None,
        "customIdentifier": order.our_no or None,
        "status": status,
        "product": {
            "productId": _number(order.product),
            "productName": f"Demo card {order.product}",
            "countryCode": "CN",
            "quantity": order.quantity,
            "unitPrice": face / order.quantity,
            "totalPrice": face,
            "currencyCode": currency,
            "brand": {"brandId": 1, "brandName": "Demo"},
        },
        "transactionCreatedTime": written(order.created_at),
        "balanceInfo": None,
    }


def balance_info(balance_minor: int, price_minor: int, currency: str) -> dict[str, Any]:
    """What a transaction did to the wallet, as its own answer shows it."""
    return {
        "oldBalance": _major(balance_minor + price_minor, currency),
        "newBalance": _major(balance_minor, currency),
        "cost": _major(price_minor, currency),
        "currencyCode": currency,
        "currencyName": WALLET_NAME,
        "updatedAt": written(datetime.now(UTC).timestamp()),
    }


def country_json(currency: str) -> dict[str, Any]:
    """The one country there is, in full."""
    return {
        **COUNTRY,
        "currencyCode": currency,
        "currencyName": WALLET_NAME,
        "currencySymbol": currency,
        "flag": FLAG,
        "callingCodes": ["+86"],
    }


def commission_json(number: str) -> dict[str, Any]:
    """What is given on an operator."""
    operator = operator_json(number, "CNY")
    return {
        "percentage": DISCOUNT_PERCENT,
        "internationalPercentage": DISCOUNT_PERCENT,
        "localPercentage": DISCOUNT_PERCENT,
        "updatedAt": written(0.0),
        "operator": {
            "id": operator["id"],
            "operatorId": operator["operatorId"],
            "name": operator["name"],
            "countryCode": COUNTRY["isoName"],
            "data": False,
            "bundle": False,
            "status": True,
        },
    }


def cards_json(order: Order) -> list[dict[str, Any]]:
    """The cards of a gift-card order that has succeeded."""
    return [{"cardNumber": number, "pinCode": pin} for number, pin in order.codes]


def operator_json(number: str, currency: str) -> dict[str, Any]:
    """An operator; any id is one, with a single amount, though it takes others."""
    listed = LISTED.get(number)
    amount = _major(listed.face_minor if listed else 1000, currency)
    return {
        "id": _number(number),
        "operatorId": _number(number),
        "name": listed.name if listed else f"Demo operator {number}",
        "bundle": False,
        "data": False,
        "comboProduct": False,
        "pin": False,
        "supportsLocalAmounts": False,
        "supportsGeographicalRechargePlans": False,
        "denominationType": "FIXED",
        "senderCurrencyCode": currency,
        "senderCurrencySymbol": currency,
        "destinationCurrencyCode": currency,
        "destinationCurrencySymbol": currency,
        "commission": DISCOUNT_PERCENT,
        "internationalDiscount": DISCOUNT_PERCENT,
        "localDiscount": DISCOUNT_PERCENT,
        "mostPopularAmount": amount,
        "mostPopularLocalAmount": None,
        "minAmount": None,
        "maxAmount": None,
        "localMinAmount": None,
        "localMaxAmount": None,
        "country": COUNTRY,
        "fx": {"rate": 1.0, "currencyCode": currency},
        "logoUrls": [],
        "fixedAmounts": [amount],
        "fixedAmountsDescriptions": {},
        "localFixedAmounts": [],
        "localFixedAmountsDescriptions": {},
        "suggestedAmounts": [amount],
        "suggestedAmountsMap": {},
        "geographicalRechargePlans": [],
        "promotions": [],
        "status": "ACTIVE",
    }


def gift_json(number: str, currency: str) -> dict[str, Any]:
    """A gift card; any id is one."""
    listed = LISTED.get(number)
    amount = _major(listed.face_minor if listed else 1000, currency)
    return {
        "productId": _number(number),
        "productName": listed.name if listed else f"Demo card {number}",
        "global": True,
        "status": "ACTIVE",
        "supportsPreOrder": False,
        "senderFee": 0.0,
        "senderFeePercentage": 0.0,
        "discountPercentage": DISCOUNT_PERCENT,
        "denominationType": "FIXED",
        "recipientCurrencyCode": currency,
        "minRecipientDenomination": None,
        "maxRecipientDenomination": None,
        "senderCurrencyCode": currency,
        "minSenderDenomination": None,
        "maxSenderDenomination": None,
        "fixedRecipientDenominations": [amount],
        "fixedSenderDenominations": [amount],
        "fixedRecipientToSenderDenominationsMap": {str(amount): amount},
        "metadata": None,
        "logoUrls": [],
        "brand": {"brandId": 1, "brandName": "Demo"},
        "category": {"id": 1, "name": "Demo"},
        "country": {**COUNTRY, "flagUrl": FLAG},
        "redeemInstruction": {"concise": "", "verbose": ""},
    }


def product_rows(service: Service, currency: str) -> list[dict[str, Any]]:
    """The catalogue of one service."""
    write = gift_json if service is Service.GIFTCARDS else operator_json
    return [
        write(product.product_id, currency)
        for product in PRODUCTS
        if product.kind == KINDS[service]
    ]


def page_json(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    """A page as Spring writes it; `page` counts from 1."""
    pages = -(-len(rows) // size)
    shown = rows[(page - 1) * size : page * size]
    return {
        "content": shown,
        "pageable": {
            "sort": _UNSORTED,
            "offset": (page - 1) * size,
            "pageNumber": page - 1,
            "pageSize": size,
            "paged": True,
            "unpaged": False,
        },
        "totalPages": pages,
        "totalElements": len(rows),
        "last": page >= pages,
        "first": page == 1,
        "sort": _UNSORTED,
        "numberOfElements": len(shown),
        "size": size,
        "number": page - 1,
        "empty": not shown,
    }


_UNSORTED: Final = {"sorted": False, "unsorted": True, "empty": True}


def written(moment: float) -> str:
    """A time as the platform writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def phone_of(value: Any) -> tuple[str | None, str | None]:
    """`(number, country)` of `recipientPhone` or `recipientPhoneDetails`, however it is spelled."""
    if not isinstance(value, dict):
        return None, None
    number = as_text(value.get("number")) or as_text(value.get("phoneNumber"))
    return number, as_text(value.get("countryCode"))


def _number(product: str) -> int | str:
    number = as_int(product)
    return product if number is None else number


def _major(amount_minor: int, currency: str) -> float:
    return float(to_major(amount_minor, currency))
