"""GET /docs: the OpenAPI document as one page of HTML.

Written on the server, without scripts and without anything from elsewhere, so that the
strictest content policy fits it.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

STYLE: Final = (Path(__file__).parent / "docs.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_POLICY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

Json = Mapping[str, Any]


def page(document: Json) -> bytes:
    """The page of a document."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(document['info']['title'])}</title><style>{STYLE}</style></head><body>",
        *_navigation(document),
        f"<main><h1>{_text(document['info']['title'])}</h1>",
        _prose(document["info"]["description"]),
        '<p class="note">For programs: <a href="/openapi.json">/openapi.json</a></p>',
        *_signature(document),
        *_operations(document),
        *_webhooks(document),
        *_schemas(document),
        "</main></body></html>\n",
    ]
    return "".join(parts).encode()


def _by_tag(document: Json) -> dict[str, list[tuple[str, str, Json]]]:
    """(method, path, operation) of every operation, by tag."""
    grouped: dict[str, list[tuple[str, str, Json]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            grouped[operation["tags"][0]].append((method.upper(), path, operation))
    return grouped


def _navigation(document: Json) -> Iterator[str]:
    yield "<nav>"
    for tag, operations in _by_tag(document).items():
        yield f"<strong>{_text(tag)}</strong>"
        for _, _, operation in operations:
            yield _link(operation["operationId"], operation["summary"])
    yield "<strong>Messages to you</strong>"
    for name, methods in document["webhooks"].items():
        yield _link(methods["post"]["operationId"], name)
    yield "<strong>Types</strong>"
    for name in document["components"]["schemas"]:
        yield _link(f"type-{name}", name)
    yield "</nav>"


def _signature(document: Json) -> Iterator[str]:
    yield "<h2>Headers of a signed request</h2>"
    schemes = document["components"]["securitySchemes"].values()
    yield _table([(_code(scheme["name"]), _inline(scheme["description"])) for scheme in schemes])


def _operations(document: Json) -> Iterator[str]:
    for tag, operations in _by_tag(document).items():
        yield f"<h2>{_text(tag)}</h2>"
        for method, path, operation in operations:
            verb = f'<span class="verb {method.lower()}">{method}</span>'
            yield f'<section class="operation" id="{_text(operation["operationId"])}">'
            yield f"<h3>{_text(operation['summary'])}</h3>"
            yield f'<div class="line">{verb} {_code(path)} {_needs(operation)}</div>'
            yield _prose(operation.get("description", ""))
            yield from _parameters(operation)
            yield from _body(operation)
            yield "<h4>Answers</h4>"
            yield _table(
                [
                    (_code(status), _inline(answer["description"]) + _speaks(answer))
                    for status, answer in operation["responses"].items()
                ]
            )
            yield "</section>"


def _needs(operation: Json) -> str:
    if not operation["security"]:
        return '<span class="note">no signature</span>'
    scopes = operation["security"][0]["key"]
    text = f"signed · scope {_code(scopes[0])}" if scopes else "signed · any key"
    return f'<span class="note">{text}</span>'


def _webhooks(document: Json) -> Iterator[str]:
    yield "<h2>Messages to you</h2>"
    first = True
    for name, methods in document["webhooks"].items():
        operation = methods["post"]
        if first:
            yield _prose(operation["description"])
            yield from _parameters(operation)
            first = False
        yield f'<section class="operation" id="{_text(operation["operationId"])}">'
        yield f"<h3>{_code(name)}</h3>{_prose(operation['summary'])}"
        yield from _body(operation)
        yield "</section>"


def _schemas(document: Json) -> Iterator[str]:
    yield "<h2>Types</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<section class="schema" id="type-{_text(name)}"><h3>{_text(name)}</h3>'
        yield _prose(schema.get("description", ""))
        if "properties" not in schema:
            yield f"<p>{_kind(schema)}</p>"
        required = set(schema.get("required", ()))
        yield _table(
            [
                (
                    _code(member) + ("" if member in required else ' <span class="note">?</span>'),
                    _kind(part) + _note(part.get("description", "")),
                )
                for member, part in schema.get("properties", {}).items()
            ]
        )
        yield "</section>"


def _parameters(operation: Json) -> Iterator[str]:
    parameters = operation.get("parameters", ())
    if parameters:
        yield "<h4>Parameters</h4>"
        yield _table(
            [
                (
                    f'{_code(each["name"])} <span class="note">{_text(each["in"])}</span>',
                    _kind(each["schema"]) + _note(each["description"]),
                )
                for each in parameters
            ]
        )


def _body(operation: Json) -> Iterator[str]:
    body = operation.get("requestBody")
    if body is not None:
        yield f"<h4>Body</h4><div>{_speaks(body)}</div>"


def _speaks(holder: Json) -> str:
    """The media types of a body or answer and what they hold."""
    kinds = [
        f"{_code(media)}: {_kind(content['schema'])}"
        for media, content in holder.get("content", {}).items()
    ]
    return f'<div class="note">{", ".join(kinds)}</div>' if kinds else ""


def _kind(schema: Json) -> str:
    """A schema in a few words, with links to types."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#type-{_text(name)}">{_text(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(_code(str(value)) for value in schema["enum"])
    if isinstance(schema.get("type"), list):  # with "null" at its end
        return f"{_kind({**schema, 'type': schema['type'][0]})} or null"
    return _members(schema) or _scalar(schema)


def _members(schema: Json) -> str:
    """What holds others: an object that is written out, a list."""
    if "properties" in schema:
        names = ", ".join(_code(name) for name in schema["properties"])
        return f"{_text(schema.get('title', 'object'))} {{{names}}}"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return ""


def _scalar(schema: Json) -> str:
    words = [str(schema.get("format") or schema.get("type") or "anything")]
    words += [
        f"{word} {schema[name]}" for name, word in _BOUNDS.items() if schema.get(name) is not None
    ]
    text = _text(", ".join(words))
    return text + (f" {_code(schema['pattern'])}" if "pattern" in schema else "")


_BOUNDS: Final = {
    "minimum": "from", "maximum": "to", "minLength": "length from", "maxLength": "length to",
    "minItems": "items from", "maxItems": "items to", "default": "default",
}  # fmt: skip


def _link(anchor: str, text: str) -> str:
    return f'<a href="#{_text(anchor)}">{_text(text)}</a>'


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in rows)
    return f"<table>{cells}</table>"


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.split("\n\n") if part)


def _note(text: str) -> str:
    return f'<div class="note">{_inline(text)}</div>' if text else ""


def _inline(text: str) -> str:
    """Text with `code` in it."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _text(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: object) -> str:
    return html.escape(str(text))
