"""Orders on the wire: what a partner may send, and how an order is written back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
import orjson

from gateway.ground.http.body import escape_pointer, invalid
from gateway.ground.http.paging import LIST_PARAMETERS
from gateway.ground.moment import read_moment, rfc3339
from gateway.orders.failure import failure_of
from gateway.orders.record import OrderRecord
from gateway.orders.rules import QUANTITY_MAX, OrderContent, OrderState

LINES_MAX: Final = 500
BATCH_QUANTITY_MAX: Final = 10_000  # of all lines together
METADATA_PAIRS_MAX: Final = 16
METADATA_BYTES_MAX: Final = 1024
AMOUNT_MAX: Final = 10**15  # minor units

Number = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
TEXT_LENGTH_MAX = 128
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]
IpAddress = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=128,
        description="An IPv4 or IPv6 address alone: no port, zone or network.",
    ),
]

# What it has to be beyond the pattern is checked below, to say why.
WebAddress = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=2048,
        extra_json_schema={
            "format": "uri",
            "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@]+(?:[/?#]\S*)?$",
        },
    ),
]
# Values are strings; that is checked below, to name the wrong one.
Metadata = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description=f"At most {METADATA_BYTES_MAX} bytes of JSON; given back.",
        extra_json_schema={
            "additionalProperties": {"type": "string"},
            "maxProperties": METADATA_PAIRS_MAX,
        },
    ),
]


class BuyerIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Who buys, as the partner knows them."""

    id: Text | None = None
    ip: IpAddress | None = None
    device: Text | None = None


class OrderIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of POST /v1/orders."""

    out_order_no: Number
    sku: Name
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    account: Text | None = None
    max_amount: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)] | None = None
    campaign: Name | None = None
    buyer: BuyerIn | None = None
    notify_url: WebAddress | None = None
    metadata: Metadata | None = None


class BatchOrderIn(OrderIn, forbid_unknown_fields=True, gc=False):
    """One order of a batch: `pass` is what X-Quangate-Pass is of a single order."""

    pass_: Annotated[str, msgspec.Meta(description="Of its campaign's waiting room.")] | None = (
        msgspec.field(name="pass", default=None)
    )


OneOrder = Annotated[
    msgspec.Raw, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/BatchOrderIn"})
]


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/orders/batch; lines are decoded one by one."""

    orders: Annotated[list[OneOrder], msgspec.Meta(min_length=1, max_length=LINES_MAX)]


# What a list of orders is narrowed to.
NARROWING: Final = LIST_PARAMETERS | {"state", "sku", "created_from", "created_to"}
ORDER_DECODER: Final = msgspec.json.Decoder(OrderIn)
BATCH_ORDER_DECODER: Final = msgspec.json.Decoder(BatchOrderIn)
BATCH_DECODER: Final = msgspec.json.Decoder(BatchIn)


def order_content(order: OrderIn, base: str = "") -> OrderContent:
    """The content in the domain's words. Raises ProblemError for what types cannot say."""
    if (
        order.account is None
        and order.buyer is None
        and order.metadata is None
        and (order.notify_url is None and order.campaign is None)
    ):
        return OrderContent(
            out_order_no=order.out_order_no,
            sku=order.sku,
            quantity=order.quantity,
            max_amount_minor=order.max_amount,
        )
    buyer = order.buyer or _NOBODY
    if errors := _errors(order, buyer):
        raise invalid([(base + pointer, why) for pointer, why in errors])
    return OrderContent(
        out_order_no=order.out_order_no,
        sku=order.sku,
        quantity=order.quantity,
        account=order.account,
        max_amount_minor=order.max_amount,
        campaign=order.campaign,
        buyer_id=buyer.id,
        buyer_ip=buyer.ip,
        buyer_device=buyer.device,
        notify_url=order.notify_url,
        metadata=order.metadata or None,  # none given and none in it are the same
    )


_NOBODY: Final = BuyerIn()


def _errors(order: OrderIn, buyer: BuyerIn) -> list[tuple[str, str]]:
    """(pointer, what is wrong) for each member that types alone do not check."""
    texts = f"{order.account}{order.campaign}{buyer.id}{buyer.ip}{buyer.device}"  # None prints
    if order.metadata is None and order.notify_url is None and texts.isprintable():
        return []
    errors = []
    for pointer, text in (
        ("/account", order.account),
        ("/campaign", order.campaign),
        ("/buyer/id", buyer.id),
        ("/buyer/ip", buyer.ip),
        ("/buyer/device", buyer.device),
    ):
        if text is not None and not text.isprintable():
            errors.append((pointer, "control characters are not allowed"))
    if order.metadata is not None:
        errors += _metadata_errors(order.metadata)
    if order.notify_url is not None and not is_web_address(order.notify_url):
        errors.append(("/notify_url", "must be an absolute http or https URL"))
    return errors


def _metadata_errors(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    errors = [
        (f"/metadata/{escape_pointer(name)}", "must be a string without NUL characters")
        for name, value in metadata.items()
        if not isinstance(value, str) or "\0" in name or "\0" in value
    ]
    if len(metadata) > METADATA_PAIRS_MAX:
        errors.append(("/metadata", f"at most {METADATA_PAIRS_MAX} pairs are allowed"))
    if len(orjson.dumps(metadata)) > METADATA_BYTES_MAX:
        errors.append(("/metadata", f"at most {METADATA_BYTES_MAX} bytes of JSON are allowed"))
    return errors


def is_web_address(url: str) -> bool:
    """An absolute http(s) URL without user info, blanks or control characters."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and parts.username is None
        and parts.password is None
        and port != 0
    )


def order_json(record: OrderRecord, *, sku: str, currency: str, codes: bytes | None) -> bytes:
    """An order as JSON; `codes` is the JSON array of sealed codes, None leaves the member out."""
    failure = failure_of(record.state, record.failure)
    head: dict[str, Any] = {
        "order_no": str(record.id),
        "out_order_no": record.out_order_no,
        "sku": sku,
        "quantity": record.quantity,
        "account": record.account,
        "amount": record.amount,
        "currency": currency,
        "state": record.state,
    }
    tail: dict[str, Any] = {
        "delivered_quantity": record.delivered_quantity,
        "refunded_amount": record.refunded,
        "replaced": record.replaced,
        "failure": None if failure is None else {"code": failure.code, "detail": failure.detail},
        "metadata": None if record.metadata is None else orjson.Fragment(record.metadata),
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
    }
    if codes is not None:
        head["codes"] = orjson.Fragment(codes)
    return orjson.dumps(head | tail)


def parse_state(query: Mapping[str, str]) -> str | None:
    """An order's state. Raises ProblemError."""
    state = query.get("state")
    if state is not None and state not in set(OrderState):
        raise invalid([("/state", f"must be one of {', '.join(OrderState)}")])
    return state


def parse_time(query: Mapping[str, str], name: str) -> datetime | None:
    """A moment in UTC. Raises ProblemError."""
    text = query.get(name)
    if text is None:
        return None
    # A plus sign that was not escaped arrives as a blank.
    text = re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", text)
    wrong = invalid([(f"/{name}", "must be an RFC 3339 time, as 2026-01-31T08:00:00Z")])
    try:
        return read_moment(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1 or after 9999 in UTC
        raise wrong from None
