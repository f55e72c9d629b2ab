"""What each route does, as the OpenAPI document and /docs tell it."""

from dataclasses import replace
from typing import Final

from gateway.api import schemas
from gateway.api.operation import Answer, Operation, Parameter
from gateway.api.order_wire import BATCH_QUANTITY_MAX, BatchIn, OrderIn
from gateway.api.paging import LIMIT_DEFAULT, LIMIT_MAX
from gateway.domain.catalog import Scope
from gateway.domain.order import OrderState

ORDERS: Final = "Orders"
PRODUCTS: Final = "Products"
MONEY: Final = "Money"
WEBHOOKS: Final = "Webhooks"
OPERATION: Final = "Operation"

_TIME: Final = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})$",
}
_ID: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_NAME: Final = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
_LIMIT: Final = Parameter(
    "limit",
    "How many a page holds.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
)
_CURSOR: Final = Parameter(
    "cursor",
    "`next_cursor` of the page before.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{2,100}$"},
)
_ORDER_NO: Final = Parameter("order_no", "Our number of the order.", _ID)
_DATE: Final = Parameter(
    "date",
    "A UTC day up to today, as 2026-01-31.",
    {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
)
_AN_ORDER: Final = Answer("The order.", schemas.Order)
_BODY_PROBLEMS: Final = (
    "invalid-request", "malformed-json", "body-too-large", "unsupported-media-type",
)  # fmt: skip
# Of writes that take no body: one that is there must be an empty object, and so must a query.
_WRITE_PROBLEMS: Final = (*_BODY_PROBLEMS, "replayed-nonce")
_ORDER_PROBLEMS: Final = (
    *_BODY_PROBLEMS, "insufficient-balance", "unknown-sku", "order-conflict",
    "sold-out", "price-changed", "campaign-closed", "purchase-limit", "overloaded", "busy",
)  # fmt: skip

PLACE_ORDER: Final = Operation(
    name="placeOrder",
    tag=ORDERS,
    summary="Place an order",
    description=(
        "Idempotent on `out_order_no`: the same content under the same number gives the same "
        "order back, for ever; other content is `order-conflict`, without effect. A refused "
        "order leaves nothing behind: its number may be tried again.\n\n"
        "Codes from stock answer `delivered` at once; top-ups, and codes bought on demand, "
        "answer `processing` and finish by webhook or query. `uncertain` means: do not order it "
        "again, we are finding out."
    ),
    scope=Scope.ORDERS_WRITE,
    body=OrderIn,
    answers={
        201: Answer("Created, paid and durable.", schemas.Order),
        200: Answer(
            "This number was accepted before with the same content: the same order "
            "(`Quangate-Replayed: true`).",
            schemas.Order,
        ),
    },
    problems=_ORDER_PROBLEMS,
    told=("{$request.body#/notify_url}", "order.delivered"),
)
PLACE_BATCH: Final = Operation(
    name="placeOrders",
    tag=ORDERS,
    summary="Place up to 500 orders",
    description="Each line is on its own: what would be its problem alone stands in its result. "
    f"The quantities of a batch add up to at most {BATCH_QUANTITY_MAX}.",
    scope=Scope.ORDERS_WRITE,
    body=BatchIn,
    answers={200: Answer("One result per line, in order.", schemas.BatchResults)},
    problems=_BODY_PROBLEMS,
)
LIST_ORDERS: Final = Operation(
    name="listOrders",
    tag=ORDERS,
    summary="List orders",
    description="Newest first, without codes; a cursor stays right while orders come in. "
    "A page may be empty although there are more: then next_cursor goes on.",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("state", "In this state.", {"type": "string", "enum": list(OrderState)}),
        Parameter("sku", "Of this SKU.", _NAME),
        Parameter("created_from", "Created then or later.", _TIME),
        Parameter("created_to", "Created before then.", _TIME),
        _LIMIT,
        _CURSOR,
    ),
    answers={200: Answer("One page.", schemas.OrderPage)},
    problems=("invalid-request",),
)
READ_ORDER: Final = Operation(
    name="readOrder",
    tag=ORDERS,
    summary="Read an order",
    description="With its codes if the key has `codes:read`.",
    scope=Scope.ORDERS_READ,
    parameters=(_ORDER_NO,),
    answers={200: _AN_ORDER},
    problems=("not-found",),
)
READ_ORDER_BY_NUMBER: Final = Operation(
    name="readOrderByNumber",
    tag=ORDERS,
    summary="Read an order by your number",
    scope=Scope.ORDERS_READ,
    parameters=(
        Parameter(
            "out_order_no",
            "Your number of the order.",
            {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        ),
    ),
    answers={200: _AN_ORDER},
    problems=("not-found",),
)
CANCEL_ORDER: Final = Operation(
    name="cancelOrder",
    tag=ORDERS,
    summary="Cancel an order that is bought upstream",
    description="Possible only while nothing was sent upstream; the charge is refunded.",
    scope=Scope.ORDERS_WRITE,
    parameters=(_ORDER_NO,),
    answers={200: _AN_ORDER},
    problems=(*_WRITE_PROBLEMS, "not-found", "not-cancellable"),
)
LIST_PRODUCTS: Final = Operation(
    name="listProducts",
    tag=PRODUCTS,
    summary="List products",
    description="What this partner may buy, at its price, by SKU name.",
    query=(_LIMIT, _CURSOR),
    answers={200: Answer("One page.", schemas.ProductPage)},
    problems=("invalid-request",),
)
READ_PRODUCT: Final = Operation(
    name="readProduct",
    tag=PRODUCTS,
    summary="Read a product",
    parameters=(Parameter("sku", "The SKU's name.", _NAME),),
    answers={200: Answer("The product.", schemas.Product)},
    problems=("unknown-sku", "invalid-request"),
)
READ_ACCOUNT: Final = Operation(
    name="readAccount",
    tag=MONEY,
    summary="Read the balance",
    scope=Scope.ACCOUNT_READ,
    answers={200: Answer("The account.", schemas.Account)},
    problems=("invalid-request",),
)
LIST_ENTRIES: Final = Operation(
    name="listEntries",
    tag=MONEY,
    summary="List movements of money",
    description="Newest first. All amounts together are the balance.",
    scope=Scope.ACCOUNT_READ,
    query=(_LIMIT, _CURSOR),
    answers={200: Answer("One page.", schemas.EntryPage)},
    problems=("invalid-request",),
)
READ_STATEMENT: Final = Operation(
    name="readStatement",
    tag=MONEY,
    summary="Read a day's statement",
    description=(
        "The entries of one UTC day as a CSV file. Today's is allowed and says "
        "`complete: false`; its file stays what it was when it was asked for."
    ),
    scope=Scope.ACCOUNT_READ,
    parameters=(_DATE,),
    answers={200: Answer("The statement.", schemas.Statement)},
    problems=("invalid-request",),
)
READ_STATEMENT_CSV: Final = Operation(
    name="readStatementCsv",
    tag=MONEY,
    summary="Fetch a statement's file",
    description=(
        "With the `ticket` of a statement's `url` for 15 minutes and without a signature, or "
        "signed like every other request (scope `account:read`)."
    ),
    signed=False,
    parameters=(_DATE,),
    query=(Parameter("ticket", "As the statement's `url` has it."),),
    answers={
        200: Answer(
            "A header line and one line per entry. Text that a spreadsheet would take for a "
            "formula begins with an apostrophe.",
            media_type="text/csv",
        )
    },
    problems=(
        "invalid-request",
        "unauthenticated",
        "stale-timestamp",
        "forbidden",
        "rate-limited",
    ),
)
LIST_DELIVERIES: Final = Operation(
    name="listDeliveries",
    tag=WEBHOOKS,
    summary="List webhook messages",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("order_no", "About this order.", _ID),
        Parameter(
            "state",
            "In this state.",
            {"type": "string", "enum": ["pending", "delivered", "dead"]},
        ),
        _LIMIT,
        _CURSOR,
    ),
    answers={200: Answer("One page, newest first.", schemas.DeliveryPage)},
    problems=("invalid-request",),
)
REPLAY_DELIVERY: Final = Operation(
    name="replayDelivery",
    tag=WEBHOOKS,
    summary="Send a webhook message again",
    description="It goes out under its old `webhook-id`, with a new schedule.",
    scope=Scope.ORDERS_WRITE,
    parameters=(Parameter("id", "The delivery's `id`.", _ID),),
    answers={200: Answer("The message.", schemas.Delivery)},
    problems=(*_WRITE_PROBLEMS, "not-found"),
)
SEND_TEST: Final = Operation(
    name="sendTestWebhook",
    tag=WEBHOOKS,
    summary="Send a test message",
    description="A message of type `test` to the partner's endpoint; 404 when there is none.",
    scope=Scope.ORDERS_WRITE,
    answers={200: Answer("The message.", schemas.Delivery)},
    problems=(*_WRITE_PROBLEMS, "not-found"),
    told=("{$response.body#/url}", "test"),
)
READ_OPENAPI: Final = Operation(
    name="readOpenapi",
    tag=OPERATION,
    summary="This document",
    signed=False,
    answers={200: Answer("OpenAPI 3.1 as JSON.")},
)
READ_DOCS: Final = Operation(
    name="readDocs",
    tag=OPERATION,
    summary="This document for people",
    signed=False,
    answers={200: Answer("One page.", media_type="text/html")},
)
READ_ROOT: Final = Operation(
    name="readRoot",
    tag=OPERATION,
    summary="Leads to the document for people",
    signed=False,
    answers={302: Answer("To `/docs`.", media_type="text/plain")},
)
READ_HEALTH: Final = Operation(
    name="readHealth",
    tag=OPERATION,
    summary="Whether the process lives",
    signed=False,
    answers={200: Answer("It does.", schemas.Health)},
)
READ_READINESS: Final = Operation(
    name="readReadiness",
    tag=OPERATION,
    summary="Whether it takes orders",
    signed=False,
    answers={
        200: Answer("It does.", schemas.Health),
        503: Answer("It is draining, or the database is away.", schemas.Health),
    },
)
READ_METRICS: Final = Operation(
    name="readMetrics",
    tag=OPERATION,
    summary="What Prometheus reads",
    description="Answers only loopback and the networks of `QUANGATE_METRICS_ALLOW`.",
    signed=False,
    answers={200: Answer("The text format.", media_type="text/plain")},
    problems=("forbidden",),
)
TAKE_CHANNEL_CALL: Final = Operation(
    name="takeChannelCall",
    tag=OPERATION,
    summary="What an order channel asks of us",
    description=(
        "In the channel's own protocol and with its own signature. goofish: `open/info`, "
        "`user/info`, `goods/list`, `goods/detail`, `order/recharge/create`, "
        "`order/purchase/create`, `order/ticket/create`, `order/detail` behind `goofish/`, under "
        "any prefix; always 200, `code` 0 is success."
    ),
    signed=False,
    parameters=(
        Parameter("channel", "The channel's name."),
        Parameter("path", "The protocol's path; it may have several steps."),
    ),
    answers={200: Answer("The protocol's answer.")},
    problems=("not-found", "body-too-large", "unsupported-media-type", "overloaded"),
)
TAKE_CALLBACK: Final = Operation(
    name="takeCallback",
    tag=OPERATION,
    summary="What an upstream platform tells us",
    description="In the platform's own protocol, acknowledged in its own words.",
    signed=False,
    parameters=(Parameter("upstream", "The upstream's name."),),
    answers={200: Answer("The platform's acknowledgement.", media_type="text/plain")},
    problems=("not-found", "body-too-large", "unsupported-media-type", "overloaded"),
)
TAKE_NAMED_CALLBACK: Final = replace(
    TAKE_CALLBACK,
    name="takeNamedCallback",
    description="The same at the address that only the platform was told, for those that do not"
    " sign; any other token is refused.",
    parameters=(
        Parameter("upstream", "The upstream's name."),
        Parameter("token", "The upstream's secret."),
    ),
)
