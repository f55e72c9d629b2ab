"""Routes: which handler answers what, and what the OpenAPI document says of it.

A route cannot be made without its description, so the document cannot miss one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from aiohttp.web import StreamResponse

Handler = Callable[..., Awaitable[StreamResponse]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a path or query; `schema` is its JSON schema."""

    name: str
    description: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not a problem: a type of ours as JSON, or another media type."""

    description: str
    holds: type[msgspec.Struct] | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route does, for people and generators.

    `scope` None and `signed`: any valid key. `problems` are those besides what every signed
    request can be told.
    """

    name: str
    tag: str
    summary: str
    description: str = ""
    signed: bool = True
    scope: str | None = None
    parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    answers: Mapping[int, Answer] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    # (where the message goes, as a runtime expression of OpenAPI; the type of message)
    told: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has `{name}` for a variable step; variables are passed to the handler in order.

    With `deep` the last variable takes all the steps that are left.
    """

    method: str
    path: str
    handler: Handler
    operation: Operation
    deep: bool = False
