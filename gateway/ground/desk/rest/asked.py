"""What a request asks: its body or query as the struct that an action or a view is asked with."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

from gateway.ground.desk.action import Action, Reason
from gateway.ground.desk.given import Given, Member, members
from gateway.ground.http.body import check_strict, decode, escape_pointer, invalid

REASON: Final = "reason"
APPROVAL: Final = "approval"
REASON_LENGTHS: Final = (4, 500)
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ID: Final = re.compile(r"[0-9]{1,18}")
_VERSION: Final = re.compile(r'"([0-9]{1,19})"')
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an action is asked with. `said` is the body as it came, for telling two apart."""

    given: Given
    reason: str | None
    approval: str | None
    said: Mapping[str, Any]


def taken(one: Any, in_path: Collection[str]) -> Mapping[str, Member]:
    """The members that a body or a query may have; files and paths are typed only."""
    return {
        member.name: member
        for member in members(one.given)
        if member.name not in in_path
        and not member.extra.get("typed_only")
        and not member.extra.get("upload")
    }


def read_object(body: bytes) -> dict[str, Any]:
    """A body that is a JSON object, or nothing. Raises ProblemError."""
    if not body:
        return {}
    check_strict(body)
    return decode(_OBJECT, body)


def read_asked(action: Action, variables: Mapping[str, str], said: dict[str, Any]) -> Asked:
    """Raises ProblemError: invalid-request with a pointer to what is wrong, unknown or missing."""
    allowed = set(taken(action, variables)) | {REASON}
    if action.step_up:
        allowed.add(APPROVAL)  # of what is done by whoever asked, once somebody else approved
    refuse_unknown(said, allowed)
    reason = read_reason(said, wanted=action.reason is not Reason.NONE)
    approval = said.get(APPROVAL)
    if approval is not None and not (isinstance(approval, str) and _ID.fullmatch(approval)):
        raise invalid([("/approval", "must be the id of an approval")])
    rest = {name: value for name, value in said.items() if name != APPROVAL}
    if action.reason is not Reason.MEMBER:
        rest.pop(REASON, None)
    given = as_given(action.given, {**rest, **variables})
    return Asked(given=given, reason=reason, approval=approval, said=said)


def refuse_unknown(said: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Raise ProblemError for the first member that nobody knows here."""
    for name in said:
        if name not in allowed:
            raise invalid([(f"/{escape_pointer(name)}", "unknown member")])


def read_reason(said: Mapping[str, Any], *, wanted: bool) -> str | None:
    """`reason`, which may stand in every write. Raises ProblemError."""
    reason, (shortest, longest) = said.get(REASON), REASON_LENGTHS
    if reason is None and not wanted:
        return None
    if (
        not isinstance(reason, str)
        or not shortest <= len(reason) <= longest
        or reason != reason.strip()
        or not reason.isprintable()
    ):
        text = f"say why: {shortest} to {longest} characters, no white space at the ends"
        raise invalid([("/reason", text)])
    return reason


def as_given(struct: type[Given], values: Mapping[str, Any]) -> Given:
    """Values of JSON as a struct. Raises ProblemError with a pointer."""
    for name, value in values.items():
        if "\0" in "".join(_texts(value)):
            # No text of the database holds one: it would be an error there.
            raise invalid([(f"/{escape_pointer(name)}", "must be without NUL characters")])
    given: Given = decode(_decoder(struct), msgspec.json.encode(values))
    return given


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def from_query(struct: type[Given], values: Mapping[str, str]) -> Given:
    """Values of a query as a struct: numbers and flags are texts there. Raises ProblemError."""
    typed: dict[str, Any] = {}
    kinds = {member.name: member for member in members(struct)}
    for name, text in values.items():
        member = kinds[name]
        value: Any = text
        if member.kind is int and re.fullmatch(r"-?[0-9]{1,19}", text):
            value = int(text)
        elif member.kind is bool and text in {"true", "false"}:
            value = text == "true"
        typed[name] = [value] if member.many else value
    return as_given(struct, typed)


@cache
def _decoder(struct: type[Given]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(struct)


def read_key(header: str | None) -> str | None:
    """An `Idempotency-Key`. Raises ProblemError."""
    if header is not None and _KEY.fullmatch(header) is None:
        raise invalid([("/Idempotency-Key", "must be 16 to 64 of A-Z a-z 0-9 _ -")])
    return header


def read_version(header: str | None) -> str | None:
    """An `If-Match`: a row's `version` in quotes. Raises ProblemError."""
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise invalid([("/If-Match", 'must be a row\'s version in quotes: "7"')])
    return found.group(1)
