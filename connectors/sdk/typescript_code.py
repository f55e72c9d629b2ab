"""The TypeScript client's models, errors and methods, as text. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.sdk.shape import (
    SEALED,
    Kind,
    Member,
    Method,
    Shape,
    apart,
    arguments,
    item,
    short,
)

HEAD: Final = "// {doc} Made by `make sdk-code`: edit nothing here.\n"
PLAIN: Final = {"text": "string", "integer": "number", "flag": "boolean", "any": "unknown"}


def files(shape: Shape) -> dict[str, str]:
    """Each file that is made, by its name."""
    return {
        "models.ts": "\n".join(_models(shape)) + "\n",
        "errors.ts": "\n".join(_errors(shape)) + "\n",
        "resources.ts": "\n".join(_resources(shape)) + "\n",
    }


def camel(name: str) -> str:
    """`get_by_out_no` → `getByOutNo`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def annotation(kind: Kind) -> str:
    """A type as TypeScript says it."""
    name = "Code" if kind.name == SEALED else PLAIN.get(kind.name, kind.name)
    if kind.many:
        return f"readonly {name}[]"
    return f"Readonly<Record<string, {name}>>" if kind.named else name


def _models(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="What is sent and answered, and how an answer is checked.")
    yield 'import type { Code } from "./codes.js";\n'
    answers = [model for model in shape.models if model.name not in apart(shape)]
    for model in answers:
        yield f"/** {model.doc}. */\nexport interface {model.name} {{"
        for member in model.members:
            if member.doc:
                yield f"  /** {member.doc}. */"
            yield f"  {_property(member, is_input=model.is_input)}"
        yield "}\n"
    yield "/** Members: kind, `[]` many, `{}` by name, `?` or null, `~` may be missing. */"
    yield "export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {"
    for model in answers:
        if not model.is_input:
            members = ", ".join(f'{each.name}: "{short(each)}"' for each in model.members)
            yield f"  {model.name}: {{ {members} }},"
    yield f'  {SEALED}: {{ jwe: "t" }},\n}};'


def _property(member: Member, *, is_input: bool) -> str:
    said = annotation(member.kind)
    if member.kind.many and not is_input:
        return f"readonly {member.name}: {said};"  # missing: none
    if member.nullable or (not member.required and not is_input):
        said = f"{said} | null"
    optional = is_input and not member.required
    return f"readonly {member.name}{'?' if optional else ''}: {said};"


def class_of(code: str) -> str:
    """The class of a problem: `order-conflict` → `OrderConflictError`."""
    return "".join(part.capitalize() for part in code.split("-")) + "Error"


def _errors(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="A class for each problem.")
    yield 'import { QuangateError } from "./problem.js";\n'
    for code, title in shape.problems:
        yield f"/** `{code}`: {title}. */\nexport class {class_of(code)} extends QuangateError {{}}"
    yield "\nexport const BY_CODE: Readonly<Record<string, typeof QuangateError>> = {"
    for code, _ in shape.problems:
        yield f'  "{code}": {class_of(code)},'
    yield "};"


def _resources(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="What a client can call.")
    names = {item(shape, method) for method in shape.methods}
    names |= {
        member.kind.name
        for method in shape.methods
        for member in arguments(shape, method)
        if member.kind.name.endswith("In")
    }
    yield f'import type {{ {", ".join(sorted(names))} }} from "./models.js";'
    yield 'import { Resource } from "./flow.js";\nimport { part } from "./signing.js";\n'
    for resource in dict.fromkeys(method.resource for method in shape.methods):
        yield f"/** `client.{resource}`. */"
        yield f"export class {resource.capitalize()}Calls extends Resource {{"
        for method in shape.methods:
            if method.resource == resource:
                yield from _method(shape, method)
        yield "}\n"


def _method(shape: Shape, method: Method) -> Iterator[str]:
    members = arguments(shape, method)
    kind = item(shape, method)
    given = [f"{camel(name)}: string" for name in method.in_path]
    if members:
        said = " ".join(_parameter(member) for member in members)
        default = "" if any(member.required for member in members) else " = {}"
        given.append(f"said: {{ {said} }}{default}")
    answer = f"AsyncIterableIterator<{kind}>" if method.is_page else f"Promise<{kind}>"
    path = re.sub(r"{(\w+)}", lambda found: f"${{part({camel(found[1])})}}", method.path)
    path = f"`{path}`" if "$" in path else f'"{path}"'
    yield f"  /** {method.doc}. */"
    yield f"  {camel(method.name)}({', '.join(given)}): {answer} {{"
    if method.is_page:
        yield f'    return this.pages({path}, "{kind}", said);\n  }}'
        return
    what = "" if not members else ", { body: said }" if method.body else ", { query: said }"
    yield f'    return this.call("{method.verb}", {path}, "{kind}"{what});\n  }}'


def _parameter(member: Member) -> str:
    said = annotation(member.kind)
    if member.name.endswith(("_from", "_to")):
        said = "string | Date"
    return f"{member.name}{'' if member.required else '?'}: {said} | undefined;"
