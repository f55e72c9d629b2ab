"""The API's document as a part of a page: every call, message, type and member."""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from gateway.guide.words import meaning

Json = Mapping[str, Any]


class Reference:
    """A document, told in the language of `say`."""

    def __init__(self, document: Json, say: Callable[[str], str], language: str) -> None:
        self._document = document
        self._say = say
        self._language = language

    def parts(self) -> Iterator[str]:
        """The HTML."""
        yield from self._signature()
        yield from self._operations()
        yield from self._webhooks()
        yield from self._schemas()

    def navigation(self) -> Iterator[str]:
        """Links to all of it."""
        for tag, operations in self._by_tag().items():
            yield f"<strong>{escaped(self._say(tag))}</strong>"
            for _, _, operation in operations:
                yield _link(operation["operationId"], self._say(operation["summary"]))
        yield f"<strong>{self._say('Messages to you')}</strong>"
        for name, methods in self._document["webhooks"].items():
            yield _link(methods["post"]["operationId"], name)
        yield f"<strong>{self._say('Types')}</strong>"
        for name in self._document["components"]["schemas"]:
            yield _link(f"type-{name}", name)

    def _by_tag(self) -> dict[str, list[tuple[str, str, Json]]]:
        """(method, path, operation) of every operation, by tag."""
        tags = self._document["tags"]
        grouped: dict[str, list[tuple[str, str, Json]]] = {tag["name"]: [] for tag in tags}
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                grouped[operation["tags"][0]].append((method.upper(), path, operation))
        return grouped

    def _signature(self) -> Iterator[str]:
        yield f'<h3 id="headers">{self._say("Headers of a signed request")}</h3>'
        schemes = self._document["components"]["securitySchemes"].values()
        rows = [(_code(each["name"]), self._told(each["description"])) for each in schemes]
        yield _table(rows)

    def _operations(self) -> Iterator[str]:
        for tag, operations in self._by_tag().items():
            yield f'<h3 id="tag-{escaped(tag.lower())}">{escaped(self._say(tag))}</h3>'
            for method, path, operation in operations:
                verb = f'<span class="verb {method.lower()}">{method}</span>'
                yield f'<section class="operation" id="{escaped(operation["operationId"])}">'
                yield f"<h4>{escaped(self._say(operation['summary']))}</h4>"
                yield f'<div class="line">{verb} {_code(path)} {self._needs(operation)}</div>'
                yield self._prose(operation.get("description", ""))
                yield from self._parameters(operation)
                yield from self._body(operation)
                yield f"<h5>{self._say('Answers')}</h5>"
                yield _table(
                    [
                        (_code(status), self._answered(answer) + self._speaks(answer))
                        for status, answer in operation["responses"].items()
                    ]
                )
                yield "</section>"

    def _answered(self, answer: Json) -> str:
        """What is answered; of problems their codes."""
        problem = answer.get("content", {}).get("application/problem+json")
        if problem is None:
            return self._told(answer["description"])
        codes = problem.get("examples") or {}
        links = ", ".join(f'<a href="#problem-{code}">{_code(code)}</a>' for code in codes)
        return f"{self._say('Refused:')} {links}"

    def _needs(self, operation: Json) -> str:
        if not operation["security"]:
            said = self._say("no signature")
        else:
            scopes = operation["security"][0]["key"]
            said = self._say("signed · any key")
            if scopes:
                said = f"{self._say('signed · scope')} {_code(scopes[0])}"
        return f'<span class="note">{said}</span>'

    def _webhooks(self) -> Iterator[str]:
        yield f'<h3 id="messages">{self._say("Messages to you")}</h3>'
        first = True
        for name, methods in self._document["webhooks"].items():
            operation = methods["post"]
            if first:
                yield self._prose(operation["description"])
                yield from self._parameters(operation)
                first = False
            yield f'<section class="operation" id="{escaped(operation["operationId"])}">'
            yield f"<h4>{_code(name)}</h4>{self._prose(operation['summary'])}"
            yield from self._body(operation)
            yield "</section>"

    def _schemas(self) -> Iterator[str]:
        yield f'<h3 id="types">{self._say("Types")}</h3>'
        for name, schema in self._document["components"]["schemas"].items():
            yield f'<section class="schema" id="type-{escaped(name)}"><h4>{escaped(name)}</h4>'
            yield self._prose(schema.get("description", ""))
            if "properties" not in schema:
                yield f"<p>{self._kind(schema)}</p>"
            yield from self._members_of(name, schema)
            yield "</section>"

    def _members_of(self, name: str, schema: Json) -> Iterator[str]:
        required = set(schema.get("required", ()))
        rows = []
        for member, part in schema.get("properties", {}).items():
            told = meaning(name, member, self._language) or self._say(part.get("description", ""))
            mark = "" if member in required else ' <span class="note">?</span>'
            rows.append((_code(member) + mark, self._kind(part) + _note(told)))
        yield _table(rows)

    def _parameters(self, operation: Json) -> Iterator[str]:
        parameters = operation.get("parameters", ())
        if parameters:
            yield f"<h5>{self._say('Parameters')}</h5>"
            yield _table(
                [
                    (
                        f'{_code(each["name"])} <span class="note">{escaped(each["in"])}</span>',
                        self._kind(each["schema"]) + _note(self._say(each["description"])),
                    )
                    for each in parameters
                ]
            )

    def _body(self, operation: Json) -> Iterator[str]:
        body = operation.get("requestBody")
        if body is not None:
            yield f"<h5>{self._say('Body')}</h5><div>{self._speaks(body)}</div>"

    def _speaks(self, holder: Json) -> str:
        """The media types of a body or answer and what they hold."""
        kinds = [
            f"{_code(media)}: {self._kind(content['schema'])}"
            for media, content in holder.get("content", {}).items()
        ]
        return f'<div class="note">{", ".join(kinds)}</div>' if kinds else ""

    def _kind(self, schema: Json) -> str:
        """A schema in a few words, with links to types."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#type-{escaped(name)}">{escaped(name)}</a>'
        if "anyOf" in schema:
            return f" {self._say('or')} ".join(self._kind(part) for part in schema["anyOf"])
        if "enum" in schema:
            return " | ".join(_code(str(value)) for value in schema["enum"])
        if isinstance(schema.get("type"), list):  # with "null" at its end
            one = self._kind({**schema, "type": schema["type"][0]})
            return f"{one} {self._say('or')} null"
        return self._members(schema) or _scalar(schema)

    def _members(self, schema: Json) -> str:
        """What holds others: an object that is written out, a list."""
        if "properties" in schema:
            names = ", ".join(_code(name) for name in schema["properties"])
            return f"{escaped(schema.get('title', 'object'))} {{{names}}}"
        if schema.get("type") == "array":
            return f"{self._say('list of')} {self._kind(schema.get('items', {}))}"
        return ""

    def _told(self, text: str) -> str:
        return _inline(self._say(text))

    def _prose(self, text: str) -> str:
        parts = (" ".join(part.split()) for part in text.split("\n\n") if part.strip())
        return "".join(f"<p>{self._told(part)}</p>" for part in parts)


def _scalar(schema: Json) -> str:
    words = [str(schema.get("format") or schema.get("type") or "anything")]
    words += [
        f"{word} {schema[name]}" for name, word in _BOUNDS.items() if schema.get(name) is not None
    ]
    text = escaped(", ".join(words))
    return text + (f" {_code(schema['pattern'])}" if "pattern" in schema else "")


_BOUNDS: Final = {
    "minimum": "≥", "maximum": "≤", "minLength": "length ≥", "maxLength": "length ≤",
    "minItems": "items ≥", "maxItems": "items ≤", "default": "default",
}  # fmt: skip


def _link(anchor: str, text: str) -> str:
    return f'<a href="#{escaped(anchor)}">{escaped(text)}</a>'


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in rows)
    return f"<table>{cells}</table>"


def _note(text: str) -> str:
    return f'<div class="note">{_inline(text)}</div>' if text else ""


def _inline(text: str) -> str:
    """Text with `code` in it."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def escaped(text: object) -> str:
    """As HTML."""
    return html.escape(str(text))
