"""The OpenAPI document of the admin API, made from what is declared."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.ground.desk.action import Action, Reason
from gateway.ground.desk.job import Job
from gateway.ground.desk.rest.asked import REASON_LENGTHS, taken
from gateway.ground.desk.rest.filters import by_columns
from gateway.ground.desk.route import MAKES, Route, route_of
from gateway.ground.desk.view import Column, Page, View
from gateway.ground.http.paging import LIMIT_DEFAULT, LIMIT_MAX
from gateway.ground.http.portable_schema import portable
from gateway.ground.http.problems import KINDS, PROBLEM_TYPE
from gateway.ground.native import __version__

Declared = Action | View | Page
REF: Final = "#/components/schemas/{name}"
READS: Final = ("unauthenticated", "not-permitted", "invalid-request", "not-found", "overloaded")
WRITES: Final = (
    *READS, "malformed-json", "already-exists", "refused", "idempotency-conflict",
    "changed-meanwhile", "body-too-large", "unsupported-media-type",
)  # fmt: skip
_TYPES: Final[Mapping[str, Any]] = {
    "text": {"type": ["string", "null"]}, "id": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]}, "money": {"type": ["integer", "null"]},
    "share": {"type": ["number", "null"]}, "seconds": {"type": ["number", "null"]},
    "time": {"type": ["string", "null"], "format": "date-time"},
    "flag": {"type": ["boolean", "null"]},
    "list": {"type": ["array", "null"], "items": {"type": "string"}}, "json": {},
}  # fmt: skip


def admin_document(declared: Sequence[Declared]) -> dict[str, Any]:
    """OpenAPI 3.1 of all of it."""
    paths: dict[str, dict[str, Any]] = {}
    for one in declared:
        where = route_of(one)
        paths.setdefault(f"/admin/v1/{where.path}", {})[where.method.lower()] = _operation(
            one, where
        )
        if isinstance(one, Page) and one.posted:
            paths[f"/admin/v1/{where.path}"]["post"] = _posted(one, where)
    paths["/admin/v1/me"] = {"get": _own("me", "Who one is and what one may")}
    paths["/admin/openapi.json"] = {"get": _own("openapi", "This document")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Quangate admin API", "version": "1", "x-quangate-version": __version__},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_PROBLEM: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "code": {"type": "string"}, "retryable": {"type": "boolean"},
        "trace_id": {"type": "string"}, "permission": {"type": "string"}, "why": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["type", "title", "status", "detail", "code", "retryable", "trace_id"],
}  # fmt: skip


def _own(name: str, summary: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["me"],
        "summary": summary,
        "responses": {
            "200": _json("An object.", {"type": "object"}),
            **_problems(("unauthenticated",)),
        },
    }


def _operation(one: Declared, where: Route) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": f"{one.noun.name}-{one.verb}",
        "tags": [one.noun.plural],
        "summary": one.doc.split("\n", maxsplit=1)[0],
        "description": f"{one.doc}\n\nNeeds `{one.permission}`.",
        "x-permission": one.permission,
        "parameters": [
            *_in_path(where),
            *(_query(one, where) if where.method == "GET" else _heads()),
        ],
        "responses": _responses(one, where),
    }
    if isinstance(one, Job) and one.taking is not None:
        made["requestBody"] = {"required": True, "content": _file(one, where)}
        made["parameters"] = [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in _body(one, where)["properties"].items()
        ] + made["parameters"]
    elif isinstance(one, Action):
        made["requestBody"] = {"required": False, **_content(_body(one, where))}
    return made


def _posted(page: Page, where: Route) -> dict[str, Any]:
    """The same as its GET, asked by a body."""
    asked = taken(page, where.named)
    body = {
        "type": "object",
        "properties": {n: schema for n, schema in _members(page).items() if n in asked},
        "required": [name for name, member in asked.items() if member.required],
        "additionalProperties": False,
    }
    return {
        "operationId": f"{page.noun.name}-{page.verb}-posted",
        "tags": [page.noun.plural],
        "summary": page.doc.split("\n", maxsplit=1)[0],
        "x-permission": page.permission,
        "parameters": _in_path(where),
        "requestBody": {"required": bool(body["required"]), **_content(body)},
        "responses": {"200": _json("What there is.", {"type": "object"}), **_problems(WRITES)},
    }


def _file(job: Job, where: Route) -> dict[str, Any]:
    """A form with the file and what is asked of it, or the file itself with that in the query."""
    whole, file = _body(job, where), {"type": "string", "format": "binary"}
    form = {
        **whole,
        "properties": {**whole["properties"], "file": file},
        "required": [*whole["required"], "file"],
    }
    return {
        "multipart/form-data": {"schema": form},
        "application/octet-stream": {"schema": file},
    }


def _in_path(where: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in where.named
    ]


def _query(one: Any, where: Route) -> list[dict[str, Any]]:
    schemas = _members(one)
    found = [
        {"name": name, "in": "query", "required": member.required, "description": member.help,
         "schema": schemas[name]}
        for name, member in taken(one, where.named).items()
        if name not in {"limit", "cursor"}
    ]  # fmt: skip
    if isinstance(one, View):
        found += [
            {"name": name, "in": "query", "required": False, "description": f"Only these: {c.en}.",
             "schema": _FILTERS.get(c.kind, _TEXT)}
            for name, c in by_columns(one).items()
        ]  # fmt: skip
        limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
        for name, schema in (("limit", limit), ("cursor", _TEXT), ("sort", _TEXT)):
            found.append({"name": name, "in": "query", "required": False, "schema": schema})
    return found


_TEXT: Final = {"type": "string"}
_FILTERS: Final[Mapping[str, Any]] = {
    "flag": {"type": "boolean"}, "number": {"type": "number"}, "money": {"type": "integer"},
}  # fmt: skip


def _heads() -> list[dict[str, Any]]:
    key = {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"}
    return [
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": key},
        {"name": "If-Match", "in": "header", "required": False, "schema": _TEXT},
    ]


def _members(one: Any) -> Mapping[str, Any]:
    _, components = msgspec.json.schema_components([one.given], ref_template=REF)
    whole = portable(components, frozenset(components))
    properties = whole[one.given.__name__].get("properties", {})
    return {name: _inlined(schema, whole) for name, schema in properties.items()}


def _inlined(schema: Any, whole: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            found = _inlined(whole[schema["$ref"].rpartition("/")[2]], whole)
            return {**found, **{k: v for k, v in schema.items() if k != "$ref"}}
        return {name: _inlined(part, whole) for name, part in schema.items()}
    return [_inlined(part, whole) for part in schema] if isinstance(schema, list) else schema


def _body(action: Action, where: Route) -> dict[str, Any]:
    schemas, shown = _members(action), taken(action, where.named)
    properties = {name: schemas[name] for name in shown}
    required = [name for name, member in shown.items() if member.required]
    shortest, longest = REASON_LENGTHS
    if action.step_up:
        properties["approval"] = {"type": "string", "pattern": "^[0-9]{1,18}$"}
    properties["reason"] = {"type": "string", "minLength": shortest, "maxLength": longest}
    if action.reason is not Reason.NONE and "reason" not in required:
        required.append("reason")
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _responses(one: Declared, where: Route) -> dict[str, Any]:
    if isinstance(one, View):
        answer = {
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": _row(one.columns)},
                "next_cursor": {"type": ["string", "null"]},
            },
            "required": ["data", "next_cursor"],
        }
        return {"200": _json("One page.", answer), **_problems(READS)}
    if isinstance(one, Page):
        there = {"type": "object"} if one.rows_as is None else _PLAIN_LIST
        return {"200": _json("What there is.", there), **_problems(READS)}
    makes = one.verb in MAKES and not where.named
    return {
        "201" if makes else "200": _json("What was done.", {"type": "object"}),
        "202": _json("It waits for a second person.", {"type": "object"}),
        **_problems(WRITES),
    }


_PLAIN_LIST: Final = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": {"type": "object"}},
        "next_cursor": {"type": "null"},
    },
    "required": ["data", "next_cursor"],
}


def _row(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            **{c.name: {**_TYPES[c.kind], "description": c.en} for c in columns},
            "version": {"type": "string"},
        },
    }


def _problems(codes: Sequence[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    content = {PROBLEM_TYPE: {"schema": {"$ref": REF.format(name="Problem")}}}
    return {
        str(status): {"description": " · ".join(f"`{code}`" for code in group), "content": content}
        for status, group in sorted(by_status.items())
    }


def _content(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _json(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, **_content(schema)}
