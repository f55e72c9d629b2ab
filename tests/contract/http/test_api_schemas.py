"""The document as generators of clients read it: its form, and that real answers fit it.

Tried by hand (2026-11-28): openapi-generator 7.10 (Java native, Go, Python), oapi-codegen 2,
openapi-typescript 7 and openapi-python-client make clients of it that compile. What broke each of
them before is held here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.ground.http.openapi import document
from gateway.routes import SPOKEN
from tests.world.partner import Reply
from tests.world.shop import Shop

Schema = Mapping[str, Any]
DOCUMENT = document(SPOKEN)
SCHEMAS: Mapping[str, Schema] = DOCUMENT["components"]["schemas"]


def parts(value: Any, where: str = "") -> Iterator[tuple[str, Schema]]:
    """Every object of a JSON value with its place."""
    if isinstance(value, dict):
        yield where, value
        for name, part in value.items():
            yield from parts(part, f"{where}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from parts(part, f"{where}/{index}")


def schemas() -> Iterator[tuple[str, Schema]]:
    """Every schema of the document, its own properties' and parameters' included."""
    for where, part in parts(DOCUMENT):
        if "/example" not in where and ("type" in part or "$ref" in part or "enum" in part):
            if where.endswith(("/properties", "/components/securitySchemes")):
                continue
            if "securitySchemes" not in where:
                yield where, part


def operation(method: str, path: str) -> Schema:
    """One operation."""
    found: Schema = DOCUMENT["paths"][path][method]
    return found


def test_nothing_is_a_choice_of_schemas() -> None:
    """`anyOf` with null is what breaks Java; a nullable member is of two types, null the last."""
    for where, part in parts(DOCUMENT):
        assert not part.keys() & {"anyOf", "oneOf", "allOf", "nullable"}, where
    nullable = [(where, part["type"]) for where, part in schemas()
                if isinstance(part.get("type"), list)]  # fmt: skip
    assert len(nullable) > 10
    for where, types in nullable:
        assert len(types) == 2, where
        assert types[1] == "null", where
    for where, part in schemas():  # Go's clients refuse null for what misses a required member
        assert not (isinstance(part.get("type"), list) and part.get("required")), where
        for name in part.get("required", ()):  # Python's refuse null where an object is required
            assert part["properties"][name].get("type") != ["object", "null"], (where, name)


def test_dates_in_answers_have_no_pattern() -> None:
    """Python's clients match it against what they have read already, and do not load."""
    for where, part in schemas():
        if part.get("format") in {"date", "date-time"} and where.startswith("/components/schemas"):
            assert "pattern" not in part, where


def test_numbers_are_wide_enough() -> None:
    """An amount is no integer of 32 bits."""
    for where, part in schemas():
        types = part.get("type")
        if types == "integer" or (isinstance(types, list) and "integer" in types):
            assert part.get("format") == "int64" or "maximum" in part or "/headers/" in where, where


def test_every_schema_says_its_type() -> None:
    """Also words of a list; and a list says of what."""
    for where, part in schemas():
        assert "type" in part or "$ref" in part, where
        if part.get("type") == "array":
            assert part["items"], where


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    """What no route refers to some generators leave out."""
    used = {part["$ref"] for _, part in parts(DOCUMENT) if "$ref" in part}
    for reference in used:
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    of_routes = {part["$ref"] for _, part in parts(DOCUMENT["paths"]) if "$ref" in part}
    reached = set(of_routes)
    while (
        new := {
            part["$ref"]
            for reference in reached
            for _, part in parts(SCHEMAS.get(reference.rpartition("/")[2], {}))
            if "$ref" in part
        }
        - reached
    ):
        reached |= new
    assert {f"#/components/schemas/{name}" for name in SCHEMAS} <= reached


def test_messages_are_not_mixed_with_routes() -> None:
    """Generators make one class of each tag; messages have types with names."""
    of_routes = {tag for methods in DOCUMENT["paths"].values() for each in methods.values()
                 for tag in each["tags"]}  # fmt: skip
    for name, methods in DOCUMENT["webhooks"].items():
        assert not set(methods["post"]["tags"]) & of_routes, name
        content = methods["post"]["requestBody"]["content"]["application/json"]
        assert set(content["schema"]) == {"$ref"}, name
    assert {each["name"] for each in DOCUMENT["tags"]} >= of_routes


def test_the_lines_of_a_batch_are_orders() -> None:
    """And a result's order and problem are what they are elsewhere."""
    assert SCHEMAS["BatchIn"]["properties"]["orders"]["items"] == {
        "$ref": "#/components/schemas/BatchOrderIn"
    }
    assert SCHEMAS["BatchResult"]["properties"]["order"] == {"$ref": "#/components/schemas/Order"}


@pytest.mark.parametrize(
    "path",
    ["/v1/orders/{order_no}/cancel", "/v1/webhooks/deliveries/{id}/replay", "/v1/webhooks/test"],
)
def test_writes_without_a_body_may_be_refused_for_one(path: str) -> None:
    """400 and 415 are described, with their codes."""
    responses = operation("post", path)["responses"]
    for status, code in (("400", "invalid-request"), ("400", "malformed-json"),
                         ("415", "unsupported-media-type"), ("413", "body-too-large"),
                         ("401", "replayed-nonce")):  # fmt: skip
        examples = responses[status]["content"]["application/problem+json"]["examples"]
        assert code in examples, code


