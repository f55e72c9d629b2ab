"""The Python client's models, errors and methods, as text. Pure."""

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connectors.sdk.shape import SEALED, Kind, Member, Method, Model, Shape, apart, arguments, item

HEAD: Final = '"""{doc} Made by `make sdk-code`: edit nothing here."""\n\n'
PLAIN: Final = {"text": "str", "integer": "int", "flag": "bool", "any": "Any", SEALED: "Code"}
LINE_MAX: Final = 100


WAITING: Final = (
    (r"async def (?=__)", "def "), (r"async (def|for|with)\b", r"\1"), (r"\bawait ", ""),
    (r"\bAsync(?=[A-Z])", ""), (r"\basync_(?=\w+)", ""), (r"\basyncio\b", "time"),
    (r"\b__a(enter|exit)__", r"__\1__"), (r"\baclose\b", "close"),
    (r"Awaitable\[(\w+)\]", r"\1"),
    (r"for one in page\.data:\n +yield one", "yield from page.data"),
    (r'"""The client that awaits\. .*"""', '"""The client that waits."""'),
    (r"A client that awaits, of one event loop;", "A client that waits, for any threads;"),
)  # fmt: skip


def files(shape: Shape, by_hand: Mapping[str, str]) -> dict[str, str]:
    """Each file of the package that is made, by its name; `by_hand` has the texts of the client
    that awaits, from which the one that waits is made.
    """
    resources = "\n".join(_resources(shape))
    awaits = {"async_resources.py": resources, **by_hand}
    return {
        "models.py": "\n".join(_models(shape)),
        "errors.py": "\n".join(_errors(shape)),
        "async_resources.py": resources,
        **{name.removeprefix("async_"): waiting(text) for name, text in awaits.items()},
    }


def waiting(text: str) -> str:
    """The same without a word of awaiting."""
    for pattern, instead in WAITING:
        text = re.sub(pattern, instead, text)
    return _made(text)


def _made(text: str) -> str:
    doc, _, rest = text.partition("\n")
    said = doc.strip('"').split(" Made by")[0].rstrip(".")
    return HEAD.format(doc=f"{said}.").rstrip("\n") + "\n" + rest


def annotation(kind: Kind) -> str:
    """A type as Python says it."""
    name = PLAIN.get(kind.name, kind.name)
    if kind.many:
        return f"tuple[{name}, ...]"
    return f"dict[str, {name}]" if kind.named else name


def _models(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="What is sent and answered.") + "from typing import TypedDict\n"
    yield "import msgspec\n\nfrom quangate.codes import Code\n"
    for model in _in_order(model for model in shape.models if model.name not in apart(shape)):
        yield from _input(model) if model.is_input else _answer(model)


def _in_order(models: Iterable[Model]) -> list[Model]:
    """Each after those that it is made of."""
    rest = {model.name: model for model in models}
    ordered: list[Model] = []
    while rest:
        ready = [m for m in rest.values() if not any(e.kind.name in rest for e in m.members)]
        ordered += ready
        for model in ready:
            del rest[model.name]
    return ordered


def _answer(model: Model) -> Iterator[str]:
    yield f"\nclass {model.name}(msgspec.Struct, frozen=True, kw_only=True):"
    yield f'    """{model.doc}."""\n'
    for member in model.members:
        yield from _doc(member, "    ")
        yield f"    {_field(member)}"
    yield ""


def _field(member: Member) -> str:
    if not keyword.iskeyword(member.name):
        return f"{member.name}: {_said(member)}"
    return f'{member.name}_: {_said(member)} = msgspec.field(name="{member.name}")'


def _said(member: Member) -> str:
    said = annotation(member.kind)
    if member.nullable or (not member.required and not member.kind.many):
        said = f"{said} | None"
    if member.required:
        return said
    return f"{said} = ()" if member.kind.many else f"{said} = None"


def _input(model: Model) -> Iterator[str]:
    """All of its members may be left out: only `BuyerIn` is one."""
    yield f"\nclass {model.name}(TypedDict, total=False):"
    yield f'    """{model.doc}."""\n'
    for member in model.members:
        yield f"    {member.name}: {annotation(member.kind)}"
    yield ""


def _doc(member: Member, indent: str) -> Iterator[str]:
    if member.doc and len(indent) + len(member.doc) + 2 <= LINE_MAX:
        yield f"{indent}# {member.doc}"


def class_of(code: str) -> str:
    """The class of a problem: `order-conflict` → `OrderConflictError`."""
    return "".join(part.capitalize() for part in code.split("-")) + "Error"


def _errors(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="A class for each problem.") + "from typing import Final\n"
    yield "from quangate.problem import QuangateError\n"
    for code, title in shape.problems:
        yield f'\nclass {class_of(code)}(QuangateError):\n    """`{code}`: {title}."""\n'
    yield "\n__all__ = ["
    for code, _ in shape.problems:
        yield f'    "{class_of(code)}",'
    yield "]"
    yield "\nBY_CODE: Final[dict[str, type[QuangateError]]] = {"
    for code, _ in shape.problems:
        yield f'    "{code}": {class_of(code)},'
    yield "}\n"


def _resources(shape: Shape) -> Iterator[str]:
    yield HEAD.format(doc="What a client can call.") + "from collections.abc import AsyncIterator"
    yield "from datetime import datetime\n"
    yield "from quangate.async_calling import AsyncResource"
    names = {item(shape, method) for method in shape.methods}
    names |= {_buyer(member) for method in shape.methods for member in arguments(shape, method)}
    yield f"from quangate.models import {', '.join(sorted(names - {''}))}\n"
    for resource in dict.fromkeys(method.resource for method in shape.methods):
        yield f"\nclass Async{resource.capitalize()}Calls(AsyncResource):"
        yield f'    """`client.{resource}`."""\n'
        for method in shape.methods:
            if method.resource == resource:
                yield from _method(shape, method)


def _buyer(member: Member) -> str:
    return member.kind.name if member.kind.name.endswith("In") else ""


def _method(shape: Shape, method: Method) -> Iterator[str]:
    members = arguments(shape, method)
    kind = item(shape, method)
    given = ["self", *(f"{_word(name)}: str" for name in method.in_path)]
    given += ["*"] if members else []
    given += [_parameter(member) for member in members]
    prefix = "" if method.is_page else "async "
    answer = f"AsyncIterator[{kind}]" if method.is_page else kind
    yield f"    {prefix}def {method.name}({', '.join(given)}) -> {answer}:"
    yield f'        """{method.doc}."""'
    path = re.sub(r"{(\w+)}", lambda found: f"{{self.part({_word(found[1])})}}", method.path)
    path = f'f"{path}"' if "{" in path else f'"{path}"'
    said = ", ".join(f'"{member.name}": {member.name}' for member in members)
    said = f"{{{said}}}"
    if method.is_page:
        yield f"        return self.pages({path}, {kind}, {said})\n"
        return
    what = f", body={said}" if method.body else f", query={said}" if members else ""
    yield f'        return await self.call("{method.verb}", {path}, {kind}{what})\n'


def _word(name: str) -> str:
    """A name that hides none of Python's."""
    return f"{name}_" if name == "id" or keyword.iskeyword(name) else name


def _parameter(member: Member) -> str:
    said = annotation(member.kind)
    if member.name.endswith(("_from", "_to")):
        said = "str | datetime"
    return f"{member.name}: {said}" if member.required else f"{member.name}: {said} | None = None"
