"""Refusals in the words of the command line: a table from what is wrong to a sentence."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from gateway.ground import house
from gateway.ground.desk.refusal import DeskRefusedError

Facts = Mapping[str, Any]


def _bounds(field: str, facts: Facts) -> str:
    least, most, value = facts["least"], facts["most"], facts["value"]
    if most is None:
        return f"{field} must be at least {least}, not {value}"
    return f"{field} must be {least} to {most}, not {value}"


def _length(field: str, facts: Facts) -> str:
    printable = "printable " if facts.get("printable") else ""
    return f"{field} needs {facts['shortest']} to {facts['longest']} {printable}characters"


# (code, a fact that tells refusals of a code apart): what to say, with the field as it is typed.
_WORDS: Final[Mapping[tuple[str, str], Callable[[str, Facts], str]]] = {
    ("not-found", "known"): lambda _, facts: (
        f"there is no {facts['noun']} {facts['name']!r}; there are: {', '.join(facts['known'])}"
    ),
    ("not-found", "noun"): lambda _, facts: (
        f"there is no {facts.get('called', facts['noun'])} {facts['name']!r}; "
        f"`quangate {facts['noun']} list` shows those there are"
    ),
    ("already-exists", "noun"): lambda _, facts: (
        f"the {facts.get('called', facts['noun'])} {facts['name']} is there already; "
        f"`quangate {facts['noun']} list` shows those there are"
    ),
    ("invalid-argument", "noun"): lambda _, facts: (
        f"{facts['name']!r} is no {facts['noun']} name: 1 to 64 of A-Z a-z 0-9 . _ -"
    ),
    ("invalid-argument", "least"): _bounds,
    ("invalid-argument", "lower"): lambda _, facts: (
        f"{facts['lower']} ({facts['below']}) must not be above {facts['upper']}"
        f" ({facts['above']}): set that one first"
    ),
    ("invalid-argument", "longest"): _length,
    ("invalid-argument", "form"): lambda field, facts: (
        f"{field} is not as it must be: {facts['form']}"
    ),
}  # fmt: skip


Sentences = Mapping[str, str]
# Of the ground's own refusals. Those of a feature are in its `words.py`: a sentence with facts in
# braces, `{field}` being the member as it is typed.
WORDS: Final[Sentences] = {
    "no-such-value": "{field} cannot be {value!r}; there are {known}",
    "permission": "there is no permission {value!r}",
    "beyond-giver": "nobody can give what he has not: {beyond}",
    "no-row": "there is no {what} {value!r}",
    "nobody-to-approve": "this wants a second person, and there is nobody else who could approve"
    " it: somebody with {permission} and approvals:approve; the command line can, and says so",
    "not-now": "this wants a one-time code first",
    "busy": "the row is held by somebody else for too long; try again",
}


def in_words(refusal: DeskRefusedError, typed: Mapping[str, str] | None = None) -> str:
    """A sentence for people; `typed` says how members are typed (`--per-buyer`, `AMOUNT`)."""
    field = refusal.field or ""
    shown = (typed or {}).get(field, f"--{field.replace('_', '-')}" if field else "")
    sentence = None if refusal.why is None else sentences().get(refusal.why)
    if sentence is not None:
        facts = {**refusal.facts, "field": shown}
        return sentence.format_map(facts)
    for (code, fact), say in _WORDS.items():
        if code == refusal.code and fact in refusal.facts:
            return say(shown, refusal.facts)
    return str(refusal)


def sentences() -> Sentences:
    """The command line's sentences by what they are for: the ground's, and of every feature."""
    found: dict[str, str] = dict(WORDS)
    for feature in house.features():
        if feature.words is not None:
            found |= import_module(f"gateway.{feature.name}.{feature.words}").WORDS
    return found
