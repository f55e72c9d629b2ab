"""What an action or a view is asked with: a struct, and its members as every face needs them.

Members have a type, bounds, a sentence of help, and facts for faces (`extra`):
`argument`  stands on the command line by its place, not under a name
`metavar`   what a value is called there
`secret`    is kept nowhere: the log of changes has "…" in its place
`form`      what a pattern means, in words
`either`    an argument that may be an option instead: one below zero looks like an option
`money`     minor units of a currency, which its action knows: read with its decimals
`told`      said in the log and to who approves even where it is the default
`file`      the value is a text, and a path of it at the command line; `at_file`: after an @
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import inspect, structs

from gateway.ground.desk.refusal import DeskRefusedError

HIDDEN: Final = "…"
# The first and the last moment that there is are "never" to the database's driver, without a zone.
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 9998
_TIME: Final = f"RFC 3339 with its offset from UTC, of a year from {YEAR_MIN} to {YEAR_MAX}"
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every such struct inherits; one without members is asked with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a Given."""

    name: str  # as faces call it: in JSON, and with dashes as an option
    attribute: str
    kind: type[Any]  # of one value: str, int, float, bool, datetime, dict, or an Enum
    many: bool  # a list of such values
    optional: bool  # None: not said
    required: bool
    default: Any
    help: str
    extra: Mapping[str, Any]
    least: float | None
    most: float | None
    shortest: int | None
    longest: int | None
    pattern: str | None

    @property
    def secret(self) -> bool:
        """Whether its value may be kept nowhere."""
        return bool(self.extra.get("secret"))

    @property
    def in_minor_units(self) -> bool:
        """Whether it is money, as its help says."""
        return self.kind is int and "minor units" in self.help.lower()

    @property
    def money(self) -> bool:
        """Whether it is minor units of a currency."""
        return bool(self.extra.get("money"))


_KINDS: Final[Mapping[type[Any], type[Any]]] = {
    inspect.StrType: str, inspect.IntType: int, inspect.FloatType: float, inspect.BoolType: bool,
    inspect.DictType: dict,
}  # fmt: skip


@cache
def members(struct: type[Given]) -> Sequence[Member]:
    """The members of a Given, in order."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return tuple(_member(field) for field in info.fields)


def _member(field: inspect.Field) -> Member:
    found, extra, text = field.type, _NOTHING, ""
    if isinstance(found, inspect.Metadata):
        extra = found.extra or _NOTHING
        text = (found.extra_json_schema or {}).get("description", "")
        found = found.type
    optional = isinstance(found, inspect.UnionType)
    if isinstance(found, inspect.UnionType):
        (found,) = (part for part in found.types if not isinstance(part, inspect.NoneType))
    many = isinstance(found, inspect.VarTupleType)
    if isinstance(found, inspect.VarTupleType):
        found = found.item_type
    default = field.default if field.default is not msgspec.NODEFAULT else None
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return Member(
        name=field.encode_name,
        attribute=field.name,
        kind=_kind(found),
        many=many,
        optional=optional,
        required=field.required,
        default=default,
        help=text,
        extra=extra,
        least=getattr(found, "ge", None),
        most=getattr(found, "le", None),
        shortest=getattr(found, "min_length", None),
        longest=getattr(found, "max_length", None),
        pattern=getattr(found, "pattern", None),
    )


def _kind(found: inspect.Type) -> type[Any]:
    if isinstance(found, inspect.EnumType):
        return found.cls
    if isinstance(found, inspect.DateTimeType):
        return datetime
    return _KINDS[type(found)]


def check(given: Given) -> None:
    """Raise a DeskRefusedError for the first member that is out of its bounds."""
    for member in members(type(given)):
        value = getattr(given, member.attribute)
        for one in value if member.many else (value,):
            if one is not None:
                _check_one(member, one)


def _check_one(member: Member, value: Any) -> None:
    if isinstance(value, str) and not isinstance(value, Enum):
        short, long = member.shortest, member.longest
        if (short is not None and len(value) < short) or (long is not None and len(value) > long):
            raise _out_of(member, shortest=short, longest=long)
        if member.pattern is not None and re.search(member.pattern, value) is None:
            raise _out_of(
                member,
                form=member.extra.get("form", member.help),
                value=None if member.secret else value,
            )
    elif isinstance(value, datetime):
        if value.tzinfo is None or not YEAR_MIN <= value.year <= YEAR_MAX:
            raise _out_of(member, form=_TIME, value=value.isoformat())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least, most = member.least, member.most
        if (least is not None and value < least) or (most is not None and value > most):
            raise _out_of(member, least=least, most=most, value=value)


def _out_of(member: Member, **facts: Any) -> DeskRefusedError:
    return DeskRefusedError("invalid-argument", member.name, facts)


def kept(given: Given) -> Mapping[str, Any]:
    """What was said, as JSON takes it, without what is secret: of a mapping the names stay."""
    said: dict[str, Any] = {}
    for member in members(type(given)):
        value = getattr(given, member.attribute)
        is_default = value == member.default and not member.required
        if is_default and not member.extra.get("told"):
            continue
        if member.secret:
            value = dict.fromkeys(value, HIDDEN) if isinstance(value, Mapping) else HIDDEN
        said[member.name] = value
    return said


def as_mapping(given: Given) -> Mapping[str, Any]:
    """The members by attribute, for a sentence with their names in it."""
    return structs.asdict(given)
