"""What the partners' clients are made from, read from the OpenAPI document. Pure.

A language's writer gets models (what is sent and answered), problems (one class each) and methods
(what a client can call), all without a word of OpenAPI.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Problems of api.md that come with features to be: a program may catch them today.
PROBLEMS_TO_COME: Final = ("case-open", "coupon-unusable", "group-full", "risk-denied")
SEALED: Final = "SealedCode"  # the one model that is written by hand: it opens itself


@dataclass(frozen=True, slots=True)
class Kind:
    """`text`, `integer`, `flag`, `any`, or a model's name; `many` of it, or `named` ones."""

    name: str
    many: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a model, or an argument of a method, by its name on the wire."""

    name: str
    kind: Kind
    required: bool
    nullable: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Model:
    """What is sent (`is_input`) or answered."""

    name: str
    doc: str
    members: tuple[Member, ...]
    is_input: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A call: `resource.name(arguments…)`; `page` answers are read on to the end."""

    resource: str
    name: str
    verb: str
    path: str
    doc: str
    in_path: tuple[str, ...]
    in_query: tuple[Member, ...]
    body: str | None
    answer: str
    is_page: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """All of it, each in the order it is written."""

    models: tuple[Model, ...]
    problems: tuple[tuple[str, str], ...]  # code, what it means
    methods: tuple[Method, ...]


# What a client calls, and the operation behind it. Placing and batches are written by hand: they
# know what to do when the answer is lost.
METHODS: Final[Mapping[str, Mapping[str, str]]] = {
    "orders": {
        "get": "readOrder",
        "get_by_out_no": "readOrderByNumber",
        "cancel": "cancelOrder",
        "list": "listOrders",
    },
    "products": {"list": "listProducts", "get": "readProduct"},
    "account": {"get": "readAccount", "entries": "listEntries"},
    "statements": {"get": "readStatement"},
    "holds": {
        "place": "placeHold",
        "get": "readHold",
        "list": "listHolds",
        "confirm": "confirmHold",
        "release": "releaseHold",
    },
    "cases": {
        "open": "openCase",
        "get": "readCase",
        "list": "listCases",
        "withdraw": "withdrawCase",
    },
    "deliveries": {
        "list": "listDeliveries",
        "replay": "replayDelivery",
        "test": "sendTestWebhook",
    },
    "campaigns": {"take_place": "takePlace"},
}
BY_HAND: Final = ("placeOrder", "placeOrders")
# What answers and messages got after the first gateways were in use: one that is older, or a
# message that waited since then, has it not.
ADDED: Final = frozenset({("Order", "refunded_amount"), ("Order", "replaced")})


