"""Gives what the database announces to those whom it concerns: a new catalog, codes, money."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from gateway.ground.wiring import Built


class News:
    """Hears announcements (see control.Told): `topic:rest`, as features' wirings want them."""

    def __init__(self, built: Iterable[Built]) -> None:
        self._hearers: dict[str, list[Callable[[str], Awaitable[None]]]] = defaultdict(list)
        self._missed: list[Callable[[], Awaitable[None]]] = []
        for one in built:
            self._missed += one.missed
            for topic, hear in one.topics.items():
                self._hearers[topic].append(hear)

    async def news(self, payload: str) -> None:
        """One announcement of the database; a newer release may have topics unknown to us."""
        topic, _, rest = payload.partition(":")
        for hear in self._hearers.get(topic, ()):
            await hear(rest)

    async def missed(self) -> None:
        """Announcements may have been missed."""
        for missed in self._missed:
            await missed()
