"""Schemas as client generators of several languages take them.

msgspec writes what may be null as `anyOf` with a schema of null, which generators make wrapper
types, or nothing that compiles, of. Said as `type: [string, "null"]` (JSON Schema 2020-12) it is
a plain nullable member everywhere. What a request may leave out need not be null at all.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

NULL: Final = {"type": "null"}
NULL_OBJECT: Final = ["object", "null"]
INT64_BITS: Final = "int64"  # amounts: without it generators make 32 bits of an integer


def portable(components: Mapping[str, Schema], asked: frozenset[str]) -> dict[str, Schema]:
    """The schemas of a document by name; those in `asked` are sent to us, the others by us."""
    rewritten = {
        name: _rewrite(schema, components, asked=name in asked)
        for name, schema in sorted(components.items())
    }
    text = repr(rewritten)
    return {
        name: schema
        for name, schema in rewritten.items()
        if name in asked or not _is_inlined(name, components) or f"/{name}'" in text
    }


def _is_inlined(name: str, components: Mapping[str, Schema]) -> bool:
    """Whether a schema is used where null is possible, and so is written out there."""
    return any(
        part.get("$ref", "").endswith(f"/{name}")
        for schema in components.values()
        for member in schema.get("properties", {}).values()
        for part in (member["anyOf"] if _may_be_null(member) else ())
    )


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    return NULL in schema.get("anyOf", ())


def _rewrite(value: Any, components: Mapping[str, Schema], *, asked: bool) -> Any:
    if isinstance(value, list):
        return [_rewrite(part, components, asked=asked) for part in value]
    if not isinstance(value, dict):
        return value
    if _may_be_null(value):
        (part,) = [part for part in value["anyOf"] if part != NULL]
        kept = {k: v for k, v in value.items() if k not in {"anyOf", "default"}}
        if asked:
            return _rewrite(kept | part, components, asked=True)
        name = part.get("$ref", "").rpartition("/")[2]
        written_out = _rewrite(kept | (components[name] if name else part), components, asked=False)
        if name:
            written_out.pop("required", None)  # the same, one level down
        return written_out | {"type": [written_out["type"], "null"]}
    made: Schema = {
        name: part.replace(r"\Z", "$")  # Python's end of a text, as ECMA 262 has it
        if name == "pattern" and isinstance(part, str)  # a member may have that name
        else _rewrite(part, components, asked=asked)
        for name, part in value.items()
    }
    if "required" in made:
        # Generators forget the null of an object (Python, Go): a member that need not be there
        # may be null for them all the same.
        members = made["properties"]
        made["required"] = [n for n in made["required"] if members[n].get("type") != NULL_OBJECT]
    if isinstance(made.get("enum"), list):
        made.setdefault("type", "string")
    if made.get("type") == "integer":
        made.setdefault("format", INT64_BITS)
    return made
