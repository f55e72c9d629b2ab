"""How features are put together into a worker: each says its own part in its `wiring.py`.

A `Wiring` lists functions that make something (an intake, a store), each called once, when
somebody asks the `Kit` for what it returns; the faces that answer requests; and `build`, which
says what runs, who hears of what, and what is counted. Nothing finds itself: `feature.py` names
the wiring, and what is made by nobody or twice is an error before the worker runs.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import msgspec

from gateway.ground.footing import Footing
from gateway.ground.http.operation import Route
from gateway.ground.metric_family import Family

T = TypeVar("T")
Keeper: TypeAlias = Callable[[], Awaitable[None]]  # runs until it is cancelled


class Service(Protocol):
    """What runs beside the order path in every worker.

    The worker starts it before it listens and stops it after it has drained. One that cannot start
    stops the start; one that fails later logs and goes on (its work is rows).
    """

    async def start(self) -> None:
        """Begin; returns once it works."""

    async def stop(self) -> None:
        """Finish what is in flight and end; also what did not start wholly."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of an event; made by `hears` and `awaits`."""

    event: type
    hear: Callable[[Any], Any]
    awaited: bool


def hears(event: type[T], hear: Callable[[T], None]) -> Subscription:
    """`hear` is called with each event of the type; it must not block, nor fail."""
    return Subscription(event, hear, awaited=False)


def awaits(event: type[T], hear: Callable[[T], Awaitable[None]]) -> Subscription:
    """`hear` is awaited with each event of the type before whoever told it goes on."""
    return Subscription(event, hear, awaited=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a feature adds to a worker."""

    services: Sequence[Service] = ()  # started in the order of the features
    keeping: Sequence[Keeper] = ()
    subscriptions: Sequence[Subscription] = ()
    # By topic of the database's announcements (NOTIFY `topic:rest`): who is given the rest.
    topics: Mapping[str, Callable[[str], Awaitable[None]]] = field(default_factory=dict)
    missed: Sequence[Callable[[], Awaitable[None]]] = ()  # told that some may have been missed
    metrics: Sequence[Callable[[], Iterable[Family]]] = ()  # asked at every scrape


def nothing(_kit: "Kit") -> Built:
    """Of a feature that only answers requests, or only makes what others ask for."""
    return Built()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """A feature's part in a worker.

    `makes`: functions from the kit to what their annotation says they return. `faces`:
    functions that make an object, each with the routes whose handlers are its methods; of two
    patterns that fit a path the first wins. `twins`: the same of what answers keys of the
    sandbox on routes of the same method and path (ground/http/twin.py). `messages` to partners,
    with what each tells, have one of `shapes`.
    """

    makes: Sequence[Callable[["Kit"], object]] = ()
    faces: Sequence[tuple[Callable[["Kit"], object], Sequence[Route]]] = ()
    twins: Sequence[tuple[Callable[["Kit"], object], Sequence[Route]]] = ()
    build: Callable[["Kit"], Built] = nothing
    messages: Mapping[str, str] = field(default_factory=dict)
    shapes: Sequence[type[msgspec.Struct]] = ()


class Kit:
    """What there is to make a worker of: `kit[Stock]` is its stock, made when first asked for.

    Only wirings see it: what they make is given just what it needs. A port is asked for by its
    type too, and made by a higher feature: so orders know their upstreams without importing them.
    """

    def __init__(self, on: Footing, wirings: Iterable[Wiring], given: Iterable[object]) -> None:
        """`given` is there already.

        Raises ValueError when something is made twice: by two functions, or by one that makes a
        face, too, so that routes would have another one than whoever asks the kit.
        """
        wirings = tuple(wirings)
        self.on = on
        self._made: dict[type, object] = {type(one): one for one in given}
        self._makers: dict[type, Callable[[Kit], object]] = {}
        self._making: list[type] = []
        self._hearers: dict[tuple[type, bool], list[Callable[[Any], Any]]] = {}
        self._metrics: list[Callable[[], Iterable[Family]]] = []
        faces = {make for wiring in wirings for make, _ in (*wiring.faces, *wiring.twins)}
        for maker in (maker for wiring in wirings for maker in wiring.makes):
            if maker in faces:
                raise ValueError(
                    f"{maker.__module__}.{maker.__name__} makes a face, and for others"
                )
            kind = maker.__annotations__["return"]
            if kind in self._makers or kind in self._made:
                raise ValueError(f"{kind.__name__} is made twice")
            self._makers[kind] = maker

    def __getitem__(self, kind: type[T]) -> T:
        """The one of this type. Raises LookupError when nobody makes it, or it needs itself."""
        if kind not in self._made:
            if kind not in self._makers or kind in self._making:
                way = " → ".join(each.__name__ for each in [*self._making, kind])
                why = "needs itself" if kind in self._making else "is made by no feature"
                raise LookupError(f"{kind.__name__} {why}: {way}")
            self._making.append(kind)
            self._made[kind] = self._makers[kind](self)
            self._making.pop()
        return cast("T", self._made[kind])

    def tell(self, event: type[T]) -> Callable[[T], None]:
        """What tells those that `hears` names of an event, lowest feature first."""
        hearers = self._hearers.setdefault((event, False), [])

        def tell(happened: T) -> None:
            for hear in hearers:
                hear(happened)

        return tell

    def ask(self, event: type[T]) -> Callable[[T], Awaitable[None]]:
        """What tells those that `awaits` names, one after the other, and waits for each."""
        hearers = self._hearers.setdefault((event, True), [])

        async def ask(happened: T) -> None:
            for hear in hearers:
                await hear(happened)

        return ask

    def metrics(self) -> Iterator[Family]:
        """What all features count, now."""
        for families in self._metrics:
            yield from families()

    def join(self, built: Sequence[Built]) -> None:
        """From now on everybody hears what it wants to hear, and is counted.

        Raises LookupError when nobody tells what somebody wants to hear.
        """
        for one in built:
            self._metrics += one.metrics
            for each in one.subscriptions:
                hearers = self._hearers.get((each.event, each.awaited))
                if hearers is None:
                    raise LookupError(f"nobody tells {each.event.__name__}")
                hearers.append(each.hear)
        silent = [event.__name__ for (event, _), hearers in self._hearers.items() if not hearers]
        if silent:
            raise LookupError(f"nobody hears {', '.join(silent)}")
