"""How features are put together: made once, told what happens, and nothing forgotten."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pytest

from gateway.ground.footing import Footing
from gateway.ground.metric_family import Family, one
from gateway.ground.wiring import Built, Kit, Wiring, awaits, hears
from gateway.news import News
from gateway.routes import FACES

NO_FOOTING = cast("Footing", None)


class Till:
    """What a lower feature makes."""


class Prices(Protocol):
    """A port of the lower feature: what it needs of a higher one."""

    def price(self) -> int: ...


@dataclass
class Shop:
    """What the lower feature makes of both."""

    till: Till
    prices: Prices


class Tariff:
    """The port, as the higher feature has it."""

    def price(self) -> int:
        """Of anything."""
        return 5


@dataclass(frozen=True)
class Sold:
    """An event of the lower feature."""

    pieces: int


def till(_kit: Kit) -> Till:
    return Till()


def shop(kit: Kit) -> Shop:
    return Shop(kit[Till], kit[Prices])


def prices(_kit: Kit) -> Prices:
    return Tariff()


LOWER = Wiring(makes=(till, shop))
HIGHER = Wiring(makes=(prices,))


def test_each_is_made_once_whoever_asks_first() -> None:
    """A feature asks for what others make, higher ones too, by type; all get the same one.

    Seen red without the dictionary of what is made.
    """
    kit = Kit(NO_FOOTING, [LOWER, HIGHER], given=())
    assert kit[Shop].prices.price() == 5
    assert kit[Shop].till is kit[Till]
    given = Till()
    assert Kit(NO_FOOTING, [HIGHER], given=[given])[Till] is given


def test_what_makes_a_face_makes_nothing_for_others() -> None:
    """Else there are two of it: one with the routes, one that whoever asks the kit is given.

    Seen red without the check.
    """
    face = Wiring(faces=((till, ()),))
    with pytest.raises(ValueError, match=r"test_wiring\.till makes a face, and for others"):
        Kit(NO_FOOTING, [LOWER, face], given=())


def test_what_nobody_makes_is_named() -> None:
    """The start ends with who wanted it, not with a None somewhere later."""
    with pytest.raises(LookupError, match="Prices is made by no feature: Shop → Prices"):
        _ = Kit(NO_FOOTING, [LOWER], given=())[Shop]


def test_what_is_made_twice_is_refused() -> None:
    """By two features, or beside what is given: nobody could say which of them is meant."""
    with pytest.raises(ValueError, match="Prices is made twice"):
        Kit(NO_FOOTING, [HIGHER, HIGHER], given=())
    with pytest.raises(ValueError, match="Till is made twice"):
        Kit(NO_FOOTING, [LOWER], given=[Till()])


def test_a_circle_is_named() -> None:
    """What needs itself is an error with the way round, not a stack that overflows.

    Seen red (RecursionError) without the list of what is being made.
    """

    def circular(kit: Kit) -> Till:
        return cast("Till", kit[Shop])

    with pytest.raises(LookupError, match="Shop needs itself: Shop → Till → Shop"):
        _ = Kit(NO_FOOTING, [Wiring(makes=(circular, shop))], given=())[Shop]


async def test_who_hears_is_told_in_the_order_of_the_features() -> None:
    """Whoever tells was made before those that hear: what is told later reaches them all."""
    kit = Kit(NO_FOOTING, [], given=())
    tell, ask = kit.tell(Sold), kit.ask(Sold)
    heard: list[tuple[str, int]] = []

    async def waits(event: Sold) -> None:
        heard.append(("waits", event.pieces))

    kit.join(
        [
            Built(subscriptions=(hears(Sold, lambda event: heard.append(("a", event.pieces))),)),
            Built(
                subscriptions=(
                    awaits(Sold, waits),
                    hears(Sold, lambda event: heard.append(("b", event.pieces))),
                )
            ),
        ]
    )
    tell(Sold(3))
    assert heard == [("a", 3), ("b", 3)]
    await ask(Sold(4))
    assert heard[2:] == [("waits", 4)]


def test_what_nobody_tells_or_hears_is_refused() -> None:
    """A subscription that never fires, and a hook that nobody hangs on: both stop the start.

    Seen red without either check in `Kit.join`.
    """
    deaf = Built(subscriptions=(hears(Sold, lambda _: None),))
    with pytest.raises(LookupError, match="nobody tells Sold"):
        Kit(NO_FOOTING, [], given=()).join([deaf])
    kit = Kit(NO_FOOTING, [], given=())
    kit.ask(Sold)  # awaited; the one who hears is not
    with pytest.raises(LookupError, match="nobody tells Sold"):
        kit.join([deaf])
    silent = Kit(NO_FOOTING, [], given=())
    silent.tell(Sold)
    with pytest.raises(LookupError, match="nobody hears Sold"):
        silent.join([])


def test_what_features_count_is_asked_at_each_scrape() -> None:
    """Of all of them, as it is then."""
    sold = [0]

    def families() -> Iterator[Family]:
        yield one("counter", "sold", "Pieces.", sold[0])

    kit = Kit(NO_FOOTING, [], given=())
    kit.join([Built(metrics=(families,)), Built()])
    sold[0] = 7
    assert [family.samples for family in kit.metrics()] == [[([], 7)]]


async def test_announcements_reach_those_whom_they_concern() -> None:
    """By topic, to each feature that has it; what no feature knows is nobody's."""
    heard: list[tuple[str, str]] = []

    def noting(who: str) -> Callable[[str], Any]:
        async def note(rest: str) -> None:
            heard.append((who, rest))

        return note

    async def missed() -> None:
        heard.append(("a", "missed"))

    news = News(
        [
            Built(topics={"pool": noting("a"), "money": noting("a")}, missed=(missed,)),
            Built(topics={"pool": noting("b")}),
        ]
    )
    for payload in ("pool:7", "money:8:9", "moon:1", "pool"):
        await news.news(payload)
    assert heard == [("a", "7"), ("b", "7"), ("a", "8:9"), ("a", ""), ("b", "")]
    await news.missed()
    assert heard[5:] == [("a", "missed")]


def test_routes_stand_beside_the_face_that_answers_them() -> None:
    """Every route's handler is a method of what its function makes; no face is there twice.

    Seen red with two faces' routes swapped.
    """
    made = [make.__annotations__["return"] for make, _ in FACES]
    assert len(set(made)) == len(made)
    for kind, (_, routes) in zip(made, FACES, strict=True):
        assert routes
        assert [r.path for r in routes if r.handler is not getattr(kind, r.handler.__name__)] == []
