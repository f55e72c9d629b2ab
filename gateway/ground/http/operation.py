"""Routes: which handler answers what, and what the OpenAPI document says of it.

A route cannot be made without its description, so the document cannot miss one. A feature's routes
stand beside their handlers, which are methods of an object that is made with what they need; the
list of all is in routes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MethodType
from typing import Final

import msgspec
from aiohttp.web import StreamResponse

from gateway.ground.http.problems import ProblemError

Handler = Callable[..., Awaitable[StreamResponse]]
Glance = Callable[..., ProblemError | None]
# (what was received, where a request begins, its Exchange, its route's meter) → the place behind
# it, if it was taken; else 0, and nothing was done.
AtOnce = Callable[..., int]


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
    headers: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    shapes: tuple[type[msgspec.Struct], ...] = ()  # that the body's schema names
    answers: Mapping[int, Answer] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    # (where the message goes, as a runtime expression of OpenAPI; the type of message)
    told: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has `{name}` for a variable step; variables are passed to the handler in order.

    With `deep` the last variable takes all the steps that are left. With `plain` requests whose
    framing is plain are answered past aiohttp: the handler, a coroutine, takes any `Asked`, and
    returns a DirectAnswer (plain_front). Unless it has a `task` it awaits futures only. `glance` is
    asked first, at once: why the request is refused for its head. `at_once` of a fixed path is
    shown the bytes before all others, and may take a whole request to answer it later (Exchange).
    """

    method: str
    path: str
    handler: Handler  # a function of its face's class, until it is bound
    operation: Operation
    deep: bool = False
    plain: bool = False
    task: bool = True
    glance: Glance | None = None  # of its face's class, too
    at_once: AtOnce | None = None  # likewise

    def bound(self, face: object) -> "Route":
        """The route of a made face."""
        glance = None if self.glance is None else MethodType(self.glance, face)
        at_once = None if self.at_once is None else MethodType(self.at_once, face)
        handler = MethodType(self.handler, face)
        return replace(self, handler=handler, glance=glance, at_once=at_once)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """All that is said over HTTP, for the document: routes, the types of answers and of bodies, and
    the messages to partners, each with what it tells."""

    routes: Sequence[Route]
    answered: Sequence[type[msgspec.Struct]]
    asked: Sequence[type[msgspec.Struct]]
    messages: Mapping[str, str]


MONEY: Final = "Money"  # the tag of accounts and statements
OPERATION: Final = "Operation"  # the tag of what is for operators and platforms
TIME: Final = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})$",
}
ID: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
NAME: Final = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
BODY_PROBLEMS: Final = (
    "invalid-request", "malformed-json", "body-too-large", "unsupported-media-type",
)  # fmt: skip
# Of writes that take no body: one that is there must be an empty object, and so must a query.
WRITE_PROBLEMS: Final = (*BODY_PROBLEMS, "replayed-nonce")
