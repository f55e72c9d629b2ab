"""Calls, what a gateway answers, and what comes out. Pure."""

import json
from typing import Any, Final

ORDER: Final[dict[str, Any]] = {
    "order_no": "712000000000001", "out_order_no": "A1", "sku": "VIP-MONTH", "quantity": 1,
    "account": None, "amount": 1990, "currency": "CNY", "state": "delivered",
    "delivered_quantity": 1, "failure": None, "metadata": {"k": "v"},
    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:01Z",
}  # fmt: skip
PRODUCT: Final[dict[str, Any]] = {
    "sku": "VIP-MONTH", "name": "会员", "kind": "code", "face_value": None, "price": 1990,
    "currency": "CNY", "available": True, "stock_level": "ok", "account_rule": None,
    "limits": {"per_buyer": None, "quantity_max": 500}, "category": None, "tags": [],
    "updated_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
ENTRY: Final[dict[str, Any]] = {
    "id": "1", "kind": "charge", "amount": -1990, "balance_after": 8010, "order_no": "1",
    "reference": None, "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
PLACE: Final[dict[str, Any]] = {
    "method": "orders.place",
    "arguments": {"out_order_no": "A1", "sku": "VIP-MONTH"},
}
BY_NUMBER: Final = {"method": "GET", "target": "/v1/orders/by-out-no/A1"}
PROBLEM_JSON: Final = {"Content-Type": "application/problem+json"}
# Each of them has to arrive as it is: escaped or not, that is the same text in JSON.
ODD: Final = (
    "\x00\x01\x1f\x7f\x85\u2028\u2029\ufeff\ufffd\uffff e\u0301 \U0001f381 <>&'\"\\/ \\ufffd"
)
# Every refusal of api.md that a place can meet: status, code, whether trying again may help.
REFUSALS: Final = [
    (400, "invalid-request", False), (400, "malformed-json", False),
    (401, "unauthenticated", False), (402, "insufficient-balance", False),
    (403, "forbidden", False), (403, "pass-required", False), (403, "pass-invalid", False),
    (403, "risk-denied", False), (404, "unknown-sku", False), (409, "order-conflict", False),
    (409, "sold-out", False), (409, "price-changed", False), (409, "campaign-closed", False),
    (409, "pass-used", False), (409, "coupon-unusable", False), (409, "group-full", False),
    (409, "hold-expired", False), (409, "hold-released", False), (409, "case-open", False),
    (413, "body-too-large", False), (415, "unsupported-media-type", False),
    (422, "purchase-limit", False), (422, "hold-limit", False),
]  # fmt: skip


def reply(status: int, body: Any, **headers: str) -> dict[str, Any]:
    """A step of the server's script."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return {"status": status, "headers": headers, "body": text}


def problem(status: int, code: str, *, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """A step that refuses."""
    said = {
        "type": f"urn:quangate:problem:{code}", "title": code, "status": status,
        "detail": f"because of {code}", "code": code, "retryable": retryable,
        "trace_id": "0af7651916cd43dd8448eb211c80319c", **more,
    }  # fmt: skip
    return {**reply(status, said), "headers": PROBLEM_JSON}


def class_of(code: str) -> str:
    """The name of its class, without the language's ending."""
    return "".join(part.capitalize() for part in code.split("-"))


def error(status: int, code: str, *, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """What is raised."""
    return {"code": code, "class": class_of(code), "status": status, "retryable": retryable, **more}


def call(
    name: str, said: dict[str, Any], script: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """A case of a call; by default nothing is tried again."""
    return {"name": name, "call": said, "max_retries": 0, "script": script, **more}


def method(name: str, **arguments: Any) -> dict[str, Any]:
    """A call."""
    return {"method": name, "arguments": arguments}


def placing() -> list[dict[str, Any]]:
    """Orders, and what may stand in them."""
    post = {"method": "POST", "target": "/v1/orders"}
    gives = {"order_no": ORDER["order_no"], "amount": 1990, "metadata": {"k": "v"}}
    full = {
        "out_order_no": "A1", "sku": "VIP-MONTH", "quantity": 2, "account": "13800138000",
        "max_amount": 3980, "metadata": {"券": "码"}, "notify_url": "https://example.com/hook",
        "buyer": {"id": "u1", "ip": "203.0.113.7", "device": "d1"}, "campaign": "1111",
    }  # fmt: skip
    odd = {**PLACE["arguments"], "metadata": {ODD: ODD}}
    later = {**ORDER, "state": "dreaming", "stars": [1], "failure": {"code": "x", "detail": "y"}}
    return [
        call("place", PLACE, [reply(201, ORDER)], gives=gives,
             requests=[{**post, "body": PLACE["arguments"]}]),
        call("place, again", PLACE, [reply(200, ORDER, **{"Quangate-Replayed": "true"})],
             gives=gives),
        call("place with all members", method("orders.place", **full), [reply(201, ORDER)],
             gives=gives, requests=[{**post, "body": full}]),
        call("odd letters in metadata", method("orders.place", **odd), [reply(201, ORDER)],
             gives=gives, requests=[{**post, "body": odd}]),
        call("members and words to come", PLACE, [reply(201, later)], gives={"state": "dreaming"}),
        call("a failure's reason", PLACE,
             [reply(201, {**ORDER, "state": "failed",
                          "failure": {"code": "rejected", "detail": "d"}})],
             gives={"state": "failed", "failure": {"code": "rejected"}}),
    ]  # fmt: skip


def unsayable() -> list[dict[str, Any]]:
    """Half of a surrogate pair is no text: refused before anything is sent, wherever it stands.

    Not every language reads it from JSON, so ❙ stands for it.
    """
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("orders.place", "a number", {"out_order_no": "A❙", "sku": "S"}),
        ("orders.place", "metadata", {**PLACE["arguments"], "metadata": {"k": "a❙b"}}),
        ("orders.place", "a name of metadata", {**PLACE["arguments"], "metadata": {"❙": "v"}}),
        ("orders.place", "a recipient", {**PLACE["arguments"], "account": "❙"}),
        ("orders.place", "a buyer", {**PLACE["arguments"], "buyer": {"id": "❙"}}),
        ("orders.batch", "a batch's line", {"orders": [{"out_order_no": "A1", "sku": "❙"}]}),
        ("orders.get_by_out_no", "a path", {"out_order_no": "A❙"}),
        ("orders.list", "a query", {"sku": "❙"}),
    ]
    return [
        call(f"half a letter in {where}", method(name, **said), [], requests=[],
             error=error(0, "invalid-request"))
        for name, where, said in made
    ]  # fmt: skip


def refusing() -> list[dict[str, Any]]:
    """Problems: none of these is tried again, however often that is allowed."""
    made = [
        call(f"refused: {code}", PLACE, [problem(status, code, retryable=retryable)],
             max_retries=2, error=error(status, code, retryable=retryable))
        for status, code, retryable in REFUSALS
    ]  # fmt: skip
    wrong = [{"pointer": "/quantity", "detail": "too many"}]
    return [
        *made,
        call("the wrong members", PLACE, [problem(400, "invalid-request", errors=wrong)],
             error=error(400, "invalid-request", errors=wrong,
                         trace_id="0af7651916cd43dd8448eb211c80319c")),
        call("a code to come", PLACE, [problem(409, "stars-unaligned")],
             error={"code": "stars-unaligned", "status": 409, "retryable": False}),
        call("a refusal of a proxy", PLACE, [reply(403, "<html>")],
             error={"code": "unexpected-answer", "status": 403, "retryable": False}),
        call("a redirect is not followed", PLACE, [reply(307, "", Location="/elsewhere")],
             error={"code": "unexpected-answer", "status": 307},
             requests=[{"target": "/v1/orders"}]),
    ]  # fmt: skip


def reading() -> list[dict[str, Any]]:
    """The other calls, with their targets."""
    order = {"order_no": ORDER["order_no"]}
    statement = {"balance": 8010, "credit_limit": 0, "available": 8010, "currency": "CNY"}
    one = {"data": [ORDER], "next_cursor": "c/1+2="}
    two = {"data": [{**ORDER, "order_no": "2"}], "next_cursor": None}
    return [
        call("get", method("orders.get", order_no="712000000000001"), [reply(200, ORDER)],
             gives=order, requests=[{"method": "GET", "target": "/v1/orders/712000000000001"}]),
        call("get by your number", method("orders.get_by_out_no", out_order_no="A.b_c:d-9"),
             [reply(200, ORDER)], gives=order,
             requests=[{"method": "GET", "target": "/v1/orders/by-out-no/A.b_c%3Ad-9"}]),
        call("get what is not there", method("orders.get", order_no="1"),
             [problem(404, "not-found")], error=error(404, "not-found")),
        call("cancel", method("orders.cancel", order_no="1"), [reply(200, ORDER)], gives=order,
             requests=[{"method": "POST", "target": "/v1/orders/1/cancel"}]),
        call("cancel too late", method("orders.cancel", order_no="1"),
             [problem(409, "not-cancellable")], error=error(409, "not-cancellable")),
        call("list, two pages", method("orders.list", state="delivered", limit=1),
             [reply(200, one), reply(200, two)],
             gives=[order, {"order_no": "2"}],
             requests=[{"target": "/v1/orders?state=delivered&limit=1"},
                       {"target": "/v1/orders?state=delivered&limit=1&cursor=c%2F1%2B2%3D"}]),
        call("list from a time", method("orders.list", created_from="2026-01-01T00:00:00Z"),
             [reply(200, two)], gives=[{"order_no": "2"}],
             requests=[{"target": "/v1/orders?created_from=2026-01-01T00%3A00%3A00Z"}]),
        call("list nothing", method("orders.list"),
             [reply(200, {"data": [], "next_cursor": None})], gives=[],
             requests=[{"target": "/v1/orders"}]),
        call("list, wrong", method("orders.list", state="dreaming"),
             [problem(400, "invalid-request")], error=error(400, "invalid-request")),
        call("products", method("products.list"),
             [reply(200, {"data": [PRODUCT], "next_cursor": None})],
             gives=[{"sku": "VIP-MONTH", "price": 1990, "name": "会员"}]),
        call("a product", method("products.get", sku="VIP-MONTH"), [reply(200, PRODUCT)],
             gives={"kind": "code", "available": True, "limits": {"quantity_max": 500}},
             requests=[{"target": "/v1/products/VIP-MONTH"}]),
        call("a product with a space in its name", method("products.get", sku="A B/券"),
             [problem(404, "not-found")], error=error(404, "not-found"),
             requests=[{"target": "/v1/products/A%20B%2F%E5%88%B8"}]),
        call("the account", method("account.get"), [reply(200, statement)],
             gives={"available": 8010}, requests=[{"target": "/v1/account"}]),
        call("entries", method("account.entries"),
             [reply(200, {"data": [ENTRY], "next_cursor": None})],
             gives=[{"amount": -1990, "kind": "charge"}]),
        call("an answer that is none", method("account.get"), [reply(200, "<html>")],
             error={"code": "unexpected-answer", "status": 200}),
        call("an answer with too little", method("account.get"), [reply(200, {"balance": 1})],
             error={"code": "unexpected-answer", "status": 200}),
        call("money that is text", method("account.get"), [reply(200, {**statement,
             "balance": "8010"})], error={"code": "unexpected-answer", "status": 200}),
    ]  # fmt: skip


def batches() -> list[dict[str, Any]]:
    """Many at once: each on its own."""
    lines = [{"out_order_no": "A1", "sku": "X"}, {"out_order_no": "A2", "sku": "X"}]
    said = method("orders.batch", orders=lines)
    refused = json.loads(problem(409, "sold-out")["body"])
    both = {"results": [{"status": 201, "order": ORDER}, {"status": 409, "problem": refused}]}
    return [
        call("a batch", said, [reply(200, both)],
             gives=[{"order_no": ORDER["order_no"]}, {"error": error(409, "sold-out")}],
             requests=[{"method": "POST", "target": "/v1/orders/batch",
                        "body": {"orders": lines}}]),
        call("a batch refused whole", said, [problem(400, "invalid-request")],
             error=error(400, "invalid-request")),
    ]  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """All."""
    return [*placing(), *unsayable(), *refusing(), *reading(), *batches()]
