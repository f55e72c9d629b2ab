"""What the simulated DT One shows: transactions and products, with every member clients read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.dtone.wire import (
    CANCELLED,
    CLASS_NAMES,
    COMPLETED,
    CONFIRMED,
    CREATED,
    DECLINED,
    REVERSED,
    SUBMITTED,
)
from connectors.loose import to_major
from connectors.simulation.goods import product_number
from connectors.simulation.ledger import Order, OrderState
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS

CLASS_OF: Final[Mapping[OrderState, int]] = {
    OrderState.PROCESSING: SUBMITTED,
    OrderState.SUCCESS: COMPLETED,
    OrderState.PARTIAL: COMPLETED,  # the platform has no partial success
    OrderState.FAILED: DECLINED,
    OrderState.CANCELLED: CANCELLED,
    OrderState.REVERSED: REVERSED,
}

# The sandbox's ends, by the last two digits; the ids inside class 9 are an assumption.
DECLINES: Final[Mapping[str, tuple[int, str]]] = {
    "02": (90200, "DECLINED-INVALID-CREDIT-PARTY"),
    "03": (90201, "DECLINED-BARRED-CREDIT-PARTY"),
    "04": (90400, "DECLINED-OPERATOR-CURRENTLY-UNAVAILABLE"),
    "05": (90500, "DECLINED-DUPLICATED-TRANSACTION"),
    "06": (90000, "DECLINED"),
    "07": (90900, "DECLINED-EXCEPTION"),
}
CONFIRMATION_VALID: Final = timedelta(hours=1)
OPERATOR: Final = {
    "id": 1,
    "name": "Demo operator",
    "country": {"iso_code": "CHN", "name": "China", "regions": None},
    "regions": None,
}
RATES: Final = {"base": 1.0, "wholesale": 1.0, "retail": 1.0}
PIN_USAGE: Final = {"usage_info": ["Dial *100*PIN#"], "validity": None, "terms": ""}
LISTED: Final = {product.product_id: product for product in PRODUCTS}
SERVICE: Final = {"id": 1, "name": "Mobile", "subservice": {"id": 11, "name": "Airtime"}}


def writes_pin(order: Order) -> bool:
    """Whether a completed order brings a PIN: no credit party, or the sandbox's x01."""
    return not order.account or order.behaviour.name == "x01"


def transaction_json(order: Order, state: OrderState, currency: str) -> dict[str, Any]:
    """An order as the platform shows it in `state`."""
    created = datetime.fromtimestamp(order.created_at, UTC)
    face = to_major(order.face_minor, currency)
    transaction = {
        "id": int(order.upstream_no),
        "external_id": order.our_no,
        "creation_date": _written(created),
        "confirmation_expiration_date": _written(created + CONFIRMATION_VALID),
        "status": _status(order, state),
        "operator_reference": order.upstream_no[::-1] if state.final else None,
        "pin": _pin(order, state),
        "product": _product_of(order),
        "prices": _prices(order, currency),
        "rates": RATES,
        "benefits": [_benefit(float(face), currency)],
        "promotions": None,
        "requested_values": None,
        "adjusted_values": None,
        "sender": None,
        "beneficiary": None,
        "debit_party_identifier": None,
    }
    # What the schema does not call nullable is left out instead.
    optional = {
        "confirmation_date": _written(created) if order.confirmed else None,
        "credit_party_identifier": order.extra.get("party") or None,
        "callback_url": order.notify_url,
    }
    return transaction | {name: value for name, value in optional.items() if value is not None}


def _product_of(order: Order) -> dict[str, Any]:
    """The product inside a transaction: without amounts and prices, which are the transaction's.
    The schema has no `type` there; the vendor's own Java client cannot read one without.
    """
    return {**_product_base(order.product), "pin": PIN_USAGE if is_pin(order.product) else None}


def _product_base(product_id: str) -> dict[str, Any]:
    listed = LISTED.get(product_id)
    return {
        "id": product_number(product_id),
        "name": listed.name if listed else f"Demo {product_id}",
        "description": "",
        "type": "FIXED_VALUE_PIN_PURCHASE" if is_pin(product_id) else "FIXED_VALUE_RECHARGE",
        "tags": ["AIRTIME"],
        "service": SERVICE,
        "operator": OPERATOR,
        "regions": None,
    }


def is_pin(product_id: str) -> bool:
    """Whether a product is a PIN to be handed over; any id that is not listed is a recharge."""
    listed = LISTED.get(product_id)
    return listed is not None and listed.kind == "code"


def product_json(product_id: str, currency: str) -> dict[str, Any]:
    """A product of the catalogue; any id is one."""
    listed = LISTED.get(product_id)
    face_minor = listed.face_minor if listed else 1000
    face = float(to_major(face_minor, currency))
    wholesale = float(to_major(face_minor * PRICE_PERCENT // 100, currency))
    pin = is_pin(product_id)
    product = {
        **_product_base(product_id),
        "source": _amount(face, currency),
        "destination": _amount(face, currency),
        "prices": {
            "wholesale": {**_amount(wholesale, currency), "fee": 0},
            "retail": {**_amount(face, currency), "fee": 0},
        },
        "rates": RATES,
        "benefits": [_benefit(face, currency)],
        "promotions": None,
        "availability_zones": ["INTERNATIONAL"],
        "validity": None,
        "required_credit_party_identifier_fields": None if pin else [["mobile_number"]],
        "required_debit_party_identifier_fields": None,
        "required_sender_fields": None,
        "required_beneficiary_fields": None,
        "required_statement_identifier_fields": None,
        "required_additional_identifier_fields": None,
    }
    return {**product, "pin": PIN_USAGE} if pin else product


def _status(order: Order, state: OrderState) -> dict[str, Any]:
    class_no = CLASS_OF[state]
    if state is OrderState.PROCESSING and not order.confirmed:
        class_no = CREATED
    elif state is OrderState.PROCESSING and not order.extra.get("sync"):
        class_no = CONFIRMED
    name = CLASS_NAMES[class_no]
    status_id, message = class_no * 10_000, name
    if state is OrderState.FAILED:
        status_id, message = DECLINES.get(order.behaviour.name[1:], (status_id, message))
    return {"id": status_id, "message": message, "class": {"id": class_no, "message": name}}


def _pin(order: Order, state: OrderState) -> dict[str, str] | None:
    if not order.codes or state is not OrderState.SUCCESS:
        return None
    code, serial = order.codes[0]
    return {"code": code, "serial": serial}


def _prices(order: Order, currency: str) -> dict[str, Any]:
    wholesale = float(to_major(order.price_minor, currency))
    retail = float(to_major(order.face_minor, currency))
    return {
        "wholesale": {**_amount(wholesale, currency), "fee": 0},
        "retail": {**_amount(retail, currency), "fee": 0},
    }


def _amount(amount: float, currency: str) -> dict[str, Any]:
    return {"amount": amount, "unit": currency, "unit_type": "CURRENCY"}


def _benefit(face: float, currency: str) -> dict[str, Any]:
    taxed = {"total_excluding_tax": face, "total_including_tax": face}
    return {
        "type": "CREDITS",
        "unit": currency,
        "unit_type": "CURRENCY",
        "amount": {"base": face, "promotion_bonus": 0, **taxed},
        "additional_information": None,
    }


def _written(moment: datetime) -> str:
    """A time as the platform writes it, with nanoseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
