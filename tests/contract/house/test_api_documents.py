"""The OpenAPI document, its page, health, readiness, metrics, and what is no route at all."""

import html.parser
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from gateway.catalog import administer as catalog
from gateway.ground.http.openapi import document
from gateway.ground.http.problems import DESK_KINDS, KINDS
from gateway.routes import SPOKEN
from gateway.webhooks.http import WEBHOOK_TYPES
from tests.world.gateway_process import Gateway
from tests.world.partner import Reply, eventually
from tests.world.shop import Shop

# Every route the contract names, written down a second time.
CONTRACT = {
    ("POST", "/v1/orders"),
    ("GET", "/v1/orders"),
    ("POST", "/v1/orders/batch"),
    ("GET", "/v1/orders/{order_no}"),
    ("GET", "/v1/orders/by-out-no/{out_order_no}"),
    ("POST", "/v1/orders/{order_no}/cancel"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/{sku}"),
    ("GET", "/v1/account"),
    ("GET", "/v1/account/entries"),
    ("GET", "/v1/statements/{date}"),
    ("GET", "/v1/webhooks/deliveries"),
    ("POST", "/v1/webhooks/deliveries/{id}/replay"),
    ("POST", "/v1/webhooks/test"),
    ("GET", "/"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}


async def plain(gateway: Gateway, method: str, target: str, **headers: str) -> Reply:
    """A request without a signature."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, gateway.url + target, headers=headers) as response,
    ):
        return Reply(response.status, response.headers.copy(), await response.read())


def operations(openapi: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """The operations of a document by (method, path)."""
    return {
        (method.upper(), path): operation
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    }


# ---------------------------------------------------------------- OpenAPI


async def test_the_document_is_valid(gateway: Gateway) -> None:
    """An OpenAPI 3.1 validator that is not ours accepts what is served."""
    reply = await plain(gateway, "GET", "/openapi.json")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json["openapi"].startswith("3.1")
    validate(reply.json)


def test_the_document_and_the_routes_are_the_same() -> None:
    """Every route is described, everything described is a route, and the contract is covered."""
    described = set(operations(document(SPOKEN)))
    assert described == {(route.method, route.path) for route in SPOKEN.routes}
    assert described >= CONTRACT


def test_every_problem_of_the_contract_is_described() -> None:
    """Each code stands at some operation, with an example."""
    openapi = document(SPOKEN)
    described = {
        code
        for operation in operations(openapi).values()
        for response in operation["responses"].values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }
    # method-not-allowed belongs to no operation: it is the answer where there is none.
    assert described == set(KINDS) - DESK_KINDS - {"method-not-allowed"}
    assert set(openapi["components"]["examples"]) == set(KINDS) - DESK_KINDS


def test_webhooks_are_described() -> None:
    """The document has a webhook for every type of message."""
    openapi = document(SPOKEN)
    assert set(openapi["webhooks"]) == set(SPOKEN.messages)
    assert {*WEBHOOK_TYPES, "hold.late", "case.updated", "order.reissued"} == {*SPOKEN.messages}
    assert {"order.delivered", "order.partial", "order.failed", "order.uncertain",
            "order.reversed"} <= set(WEBHOOK_TYPES)  # fmt: skip


def test_operation_ids_are_unique() -> None:
    """Generators name functions after them."""
    openapi = document(SPOKEN)
    ids = [each["operationId"] for each in operations(openapi).values()]
    ids += [each["post"]["operationId"] for each in openapi["webhooks"].values()]
    assert len(ids) == len(set(ids))


def test_patterns_are_javascripts() -> None:
    """No pattern uses an anchor only Python knows."""
    assert b"\\\\Z" not in orjson.dumps(document(SPOKEN))


# ---------------------------------------------------------------- the page


class Resources(html.parser.HTMLParser):
    """Collects what a page would load, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.anchors: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.anchors.add(f"#{value}")
            elif name in {"href", "src"} and value is not None:
                self.links.append(value)


async def test_the_page_is_self_contained(gateway: Gateway) -> None:
    """One script of our own, nothing from elsewhere, a policy that allows no more than that."""
    reply = await plain(gateway, "GET", "/docs")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = reply.headers["Content-Security-Policy"]
    assert re.match(r"default-src 'none'; style-src 'sha256-\S+'; script-src 'self'; con", policy)
    page = Resources()
    page.feed(reply.body.decode())
    assert not page.tags & {"img", "link", "iframe", "object", "video", "audio"}
    own = {"/openapi.json", "/docs", "/docs/upstream", "/docs/operator", "/docs/console.js"}
    assert {link.partition("?")[0] for link in page.links} - page.anchors <= own


async def test_the_page_shows_every_operation(gateway: Gateway) -> None:
    """What the document has, the page has."""
    text = (await plain(gateway, "GET", "/docs")).body.decode()
    for method, path in CONTRACT:
        assert f"<code>{path}</code>" in text, path
        assert f">{method}</span>" in text
    for name in WEBHOOK_TYPES:
        assert f"<code>{name}</code>" in text


# ---------------------------------------------------------------- health and metrics


async def test_health_and_readiness(gateway: Gateway) -> None:
    """Both answer 200 without a signature while all is well."""
    health = await plain(gateway, "GET", "/healthz")
    assert (health.status, health.json) == (200, {"status": "ok"})
    ready = await plain(gateway, "GET", "/readyz")
    assert ready.status == 200
    assert ready.json == {"status": "ready", "checks": {"database": "up", "draining": False}}


async def test_metrics(shop: Shop, gateway: Gateway) -> None:
    """Prometheus' own parser reads them; what happened is counted; no client's words appear."""
    before = await metrics(gateway)
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    await partner.order(out_order_no="canary-order", sku=sku)
    await partner.order(out_order_no="canary-order", sku=sku)
    await partner.get("/v1/canary-path")
    after = await metrics(gateway)

    def grew(name: str, **labels: str) -> float:
        return _value(after, name, labels) - _value(before, name, labels)

    assert grew("quangate_order_lines_total", verdict="created") == 1
    assert grew("quangate_order_lines_total", verdict="replayed") == 1
    route = {"method": "POST", "route": "/v1/orders"}
    assert grew("quangate_http_requests_total", status_class="2xx", **route) == 2
    assert grew("quangate_http_request_duration_seconds_count", **route) >= 2
    assert grew("quangate_committed_lines_total") == 1
    assert grew("quangate_problems_total", code="not-found") >= 1
    assert _value(after, "quangate_database_down", {}) == 0
    text = (await plain(gateway, "GET", "/metrics")).body.decode()
    for canary in ("canary-order", "canary-path", partner.key.key_id):
        assert canary not in text


async def test_metrics_of_upstreams(shop: Shop, gateway: Gateway) -> None:
    """Each lane says how its calls go and whether its breaker is open."""
    partner = await shop.partner()
    sku = await shop.top_up_sku()
    async with shop.desk() as (db, _):
        (route,) = (await catalog.show_sku(db, sku))["routes"]
    order = await partner.order(out_order_no="T1", sku=sku, account="13800138000")
    assert order.status == 201
    lane = {"upstream": route["upstream"], "product": route["product_id"]}

    async def counted() -> bool:
        return _value(await metrics(gateway), "quangate_upstream_calls_total", lane) >= 1

    await eventually(counted)
    samples = await metrics(gateway)
    names = {sample.name for sample in samples if lane.items() <= sample.labels.items()}
    assert names == {
        "quangate_upstream_calls_total",
        "quangate_upstream_failed_calls_total",
        "quangate_upstream_waiting_attempts",
        "quangate_upstream_calls_under_way",
        "quangate_upstream_breaker_open",
        "quangate_upstream_breaker_half_open",
    }


async def test_metric_names_carry_units(gateway: Gateway) -> None:
    """Times are seconds, sizes bytes, everything is ours and explained."""
    text = (await plain(gateway, "GET", "/metrics")).body.decode()
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("quangate_")
        assert family.documentation
        assert not re.search(r"_(ms|millis|kb|mb)(_|$)", family.name)


async def metrics(gateway: Gateway) -> list[Any]:
    """All samples."""
    reply = await plain(gateway, "GET", "/metrics")
    assert reply.status == 200
    return [
        sample
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    ]


def _value(samples: list[Any], name: str, labels: Mapping[str, str]) -> float:
    """The sum of the samples of a name with these labels."""
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


# ---------------------------------------------------------------- what is no route


@pytest.mark.parametrize(
    "target",
    ["/v1", "/v1/", "/v1/orders/", "/v1/orders//", "/v2/orders", "/v1/orders/1/codes",
     "/v1/products/", "/V1/orders", "//v1/orders", "/v1/../v1/orders", "/admin.php",
     "/v1/statements/2026-01-01/", "/healthz/", "/docs/index.html"],
)  # fmt: skip
async def test_unknown_paths(shop: Shop, target: str) -> None:
    """404 as a problem, whether signed or not."""
    partner = await shop.partner()
    assert (await partner.get(target)).problem == (404, "not-found")


async def test_the_root_leads_to_the_document(gateway: Gateway) -> None:
    """Who types the address alone finds /docs, in one step."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(gateway.url + "/", allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (302, "/docs")
    page = await plain(gateway, "GET", "/")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "target", "allow"),
    [
        ("DELETE", "/v1/orders", "GET, HEAD, POST"),
        ("PUT", "/v1/orders/1", "GET, HEAD"),
        ("GET", "/v1/orders/batch", "POST"),
        ("GET", "/v1/orders/1/cancel", "POST"),
        ("POST", "/v1/products", "GET, HEAD"),
        ("PATCH", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/v1/account", "GET, HEAD"),
        ("GET", "/v1/webhooks/test", "POST"),
    ],
)
async def test_wrong_methods(gateway: Gateway, method: str, target: str, allow: str) -> None:
    """405 tells which methods there are."""
    reply = await plain(gateway, method, target)
    assert reply.problem == (405, "method-not-allowed")
    assert reply.headers["Allow"] == allow


@pytest.mark.parametrize(
    "target", ["/v1/orders", "/v1/products", "/v1/account", "/healthz", "/openapi.json", "/docs"]
)
async def test_head_is_get_without_a_body(shop: Shop, target: str) -> None:
    """HEAD has the headers of GET; its signature is over HEAD."""
    partner = await shop.partner()
    got, head = await partner.get(target), await partner.send("HEAD", target)
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("code", sorted(set(KINDS) - DESK_KINDS))
def test_problems_have_all_members(code: str) -> None:
    """The table is complete: each row makes a document with the members of RFC 9457 and ours."""
    kind = KINDS[code]
    example = document(SPOKEN)["components"]["examples"][code]["value"]
    assert example["type"] == f"urn:quangate:problem:{code}"
    assert (example["status"], example["code"]) == (kind.status, code)
    assert {"title", "detail", "retryable", "trace_id"} <= set(example)
    assert kind.retryable or kind.retry_after_s is None
