"""Which handler answers which request: one table."""

from functools import cache
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.api import operations
from gateway.api.account import list_entries, read_account
from gateway.api.answers import json_response, text_response
from gateway.api.callbacks import take_callback
from gateway.api.channels import take_channel_call
from gateway.api.context import Context
from gateway.api.docs import PAGE_POLICY, page
from gateway.api.health import read_health, read_readiness
from gateway.api.metrics import read_metrics
from gateway.api.openapi import document, document_json
from gateway.api.operation import Route
from gateway.api.order_batch import place_batch
from gateway.api.order_cancel import cancel_order
from gateway.api.order_reads import list_orders, read_order, read_order_by_number
from gateway.api.orders import place_order
from gateway.api.products import list_products, read_product
from gateway.api.statements import read_statement, read_statement_csv
from gateway.api.webhook_reads import list_deliveries, replay_delivery, send_test


async def read_openapi(_context: Context, _request: BaseRequest) -> Response:
    """GET /openapi.json."""
    return json_response(_openapi_json())


async def read_docs(_context: Context, _request: BaseRequest) -> Response:
    """GET /docs: the same document for people."""
    return text_response(_docs_page(), "text/html; charset=utf-8", **PAGE_POLICY)


async def read_root(_context: Context, _request: BaseRequest) -> Response:
    """GET /: where somebody lands who typed the address only."""
    response = text_response(b"See /docs\n", "text/plain; charset=utf-8", Location="/docs")
    response.set_status(302)
    return response


@cache
def _openapi_json() -> bytes:
    return document_json(ROUTES)


@cache
def _docs_page() -> bytes:
    return page(document(ROUTES))


# The first pattern that fits wins: by-out-no comes before what ends in a fixed step.
ROUTES: Final[list[Route]] = [
    Route("POST", "/v1/orders", place_order, operations.PLACE_ORDER),
    Route("GET", "/v1/orders", list_orders, operations.LIST_ORDERS),
    Route("POST", "/v1/orders/batch", place_batch, operations.PLACE_BATCH),
    Route("GET", "/v1/orders/{order_no}", read_order, operations.READ_ORDER),
    Route(
        "GET",
        "/v1/orders/by-out-no/{out_order_no}",
        read_order_by_number,
        operations.READ_ORDER_BY_NUMBER,
    ),
    Route("POST", "/v1/orders/{order_no}/cancel", cancel_order, operations.CANCEL_ORDER),
    Route("GET", "/v1/products", list_products, operations.LIST_PRODUCTS),
    Route("GET", "/v1/products/{sku}", read_product, operations.READ_PRODUCT),
    Route("GET", "/v1/account", read_account, operations.READ_ACCOUNT),
    Route("GET", "/v1/account/entries", list_entries, operations.LIST_ENTRIES),
    Route("GET", "/v1/statements/{date}", read_statement, operations.READ_STATEMENT),
    Route("GET", "/v1/statements/{date}/csv", read_statement_csv, operations.READ_STATEMENT_CSV),
    Route("GET", "/v1/webhooks/deliveries", list_deliveries, operations.LIST_DELIVERIES),
    Route(
        "POST",
        "/v1/webhooks/deliveries/{id}/replay",
        replay_delivery,
        operations.REPLAY_DELIVERY,
    ),
    Route("POST", "/v1/webhooks/test", send_test, operations.SEND_TEST),
    Route("POST", "/callbacks/{upstream}", take_callback, operations.TAKE_CALLBACK),
    Route("POST", "/callbacks/{upstream}/{token}", take_callback, operations.TAKE_NAMED_CALLBACK),
    Route(
        "POST",
        "/channels/{channel}/{path}",
        take_channel_call,
        operations.TAKE_CHANNEL_CALL,
        deep=True,
    ),
    Route("GET", "/", read_root, operations.READ_ROOT),
    Route("GET", "/openapi.json", read_openapi, operations.READ_OPENAPI),
    Route("GET", "/docs", read_docs, operations.READ_DOCS),
    Route("GET", "/healthz", read_health, operations.READ_HEALTH),
    Route("GET", "/readyz", read_readiness, operations.READ_READINESS),
    Route("GET", "/metrics", read_metrics, operations.READ_METRICS),
]
