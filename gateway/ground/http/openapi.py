"""The OpenAPI 3.1 document, made from the routes and the types they speak."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import orjson

from gateway.ground.http.operation import Answer, Operation, Parameter, Spoken
from gateway.ground.http.portable_schema import portable
from gateway.ground.http.problems import DESK_KINDS, KINDS, PROBLEM_TYPE, problem_document
from gateway.ground.native import __version__

REF: Final = "#/components/schemas/{name}"
MESSAGES: Final = "Messages"  # not the tag of routes: generators make one class of each
# What every signed request may be told besides its own problems; a body nobody asks for is read.
SIGNED_PROBLEMS: Final = (
    "unauthenticated", "stale-timestamp", "forbidden", "body-too-large", "unsupported-media-type",
    "rate-limited", "overloaded",
)  # fmt: skip
ANY_PROBLEMS: Final = ("target-too-long", "head-too-large", "internal", "maintenance")

DESCRIPTION: Final = """\
Orders of virtual goods: codes, links and direct top-ups, exactly once.

Every request is signed. With `S` = the key's secret (`qs_` + base64url, decoded to bytes), \
`X-Quangate-Signature` is `v1=` + lower-case hex of HMAC-SHA256(S, text), where the text is \
`METHOD`, `PATH?QUERY` (raw, as sent), the timestamp, the nonce and the lower-case hex \
SHA-256 of the body, joined by line feeds. Several signatures, separated by a blank, are \
allowed during a rotation.

JSON is UTF-8; times are RFC 3339 in UTC; money is an integer in minor units (分) with its \
`currency`; ids are strings. Unknown members of answers must be ignored; unknown members of \
requests are refused.

Codes are JWE compact (`dir`, `A256GCM`) under the key's delivery key (`qd_` + base64url)."""

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "key": ("X-Quangate-Key", "The key id, `qk_…`."),
    "timestamp": ("X-Quangate-Timestamp", "Unix seconds; refused outside ±300 s."),
    "nonce": ("X-Quangate-Nonce", "16–64 of `[A-Za-z0-9_-]`, fresh for every request."),
    "signature": ("X-Quangate-Signature", "`v1=` + hex of the HMAC, as described above."),
}


def document_json(spoken: Spoken) -> bytes:
    """The document as JSON."""
    return orjson.dumps(document(spoken), option=orjson.OPT_INDENT_2)


def document(spoken: Spoken) -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in spoken.routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route.operation, spoken.messages
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Quangate partner API", "version": "1", "description": DESCRIPTION,
                 "x-quangate-version": __version__},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": tag}
            for tag in (*dict.fromkeys(r.operation.tag for r in spoken.routes), MESSAGES)
        ],
        "paths": paths,
        "webhooks": {
            name: {"post": _webhook(name, told)} for name, told in spoken.messages.items()
        },
        "components": {
            "schemas": _schemas(spoken),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header, "description": text}
                for name, (header, text) in _HEADERS.items()
            },
            "examples": {
                code: {"value": _example(code)} for code in KINDS if code not in DESK_KINDS
            },
        },
    }  # fmt: skip


def _schemas(spoken: Spoken) -> dict[str, Any]:
    types = [*spoken.answered, *spoken.asked]
    _, components = msgspec.json.schema_components(types, ref_template=REF)
    _, asked = msgspec.json.schema_components(spoken.asked, ref_template=REF)
    return portable(components, frozenset(asked))


def _operation(operation: Operation, messages: Mapping[str, str]) -> dict[str, Any]:
    signed: dict[str, list[str]] = {name: [] for name in _HEADERS}
    if operation.scope is not None:
        signed["key"] = [str(operation.scope)]
    made: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": [signed] if operation.signed else [],
        "responses": _responses(operation),
    }
    if operation.description:
        made["description"] = operation.description
    parameters = [
        *(_parameter(parameter, "path") for parameter in operation.parameters),
        *(_parameter(parameter, "query") for parameter in operation.query),
        *(_parameter(parameter, "header") for parameter in operation.headers),
    ]
    if parameters:
        made["parameters"] = parameters
    if operation.told is not None:
        # The messages' types, told here too: some generators leave out what no route refers to.
        address, message = operation.told
        told = _webhook(message, messages[message]) | {"operationId": f"{operation.name}Told"}
        made["callbacks"] = {"told": {address: {"post": told}}}
    if operation.body is not None:
        made["requestBody"] = {"required": True, "content": _json_of(operation.body)}
    return made


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "required": place == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _responses(operation: Operation) -> dict[str, Any]:
    responses = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    codes = [*operation.problems, *(SIGNED_PROBLEMS if operation.signed else ()), *ANY_PROBLEMS]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(KINDS[code].status, []).append(code)
    for status, group in sorted(by_status.items()):
        responses.setdefault(str(status), _problems(group))
    return responses


def _answer(answer: Answer) -> dict[str, Any]:
    if answer.holds is not None:
        content = _json_of(answer.holds)
    else:
        kind = "object" if answer.media_type == "application/json" else "string"
        content = {answer.media_type: {"schema": {"type": kind}}}
    return {"description": answer.description, "content": content}


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    codes = list(codes)
    made: dict[str, Any] = {
        "description": " · ".join(f"`{code}`: {KINDS[code].title}" for code in codes),
        "content": {
            PROBLEM_TYPE: {
                "schema": {"$ref": REF.format(name="Problem")},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }
    if any(KINDS[code].retry_after_s is not None for code in codes):
        seconds = {"type": "integer", "minimum": 0}
        made["headers"] = {"Retry-After": {"description": "In seconds.", "schema": seconds}}
    return made


def _example(code: str) -> dict[str, Any]:
    """A problem as it is answered, the same in every document."""
    errors = [("/quantity", "must be a whole number")] if code == "invalid-request" else []
    members = {"server_time": 1767225600} if code == "stale-timestamp" else None
    return problem_document(
        code, trace_id="0af7651916cd43dd8448eb211c80319c", errors=errors, members=members
    )


def _json_of(type_: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(name=type_.__name__)}}}


def _webhook(name: str, told: str) -> dict[str, Any]:
    about_order = name.startswith("order.")
    schema = {"$ref": REF.format(name="WebhookMessage" if about_order else "OtherMessage")}
    words = re.split(r"[.]", name)
    return {
        "operationId": "on" + "".join(word.capitalize() for word in words),
        "tags": [MESSAGES],
        "summary": told,
        "description": (
            "Standard Webhooks: the signature is `v1,` + base64 of HMAC-SHA256 over "
            "`{webhook-id}.{webhook-timestamp}.{body}`. Answer 2xx within 15 seconds."
        ),
        "security": [],
        "parameters": [
            _parameter(Parameter(header, text), "header") | {"required": True}
            for header, text in _WEBHOOK_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Send nothing here any more: disables the endpoint."},
        },
    }


_WEBHOOK_HEADERS: Final[Mapping[str, str]] = {
    "webhook-id": "The message's id; the same in every attempt.",
    "webhook-timestamp": "Unix seconds of this attempt.",
    "webhook-signature": "`v1,` + base64; several, separated by a blank, during a rotation.",
}