GOOD_AND_BAD: dict[str, tuple[Schema, list[str], list[str]]] = {
    "cursor": (
        next(p["schema"] for p in operation("get", "/v1/orders")["parameters"]
             if p["name"] == "cursor"),
        ["bwAAAAAAAAAB", "cFZJUA"], ["", "a=b", "a b", "券", "x" * 200],
    ),
    "notify_url": (
        SCHEMAS["OrderIn"]["properties"]["notify_url"],
        ["https://shop.example/told?x=1", "http://203.0.113.9:8080", "HTTPS://a.example/#f"],
        ["", "shop.example", "ftp://shop.example/", "https://", "https://u:p@x/", "https://x/a b"],
    ),
    "date": (
        operation("get", "/v1/statements/{date}")["parameters"][0]["schema"],
        ["2026-01-31"], ["2026-1-31", "31.01.2026", "2026-01-31T00:00:00Z", "today", ""],
    ),
    "created_from": (
        next(p["schema"] for p in operation("get", "/v1/orders")["parameters"]
             if p["name"] == "created_from"),
        ["2026-01-31T08:00:00Z", "2026-01-31t08:00:00.123+08:00"],
        ["2026-01-31", "2026-01-31 08:00:00Z", "2026-01-31T08:00:00", "now"],
    ),
    "order_no": (
        operation("get", "/v1/orders/{order_no}")["parameters"][0]["schema"],
        ["1", "123456789012345678"], ["", "0", "-1", "A1", "1" * 20],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_AND_BAD)
def test_texts_have_their_pattern(name: str) -> None:
    """What the gateway takes fits, what it refuses for its form does not."""
    schema, good, bad = GOOD_AND_BAD[name]
    validator = Draft202012Validator(schema)
    for text in good:
        assert validator.is_valid(text), text
    for text in bad:
        assert not validator.is_valid(text), text


def test_every_parameter_is_bounded() -> None:
    """By a pattern, a list of words, or numbers; but for what others choose."""
    for path, methods in DOCUMENT["paths"].items():
        if path.startswith("/v1"):
            for each in methods.values():
                for parameter in each.get("parameters", ()):
                    bounds = {"pattern", "enum", "maximum"} & set(parameter["schema"])
                    assert bounds or parameter["name"] == "ticket", (path, parameter["name"])


# ---------------------------------------------------------------- real answers


def fits(reply: Reply, method: str, path: str) -> None:
    """An answer is one of those that the document describes for its status."""
    described = operation(method, path)["responses"][str(reply.status)]["content"]
    media = reply.headers["Content-Type"].partition(";")[0]
    schema = described[media]["schema"] | {"components": DOCUMENT["components"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(reply.json)]
    assert errors == [], (method, path, reply.status)


async def test_real_answers_fit(shop: Shop) -> None:
    """With nulls and without, in lists and alone; problems, too."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    order = {"out_order_no": "S1", "sku": sku, "metadata": {"a": "b"}}
    orders = "/v1/orders"
    made = await partner.order(**order)
    fits(made, "post", orders)
    fits(await partner.order(**order), "post", orders)
    fits(await partner.order(out_order_no="S2", sku=sku), "post", orders)
    fits(await partner.order(out_order_no="S3", sku="NO-SUCH-SKU"), "post", orders)
    fits(await partner.order(out_order_no="S4"), "post", orders)
    fits(await partner.send("POST", orders, b"{}", at=1.0), "post", orders)
    top_up = await shop.top_up_sku()
    fits(await partner.order(out_order_no="S5", sku=top_up, account="13800138000"), "post", orders)
    batch = await partner.send("POST", f"{orders}/batch", {"orders": [order, {"sku": 1}]})
    fits(batch, "post", f"{orders}/batch")
    order_no = made.json["order_no"]
    day = made.json["created_at"][:10]
    for path, target in (
        (orders, orders),
        (f"{orders}/{{order_no}}", f"{orders}/{order_no}"),
        (f"{orders}/{{order_no}}", f"{orders}/1"),
        ("/v1/products", "/v1/products?limit=1"),
        ("/v1/products/{sku}", f"/v1/products/{sku}"),
        ("/v1/account", "/v1/account"),
        ("/v1/account/entries", "/v1/account/entries"),
        ("/v1/statements/{date}", f"/v1/statements/{day}"),
        ("/v1/statements/{date}", "/v1/statements/today"),
        ("/v1/webhooks/deliveries", "/v1/webhooks/deliveries"),
    ):
        fits(await partner.get(target), "get", path)
    for path, target in (
        ("/v1/orders/{order_no}/cancel", f"/v1/orders/{order_no}/cancel"),
        ("/v1/webhooks/test", "/v1/webhooks/test"),
    ):
        fits(await partner.send("POST", target), "post", path)
        fits(await partner.send("POST", target, b'{"a":1}'), "post", path)
        fits(await partner.send("POST", target, b"{"), "post", path)
        text = {"Content-Type": "text/plain"}
        fits(await partner.send("POST", target, b"{}", headers=text), "post", path)
    assert re.fullmatch(GOOD_AND_BAD["order_no"][0]["pattern"], order_no)
