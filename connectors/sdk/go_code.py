"""The Go client's models, errors and methods, as text; gofmt lays it out. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.sdk.shape import (
    SEALED,
    Kind,
    Member,
    Method,
    Model,
    Shape,
    apart,
    arguments,
    item,
    short,
)

HEAD: Final = "// Code made by `make sdk-code`: DO NOT EDIT.\n\npackage quangate\n"
PLAIN: Final = {"text": "string", "integer": "int64", "flag": "bool", "any": "any", SEALED: "Code"}
ACRONYMS: Final = {"id", "ip", "qr", "sha256", "sku", "ttl", "url"}
SINGULAR: Final = {"deliveries": "Delivery"}


def files(shape: Shape) -> dict[str, str]:
    """Each file that is made, by its name."""
    return {
        "models.go": "\n".join(_models(shape)) + "\n",
        "problems.go": "\n".join(_errors(shape)) + "\n",
        "resources.go": "\n".join(_resources(shape)) + "\n",
    }


def name_of(wire: str) -> str:
    """`out_order_no` → `OutOrderNo`, `notify_url` → `NotifyURL`."""
    parts = wire.split("_")
    return "".join(one.upper() if one in ACRONYMS else one.capitalize() for one in parts)


def annotation(kind: Kind) -> str:
    """A type as Go says it."""
    name = PLAIN.get(kind.name, kind.name)
    return f"[]{name}" if kind.many else f"map[string]{name}" if kind.named else name


def _models(shape: Shape) -> Iterator[str]:
    yield HEAD
    answers = [model for model in shape.models if model.name not in apart(shape)]
    for model in answers:
        yield f"// {model.name}: {model.doc}.\ntype {model.name} struct {{"
        for member in model.members:
            if member.doc:
                yield f"// {member.doc}."
            yield f"{name_of(member.name)} {_field(member, model)}"
        yield "}\n"
    yield "// Per model its members: kind, [] many, {} by name, ? or null, ~ may be missing."
    yield "var shapes = map[string]map[string]string{"
    for model in answers:
        if not model.is_input:
            members = ", ".join(f'"{each.name}": "{short(each)}"' for each in model.members)
            yield f'"{model.name}": {{{members}}},'
    yield f'"{SEALED}": {{"jwe": "t"}},\n}}'


def _field(member: Member, model: Model) -> str:
    said = annotation(member.kind)
    plain = not (member.kind.many or member.kind.named)
    may_lack = member.nullable or not member.required
    if not model.is_input and may_lack and plain:
        said = f"*{said}"
    more = ",omitempty" if model.is_input and not member.required else ""
    return f'{said} `json:"{member.name}{more}"`'


def constant_of(code: str) -> str:
    """`order-conflict` → `ErrOrderConflict`."""
    return "Err" + "".join(part.capitalize() for part in code.split("-"))


def _errors(shape: Shape) -> Iterator[str]:
    yield HEAD + "\n// One for each problem: errors.Is(err, ErrSoldOut).\nvar ("
    for code, title in shape.problems:
        yield f'// {constant_of(code)}: {title}.\n{constant_of(code)} = &Error{{Code: "{code}"}}'
    yield ")"


def _resources(shape: Shape) -> Iterator[str]:
    yield HEAD + '\nimport (\n"context"\n"iter"\n)\n'
    for resource in dict.fromkeys(method.resource for method in shape.methods):
        yield f"// {_type(resource)} is client.{resource.capitalize()}."
        yield f"type {_type(resource)} struct{{ core *core }}\n"
        for method in shape.methods:
            if method.resource == resource:
                yield from _method(shape, method)


def _type(resource: str) -> str:
    """The name of a resource's type; `Account` is a model's."""
    return "AccountCalls" if resource == "account" else resource.capitalize()


FROM_ZERO: Final = frozenset({"index"})  # where 0 says something, it is not what is left out


def _given(method: Method) -> str:
    """The name of the struct that has a method's arguments."""
    one = SINGULAR.get(method.resource, method.resource.removesuffix("s").capitalize())
    if method.is_page:
        return "EntryFilter" if method.name == "entries" else f"{one}Filter"
    return f"{one}{name_of(method.name)}In"


def _method(shape: Shape, method: Method) -> Iterator[str]:
    members = arguments(shape, method)
    name, kind = name_of(method.name), item(shape, method)
    if members:
        yield f"// {_given(method)}: what may be said; zero values are left out."
        yield f"type {_given(method)} struct {{"
        for member in members:
            is_pointer = member.kind.name.endswith("In") or member.name in FROM_ZERO
            pointed = "*" if is_pointer else ""
            said = f"{pointed}{annotation(member.kind)}"
            yield f'{name_of(member.name)} {said} `json:"{member.name},omitempty"`'
        yield "}\n"
    given = ["ctx context.Context", *(f"{_word(one)} string" for one in method.in_path)]
    if members:
        given.append(f"said {'' if method.body else '...'}{_given(method)}")
    path = re.sub(r"{(\w+)}", lambda found: f'" + part({_word(found[1])}) + "', method.path)
    path = f'"{path}"'.replace(' + ""', "")
    answer = f"iter.Seq2[*{kind}, error]" if method.is_page else f"(*{kind}, error)"
    yield f"// {name}: {method.doc}."
    yield f"func (r *{_type(method.resource)}) {name}({', '.join(given)}) {answer} {{"
    said = "first(said)" if members and not method.body else "said" if members else "nil"
    if method.is_page:
        yield f'return pages[{kind}](ctx, r.core, {path}, "{kind}", {said})\n}}\n'
        return
    query, body = ("nil", said) if method.body else (said, "nil")
    target = f'"{method.verb}", {path}, "{kind}"'
    yield f"return call[{kind}](ctx, r.core, {target}, {query}, {body})\n}}\n"


def _word(wire: str) -> str:
    first, *rest = wire.split("_")
    return first + "".join(part.capitalize() for part in rest)
