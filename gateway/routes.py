"""Every route in one list: each feature's stand beside their handlers.

The first pattern that fits a path wins, so order counts within a feature.
"""

from collections.abc import Sequence
from typing import Final

from gateway.channels import http as channels
from gateway.dispatch import http as callbacks
from gateway.ground.http import documents
from gateway.ground.http.operation import Route, Spoken
from gateway.ground.http.problem_wire import Problem
from gateway.health import http as health
from gateway.health import metrics
from gateway.ledger import http as account
from gateway.ledger import http_statements as statements
from gateway.orders import http as orders
from gateway.orders import http_batch as order_batch
from gateway.orders import http_cancel as order_cancel
from gateway.orders import http_products as products
from gateway.orders import http_reads as order_reads
from gateway.orders.answers import BatchResults, Order, OrderPage
from gateway.orders.wire import BatchIn, OrderIn
from gateway.webhooks import http as webhook_reads

# A face and its routes, in the document's order.
FACES: Final[Sequence[tuple[type, Sequence[Route]]]] = (
    (orders.OrderPlacing, orders.ROUTES),
    (order_batch.BatchPlacing, order_batch.ROUTES),
    (order_reads.OrderReading, order_reads.ROUTES),
    (order_cancel.OrderCancelling, order_cancel.ROUTES),
    (products.Products, products.ROUTES),
    (account.Accounts, account.ROUTES),
    (statements.DayStatements, statements.ROUTES),
    (webhook_reads.Deliveries, webhook_reads.ROUTES),
    (callbacks.Callbacks, callbacks.ROUTES),
    (channels.ChannelCalls, channels.ROUTES),
    (documents.Documents, documents.ROUTES),
    (health.HealthChecks, health.ROUTES),
    (metrics.MetricsPage, metrics.ROUTES),
)
SPOKEN: Final = Spoken(
    routes=[route for _, routes in FACES for route in routes],
    answered=(
        Order, OrderPage, BatchResults, products.Product, products.ProductPage, account.Account,
        account.EntryPage, statements.Statement, webhook_reads.Delivery,
        webhook_reads.DeliveryPage, webhook_reads.WebhookMessage, webhook_reads.OtherMessage,
        Problem, health.Health,
    ),
    asked=(OrderIn, BatchIn),
    messages=webhook_reads.WEBHOOK_TYPES,
)  # fmt: skip


def routes_of(*faces: object) -> list[Route]:
    """The routes of made faces. Raises KeyError when one is missing."""
    made = {type(face): face for face in faces}
    return [route.bound(made[kind]) for kind, routes in FACES for route in routes]