def shape_of(document: Mapping[str, Any]) -> Shape:
    """Read the document. Raises KeyError where an operation of `METHODS` is not in it."""
    schemas = _with_inner(document["components"]["schemas"])
    operations = {
        operation["operationId"]: (verb.upper(), path, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }
    methods = [
        _method(resource, name, *operations[operation])
        for resource, names in METHODS.items()
        for name, operation in names.items()
    ]
    wanted = {method.answer for method in methods} | {m.body for m in methods if m.body}
    wanted |= {_body(operations[one][2]) for one in BY_HAND} | {"Order", "WebhookMessage"}
    examples = document["components"]["examples"]
    problems = {code: str(one["value"]["title"]) for code, one in examples.items()}
    problems |= {code: f"{code.replace('-', ' ').capitalize()}" for code in PROBLEMS_TO_COME}
    return Shape(
        models=tuple(
            _model(name, schemas[name])
            for name in sorted(_reached(wanted, schemas))
            if _is_model(schemas[name]) and name not in {SEALED, "Problem", "ProblemError"}
        ),
        problems=tuple(sorted(problems.items())),
        methods=tuple(methods),
    )


def _is_model(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema


def _with_inner(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas, and those that stand in a member of one, by their titles."""
    inner = {
        value["title"]: value
        for schema in schemas.values()
        for value in schema.get("properties", {}).values()
        if "title" in value and _is_model(value)
    }
    return {**schemas, **inner}


def _reached(names: set[str], schemas: Mapping[str, Any]) -> set[str]:
    """These and all that they are made of."""
    found: set[str] = set()
    rest = set(names)
    while rest:
        name = rest.pop()
        found.add(name)
        named = re.findall(r"(?:'#/components/schemas/|'title': ')(\w+)'", repr(schemas[name]))
        rest |= set(named) & set(schemas) - found
    return found


def _model(name: str, schema: Mapping[str, Any]) -> Model:
    required = set(schema.get("required", ()))
    return Model(
        name=name,
        doc=_line(schema.get("description", name)),
        members=tuple(
            _member(key, value, required=key in required and (name, key) not in ADDED)
            for key, value in schema["properties"].items()
        ),
        is_input=schema.get("additionalProperties") is False,
    )


def _member(name: str, schema: Mapping[str, Any], *, required: bool) -> Member:
    said = schema.get("type")
    return Member(
        name=name,
        kind=_kind(schema),
        required=required,
        nullable=isinstance(said, list) and "null" in said,
        doc=_line(schema.get("description", "")),
    )


def _kind(schema: Mapping[str, Any]) -> Kind:
    if "$ref" in schema:
        return _named(schema["$ref"].rpartition("/")[2])
    said = schema.get("type")
    types: Sequence[str] = said if isinstance(said, list) else [str(said)]
    kind = next((each for each in types if each != "null"), "object")
    if kind == "array":
        return Kind(_kind(schema["items"]).name, many=True)
    if kind == "object" and schema.get("title"):
        return Kind(schema["title"])
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return Kind("text", named=True)
    plain = {"string": "text", "integer": "integer", "boolean": "flag"}
    return Kind(plain.get(kind, "any"))


# Enumerations are text: a word that comes later must not break a program.
ENUMERATIONS: Final = {"CaseKind", "CaseState", "FailureCode", "HoldState", "OrderState", "SkuKind"}


def _named(name: str) -> Kind:
    return Kind("text" if name in ENUMERATIONS else name)


def _body(operation: Mapping[str, Any]) -> str:
    content = operation["requestBody"]["content"]["application/json"]
    return str(content["schema"]["$ref"]).rpartition("/")[2]


def _method(resource: str, name: str, verb: str, path: str, operation: Mapping[str, Any]) -> Method:
    parameters = operation.get("parameters", ())
    answer = next(
        reply["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for status, reply in sorted(operation["responses"].items())
        if status.startswith("2")
    )
    query = tuple(
        _member(each["name"], each["schema"], required=bool(each.get("required")))
        for each in parameters
        if each.get("in") == "query" and each["name"] != "cursor"
    )
    is_page = any(each.get("name") == "cursor" for each in parameters)
    return Method(
        resource=resource,
        name=name,
        verb=verb,
        path=path,
        doc=_line(operation.get("summary") or operation.get("description") or name),
        in_path=tuple(each["name"] for each in parameters if each.get("in") == "path"),
        in_query=query,
        body=_body(operation) if "requestBody" in operation else None,
        answer=answer,
        is_page=is_page,
    )


def _line(text: str) -> str:
    """The first sentence, on one line."""
    flat = " ".join(text.split())
    return re.split(r"(?<=[.;])\s", flat)[0].rstrip(".;") if flat else ""


def apart(shape: Shape) -> set[str]:
    """Models that no program sees: bodies, pages, and what is read by hand."""
    bodies = {method.body for method in shape.methods if method.body is not None}
    pages = {method.answer for method in shape.methods if method.is_page}
    by_hand = {"OrderIn", "BatchIn", "BatchOrderIn", "BatchResult", "BatchResults"}
    return bodies | pages | by_hand | {"WebhookMessage"}


def item(shape: Shape, method: Method) -> str:
    """The model that a method answers; of a list, each."""
    if not method.is_page:
        return method.answer
    page = next(model for model in shape.models if model.name == method.answer)
    return next(member.kind.name for member in page.members if member.name == "data")


def arguments(shape: Shape, method: Method) -> list[Member]:
    """What goes into a method's body, or its query: what is needed first."""
    if method.body is None:
        return list(method.in_query)
    model = next(model for model in shape.models if model.name == method.body)
    return sorted(model.members, key=lambda member: not member.required)


SHORT: Final = {"text": "t", "integer": "i", "flag": "b", "any": "a"}


def short(member: Member) -> str:
    """What an answer's member has to be, in a word: `t` text, `i` integer, `b` flag, `a` anything,
    else a model; `[]` many, `{}` by name, `?` or null; `~` before it: it may be missing.
    """
    kind = SHORT.get(member.kind.name, member.kind.name)
    kind += "[]" if member.kind.many else "{}" if member.kind.named else ""
    return f"{'' if member.required else '~'}{kind}{'?' if member.nullable else ''}"
