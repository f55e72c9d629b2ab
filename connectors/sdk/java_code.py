"""The Java client's models, errors and methods, as text. Pure."""

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

HEAD: Final = "// Code made by `make sdk-code`: DO NOT EDIT.\npackage quangate;\n"
PLAIN: Final = {"text": "String", "integer": "Long", "flag": "Boolean", "any": "Object"}
# A record's accessor may not be called like these.
TAKEN: Final = {"wait", "notify", "hashCode", "getClass", "toString"}


def files(shape: Shape) -> dict[str, str]:
    """Each file that is made, by its name."""
    hidden = apart(shape)
    shown = [each for each in shape.models if each.name not in hidden and not each.is_input]
    made = {f"{model.name}.java": "\n".join(_model(model)) + "\n" for model in shown}
    made["Shapes.java"] = "\n".join(_shapes(shown)) + "\n"
    for code, title in shape.problems:
        name = class_of(code)
        made[f"{name}.java"] = (
            f"{HEAD}\n/** `{code}`: {title}. */\npublic class {name} extends QuangateException {{\n"
            f"    private static final long serialVersionUID = 1L;\n\n"
            f"    {name}(Problem said) {{ super(said); }}\n}}\n"
        )
    made["Problems.java"] = "\n".join(_problems(shape)) + "\n"
    for resource in dict.fromkeys(method.resource for method in shape.methods):
        made[f"{type_of(resource)}.java"] = "\n".join(_resource(shape, resource)) + "\n"
    return made


def class_of(code: str) -> str:
    """`order-conflict` → `OrderConflictException`."""
    return "".join(part.capitalize() for part in code.split("-")) + "Exception"


def type_of(resource: str) -> str:
    """The name of a resource's type; `Account` is a model's."""
    return "AccountCalls" if resource == "account" else resource.capitalize()


def name_of(wire: str) -> str:
    """`out_order_no` → `outOrderNo`."""
    first, *rest = wire.split("_")
    name = first + "".join(part.capitalize() for part in rest)
    return f"{name}_" if name in TAKEN else name


def annotation(kind: Kind) -> str:
    """A type as Java says it."""
    name = "Code" if kind.name == SEALED else PLAIN.get(kind.name, kind.name)
    return f"List<{name}>" if kind.many else f"Map<String, {name}>" if kind.named else name


def _model(model: Model) -> Iterator[str]:
    yield HEAD
    if any(each.kind.many for each in model.members):
        yield "import java.util.List;"
    yield "import java.util.Map;\n"
    yield f"/** {model.doc}. What is not there is null. */"
    members = ", ".join(f"{annotation(each.kind)} {name_of(each.name)}" for each in model.members)
    yield f"public record {model.name}({members}) {{"
    yield f"    static {model.name} of(Map<String, Object> said, KeyRing keys) {{"
    reads = ",\n            ".join(_read(each) for each in model.members)
    yield f"        return new {model.name}(\n            {reads});\n    }}\n}}"


def _read(member: Member) -> str:
    said, kind = f'said.get("{member.name}")', member.kind
    one = {"text": "(String) {}", "integer": "Json.number({})", "flag": "(Boolean) {}", "any": "{}"}
    if kind.name == SEALED:
        made = 'new Code((String) Json.map({}).get("jwe"), keys)'
    else:
        made = one.get(kind.name, f"{kind.name}.of(Json.map({{}}), keys)")
    if kind.many:
        each = made.format("one")
        rows = f"Json.list({said}).stream().map(one -> {each}).toList()"
        return f"{said} == null ? List.of() : {rows}"
    if kind.named:
        return f"{said} == null ? null : Json.texts({said})"
    if kind.name in one:
        return made.format(said)
    return f"{said} == null ? null : {made.format(said)}"


def _shapes(models: list[Model]) -> Iterator[str]:
    yield HEAD
    yield "import java.util.HashMap;\nimport java.util.Map;\n"
    yield "/** Per model its members: kind, [] many, {} by name, ? or null, ~ may be missing. */"
    yield "final class Shapes {"
    yield "    static final Map<String, Map<String, String>> OF = new HashMap<>();\n"
    yield "    private Shapes() {}\n\n    private static void of(String model, String... members) {"
    yield "        Map<String, String> said = new HashMap<>();"
    yield "        for (int i = 0; i < members.length; i += 2) {"
    yield "            said.put(members[i], members[i + 1]);\n        }"
    yield "        OF.put(model, said);\n    }\n\n    static {"
    for model in models:
        said = ", ".join(f'"{each.name}", "{short(each)}"' for each in model.members)
        yield f'        of("{model.name}", {said});'
    yield f'        of("{SEALED}", "jwe", "t");\n    }}\n}}'


def _problems(shape: Shape) -> Iterator[str]:
    yield HEAD
    yield "/** A class for each problem. */\nfinal class Problems {\n    private Problems() {}\n"
    yield "    static QuangateException of(QuangateException.Problem said) {"
    yield "        return switch (said.code()) {"
    for code, _ in shape.problems:
        yield f'            case "{code}" -> new {class_of(code)}(said);'
    yield "            default -> new QuangateException(said);\n        };\n    }\n}"


def _resource(shape: Shape, resource: str) -> Iterator[str]:
    yield HEAD
    yield f"import java.util.Map;\n\n/** client.{resource}(). */"
    sealed = "" if resource in {"orders", "statements"} else "final "
    yield f"public {sealed}class {type_of(resource)} {{"
    yield f"    final Core core;\n\n    {type_of(resource)}(Core core) {{ this.core = core; }}"
    for method in shape.methods:
        if method.resource == resource:
            yield from _method(shape, method)
    yield "}"


def _method(shape: Shape, method: Method) -> Iterator[str]:
    members, name, kind = arguments(shape, method), name_of(method.name), item(shape, method)
    steps = [f"String {name_of(each)}" for each in method.in_path]
    path = re.sub(
        r"{(\w+)}", lambda found: f'" + Signing.part({name_of(found[1])}) + "', method.path
    )
    path = f'"{path}"'.replace(' + ""', "")
    answer = f"Iterable<{kind}>" if method.is_page else kind
    doc = ": ".join([method.doc, *([", ".join(each.name for each in members)] if members else [])])
    yield f"\n    /** {doc}. */"
    value = "?" if method.body else "String"
    given = [*steps, f"Map<String, {value}> said"] if members else steps
    yield f"    public {answer} {name}({', '.join(given)}) {{"
    said = "said" if members else "Map.of()"
    query, body = ("Map.of()", said) if method.body else (said, "null")
    if method.is_page:
        yield f'        return core.pages({path}, "{kind}", {kind}::of, {query});\n    }}'
    else:
        target = f'"{method.verb}", {path}, "{kind}", {kind}::of'
        yield f"        return core.call({target}, {query}, {body});\n    }}"
    if members and not method.body:
        least = ", ".join([*(name_of(each) for each in method.in_path), "Map.of()"])
        yield f"\n    /** {method.doc}. */\n    public {answer} {name}({', '.join(steps)}) {{"
        yield f"        return {name}({least});\n    }}"
