"""Forms: a field for each member that an action is asked with, and what was typed as its values.

Fields are named as the API's members. Pure.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from gateway.ground.desk.action import Action, Reason
from gateway.ground.desk.given import Member
from gateway.ground.desk.html.wording import Wording
from gateway.ground.desk.html.wrong_values import SAID_UNIT, said_plainly
from gateway.ground.desk.rest.asked import REASON, taken

Typed = Mapping[str, Sequence[str]]
YES: Final = frozenset({"true", "on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as a page shows it."""

    name: str
    label: str
    help: str
    kind: str  # text, number, lines, choice, check
    value: str
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    error: str | None = None
    hint: str = ""
    unit: str = ""  # what a number counts

    @property
    def is_checked(self) -> bool:
        """Of a box."""
        return self.value in YES


def fields_of(
    one: Any, in_path: Collection[str], words: Wording, typed: Typed, errors: Mapping[str, str]
) -> Sequence[Field]:
    """The fields of an action or the filters of a list; what is secret is never shown again."""
    found = [
        _field(member, words, typed, errors.get(member.name))
        for member in taken(one, in_path).values()
    ]
    if isinstance(one, Action) and one.reason is not Reason.MEMBER:
        found.append(_reason(one, words, typed, errors.get(REASON)))
    return found


def _field(member: Member, words: Wording, typed: Typed, error: str | None) -> Field:
    given = "\n".join(typed.get(member.name, ()))
    kind, choices = _kind(member, words)
    fallback = _fallback(member)
    return Field(
        name=member.name,
        label=words.member(member.name),
        help=words(member.help) if member.help else "",
        kind=kind,
        value="" if member.secret else (given or fallback),
        required=member.required or member.name == REASON,
        choices=choices,
        error=None if error is None else said_plainly(member, error, words),
        unit=words(SAID_UNIT) if member.in_minor_units else "",
        hint="2026-12-31T23:59:59Z" if member.kind is datetime else "",
    )


def _fallback(member: Member) -> str:
    """What is there before anybody typed."""
    value = member.default
    if value is None or member.many or member.kind is dict:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value)


def _kind(member: Member, words: Wording) -> tuple[str, Sequence[tuple[str, str]]]:
    if issubclass(member.kind, Enum):
        own = [(str(each.value), words.member(str(each.value))) for each in member.kind]
        return "choice", own if member.required else [("", "—"), *own]
    if member.many or member.kind is dict or member.extra.get("file"):
        return "lines", ()
    if member.kind is bool:
        if member.optional or member.default is True:
            yes_no = [("true", words("yes")), ("false", words("no"))]
            return "choice", [("", "—"), *yes_no] if member.optional else yes_no
        return "check", ()
    return ("number" if member.kind in {int, float} else "text"), ()


def _reason(action: Action, words: Wording, typed: Typed, error: str | None) -> Field:
    return Field(
        name=REASON,
        label=words("Reason"),
        help=words("Why; it stays in the log of changes. 4 to 500 characters."),
        kind="text",
        value="\n".join(typed.get(REASON, ())),
        required=action.reason is not Reason.NONE,
        error=None if error is None else words(error),
    )


def said_of(one: Any, in_path: Collection[str], typed: Typed) -> dict[str, Any]:
    """What was typed as JSON says it; an empty field says nothing. Unknown names are kept."""
    known = taken(one, in_path)
    said: dict[str, Any] = {}
    for name, texts in typed.items():
        filled = [text for text in texts if text.strip()]
        if not filled:
            continue
        member = known.get(name)
        if member is None:
            said[name] = filled[-1].strip() if name == REASON else filled[-1]
        else:
            said[name] = _value(member, filled)
    return said


def _value(member: Member, texts: Sequence[str]) -> Any:
    text = texts[-1]
    if member.extra.get("file"):
        return text.replace("\r\n", "\n")
    lines = [line.strip() for each in texts for line in each.splitlines() if line.strip()]
    if member.kind is dict:
        if not all("=" in line for line in lines):
            return text  # which is no object, and is refused
        return {name.strip(): value for name, _, value in (line.partition("=") for line in lines)}
    if member.many:
        return lines
    return _one(member, text.strip())


def _one(member: Member, text: str) -> Any:
    """A number or a flag, if it is one; else the text, for the struct to refuse."""
    if member.kind is bool:
        return True if text in YES else False if text == "false" else text
    if member.kind is int and re.fullmatch(r"-?[0-9]{1,19}", text):
        return int(text)
    if member.kind is float and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", text):
        return float(text)
    return text
