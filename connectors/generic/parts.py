"""What a protocol file is made into, and what interprets it works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.generic.clock import Clock
from connectors.generic.paths import Amount
from connectors.generic.protocol import Echoes, Protocol, When
from connectors.generic.signature import Recipe
from connectors.generic.template import Placeholder, Shape, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call: its path, and all its fields, those of every call first."""

    path: str
    shapes: Mapping[str, Shape]
    blank: tuple[str, ...] = ()

    def uses(self, name: str) -> bool:
        """Whether a placeholder stands in it."""
        return any(one.name == name for one in placeholders(self.shapes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where an answer or a callback shows an order."""

    echo: Echoes
    upstream_no: str
    state: str
    states: Mapping[str, str]
    message: str = ""
    cost: Amount | None = None
    refunded: Amount | None = None
    refunded_when: When | None = None
    delivered: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A protocol, ready to be interpreted. `settings` are its `{set.…}` names in order, `secret`
    those that sign.
    """

    protocol: Protocol
    clock: Clock
    operations: Mapping[str, Operation]
    headers: Mapping[str, Template]
    sign: Recipe
    callback_sign: Recipe
    submitted: Seen
    queried: Seen
    told: Seen | None
    shown: Mapping[str, Mapping[str, Shape]]
    settings: tuple[str, ...]
    secret: frozenset[str]

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return self.protocol.currency


def placeholders(shapes: Mapping[str, Shape]) -> list[Placeholder]:
    """All placeholders of some fields."""
    found: list[Placeholder] = []
    for shape in shapes.values():
        if isinstance(shape, Template):
            found += shape.placeholders
        elif isinstance(shape, Mapping):
            found += placeholders(shape)
    return found
