"""A protocol file's calls and signatures: checked, and their templates parsed."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.generic.parts import Operation
from connectors.generic.places import Misplaced
from connectors.generic.protocol import Protocol, Sign
from connectors.generic.signature import Recipe
from connectors.generic.template import Shape, Template, TemplateError, parse

ALWAYS: Final = frozenset({"set.*", "time"})
ORDERED: Final = ALWAYS | {
    "attempt", "product", "account", "quantity", "face", "max_cost", "max_unit_cost", "callback",
    "param.*",
}  # fmt: skip
ASKED: Final = ALWAYS | {"attempt", "upstream_no", "product", "account"}
SIGNED: Final = ALWAYS | {"pairs", "concat", "body"}
SHOWN: Final = frozenset(
    {"attempt", "upstream_no", "product", "account", "quantity", "cost", "refunded", "face",
     "balance", "time", "set.*"}
)  # fmt: skip
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-\[\]]{0,63}").fullmatch
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9\-]{0,63}").fullmatch
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_.~\-]{1,64}){1,12}/?").fullmatch
# What the transport writes itself.
HEADERS_OF_HTTP: Final = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade",
     "expect", "trailer", "keep-alive"}
)  # fmt: skip
NESTED_MAX: Final = 4
RESERVED: Final = "protocol"  # the setting that the file itself is


# --- calls ----------------------------------------------------------------------------------------


def operations_of(protocol: Protocol, common: Mapping[str, Shape]) -> dict[str, Operation]:
    allowed = {
        "submit": ORDERED, "query": ASKED, "cancel": ASKED, "balance": ALWAYS,
        "catalog": ALWAYS | {"page"},
    }  # fmt: skip
    found: dict[str, Operation] = {}
    for name, names in allowed.items():
        table = getattr(protocol, name)
        if table is None:
            continue
        if not _PATH(table.path) or ".." in table.path:
            raise Misplaced((name, "path"), "a path is /names of letters, digits, _ . ~ and -")
        own = shapes(table.fields, (name, "fields"), names, protocol)
        for twice in own.keys() & common.keys():
            raise Misplaced((name, "fields", twice), "[request] has a field of that name, too")
        blank = getattr(table, "blank", ())
        for stranger in set(blank) - own.keys():
            raise Misplaced((name, "blank"), f"there is no field {stranger}")
        found[name] = Operation(path=table.path, shapes={**common, **own}, blank=blank)
    paths = [operation.path for operation in found.values()]
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise Misplaced(("submit", "path"), f"two calls have the path {twice}")
    if not found["submit"].uses("attempt"):
        raise Misplaced(("submit", "fields"), "no field is {attempt}: an order needs our number")
    if not (found["query"].uses("attempt") or found["query"].uses("upstream_no")):
        raise Misplaced(("query", "fields"), "no field is {attempt}: the order is asked for by it")
    return found


def shapes(
    table: Mapping[str, Any],
    keys: tuple[str, ...],
    allowed: frozenset[str],
    protocol: Protocol,
    depth: int = 1,
) -> dict[str, Shape]:
    """Fields as templates, constants and objects of them; raises `Misplaced`."""
    found: dict[str, Shape] = {}
    for name, value in table.items():
        place = (*keys, name)
        if not _FIELD(name):
            raise Misplaced(place, "a field's name is letters, digits, _ - . [ and ], at most 64")
        if isinstance(value, str):
            found[name] = _template(value, place, allowed)
        elif isinstance(value, (bool, int)):
            found[name] = value
        elif isinstance(value, Mapping) and keys[0] != "simulator":
            if protocol.request.encoding != "json" or depth >= NESTED_MAX:
                raise Misplaced(place, f"tables are for json, at most {NESTED_MAX} deep")
            found[name] = shapes(value, place, allowed, protocol, depth + 1)
        else:
            raise Misplaced(place, "a field is a text, a whole number, true, false or a table")
    return found


def _template(text: str, keys: tuple[str, ...], allowed: frozenset[str]) -> Template:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise Misplaced(keys, "a text is without control characters")
    try:
        made = parse(text, allowed)
    except TemplateError as error:
        raise Misplaced(keys, str(error)) from None
    for one in made.placeholders:
        name = one.name.removeprefix("set.")
        if one.name.startswith("set.") and name == RESERVED:
            raise Misplaced(keys, f"{{{one.name}}}: {name} is the file itself")
    return made


def headers_of(protocol: Protocol) -> dict[str, Template]:
    found: dict[str, Template] = {}
    for name, text in protocol.request.headers.items():
        keys = ("request", "headers", name)
        if not _HEADER(name) or name.lower() in HEADERS_OF_HTTP:
            raise Misplaced(keys, "no header of that name can be set")
        if not text.isascii():
            raise Misplaced(keys, "a header is ASCII")
        found[name.lower()] = _template(text, keys, ALWAYS)
    return found


# --- signatures -----------------------------------------------------------------------------------


def recipe(sign: Sign, keys: tuple[str, ...], allowed: frozenset[str]) -> Recipe:
    kind, _, name = sign.into.partition(":")
    safe = {"field": _FIELD, "header": _HEADER}.get(kind)
    if safe is None or not safe(name) or name.lower() in HEADERS_OF_HTTP:
        raise Misplaced((*keys, "into"), "write field:NAME or header:NAME")
    if sign.digest.startswith("hmac-") != (sign.key is not None):
        raise Misplaced((*keys, "key"), "hmac-… has a key, and nothing else has")
    recipe = Recipe(
        digest=sign.digest,
        text=_template(sign.text, (*keys, "text"), allowed),
        key=None if sign.key is None else _template(sign.key, (*keys, "key"), frozenset({"set.*"})),
        skip_empty=sign.skip_empty,
        upper=sign.case == "upper",
        field=name if kind == "field" else "",
        header=name.lower() if kind == "header" else "",
        without=frozenset(sign.without),
    )
    names = recipe.names()
    if not any(one.startswith("set.") for one in names):
        raise Misplaced((*keys, "text"), "no {set.…} is in it: it would prove nothing")
    if not names & {"pairs", "concat", "body", "json"}:
        raise Misplaced((*keys, "text"), "none of {pairs}, {concat}, {body} is in it")
    if recipe.field and "body" in names:
        raise Misplaced(
            (*keys, "into"),
            "a cycle: the signature would stand in the {body} that it signs; use header:NAME, or"
            " {pairs}",
        )
    return recipe


def check_signing(
    protocol: Protocol,
    operations: Mapping[str, Operation],
    headers: Mapping[str, Template],
    callback_sign: Recipe,
) -> None:
    kind, _, name = protocol.sign.into.partition(":")
    for operation, one in operations.items():
        if kind == "field" and name in one.shapes:
            raise Misplaced((operation, "fields", name), "a cycle: that is where the signature is")
    if kind == "header" and name.lower() in headers:
        raise Misplaced(("request", "headers", name), "that is where the signature is")
    news = protocol.callback
    if news is None:
        return
    if "time" in callback_sign.names() and not news.time:
        raise Misplaced(("callback", "time"), "its signature has {time} in it: say where that is")
    if news.trusted and {news.state, news.attempt} & callback_sign.without:
        raise Misplaced(("callback", "trusted"), "its signature does not cover number and state")
