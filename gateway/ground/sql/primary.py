"""Finding the primary among several servers, and never an old one.

The one that was the primary last is asked first, and alone. Where it does not answer, or takes no
writes any more, all are asked at once: one that is frozen costs nobody the time of the others. Of
those that take writes the one with the newest timeline counts.
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from gateway.ground.errors import ConfigError
from gateway.ground.sql.books import Connection, Standing
from gateway.ground.sql.dsn import Target, Wanted
from gateway.ground.sql.timelines import NAME, Timelines

HEAD_START_S: Final = 1.0  # how long the primary of before is asked alone
GRACE_S: Final = 0.5  # how long a better one than the first that was found is waited for
LOOK_S: Final = 5.0  # how often the others are asked whether one of them has become the primary

ConnectTo = Callable[[str], Awaitable[Connection]]


class NoPrimaryError(ConnectionError):
    """No server of those that are named may be used now."""


@cache
def server_of(target: Target, data: Path) -> "Server":
    """What this process knows of the servers of a URL; one for all who connect to them."""
    return Server(target.addresses, target.wanted, _timelines_of(data))


@cache
def _timelines_of(data: Path) -> Timelines:
    return Timelines(data)


class Server:
    """The server that is used, of those at `addresses`."""

    def __init__(self, addresses: Sequence[str], wanted: Wanted, timelines: Timelines) -> None:
        self._addresses = tuple(addresses)
        self._wanted = wanted
        self._timelines = timelines
        self._last: str | None = None  # the one that was used last
        self._system: str | None = None  # the cluster it is of
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()

    async def connected(self, connect_to: ConnectTo) -> Connection:
        """A connection that may be used.

        Raises NoPrimaryError while there is none, and what `connect_to` raises where there is one
        server, or none would ever let us in.
        """
        found: Connection | None = None
        errors: dict[str, BaseException] = {}
        asked: dict[asyncio.Task[Connection], str] = {}
        usual = [address for address in self._addresses if address == self._last]
        others = [address for address in self._addresses if address != self._last]
        try:
            ask(asked, connect_to, usual)
            while asked or others:
                if not asked:
                    ask(asked, connect_to, others)
                    others = []
                wait_s = HEAD_START_S if others else GRACE_S if found is not None else None
                done, _ = await asyncio.wait(
                    asked, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    found = self._better(found, task, asked.pop(task), errors)
                if found is not None and (others or not done):
                    break  # the usual one, or the others had their time
                if not done:
                    ask(asked, connect_to, others)
                    others = []
        except BaseException:
            if found is not None:
                found.terminate()
            raise
        finally:
            await _leave(asked)
        if found is None:
            raise self._none(errors)
        self._use(found)
        return found

    async def look(self, connect_to: ConnectTo) -> None:
        """Whether another than the one that is used has become the primary: then who still talks
        to the old one is cut off, and finds the new one. Asks nobody where there is no other."""
        others = [address for address in self._addresses if address != self._last]
        asked: dict[asyncio.Task[Connection], str] = {}
        try:
            ask(asked, connect_to, others)
            for answer in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(answer, Connection):
                    if self._refuses(answer.standing) is None:
                        self._note(answer.standing)
                    answer.terminate()
            asked.clear()
        finally:
            await _leave(asked)

    def _better(
        self,
        found: Connection | None,
        task: asyncio.Task[Connection],
        address: str,
        errors: dict[str, BaseException],
    ) -> Connection | None:
        """The better one of what was found and a task's connection, if it may be used at all."""
        if (error := task.exception()) is not None:
            errors[address] = error
            return found
        answer = task.result()
        if (why := self._refuses(answer.standing)) is not None:
            answer.terminate()
            errors[address] = NoPrimaryError(why)
            return found
        if found is not None and _timeline(found) >= _timeline(answer):
            answer.terminate()
            return found
        if found is not None:
            found.terminate()
        self._last = address
        return answer

    def _refuses(self, standing: Standing | None) -> str | None:
        """Why a server is not used."""
        assert standing is not None
        if len(self._addresses) > 1 and self._system not in {None, standing.system}:
            return "it is of another cluster"
        if self._wanted is Wanted.STANDBY:
            return "it is no standby" if standing.timeline is not None else None
        if standing.timeline is None:
            return "it is a standby" if self._wanted is Wanted.PRIMARY else None
        newest = self._timelines.newest(standing.system)
        if standing.timeline >= newest:
            return None
        return (
            f"it is an old primary that came back: it writes timeline {standing.timeline}, and"
            f" orders were taken on timeline {newest}. Make it follow the new primary; if that one"
            f" is given up for good, and what only it has, remove {NAME} in the data directory"
        )

    def _use(self, found: Connection) -> None:
        assert found.standing is not None
        self._system = found.standing.system
        self._open.add(found)
        self._note(found.standing)

    def _note(self, standing: Standing | None) -> None:
        """Nobody goes on talking to a primary that is none any more."""
        if standing is None or standing.timeline is None or self._wanted is Wanted.STANDBY:
            return
        timeline = standing.timeline
        self._timelines.note(standing.system, timeline, keep=len(self._addresses) > 1)
        for connection in list(self._open):
            its = connection.standing or standing
            if its.system == standing.system and (its.timeline or timeline) < timeline:
                connection.terminate()

    def _none(self, errors: dict[str, BaseException]) -> BaseException:
        if len(self._addresses) == 1 or all(isinstance(e, ConfigError) for e in errors.values()):
            return next(iter(errors.values()))
        wanted = "is a standby" if self._wanted is Wanted.STANDBY else "takes writes"
        said = "; ".join(f"{_name(address)}: {error or type(error).__name__}"
                         for address, error in errors.items())  # fmt: skip
        return NoPrimaryError(f"no server {wanted}: {said}")


def ask(
    asked: dict[asyncio.Task[Connection], str], connect_to: ConnectTo, addresses: Sequence[str]
) -> None:
    """Begin to connect to all of them."""
    for address in addresses:
        asked[asyncio.ensure_future(connect_to(address))] = address


async def _leave(asked: dict[asyncio.Task[Connection], str]) -> None:
    """Who was asked and is not waited for any more; a connection that came all the same ends."""
    for task in asked:
        task.cancel()
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, Connection):
            answer.terminate()


def _timeline(connection: Connection) -> int:
    standing = connection.standing
    return 0 if standing is None or standing.timeline is None else standing.timeline


def _name(address: str) -> str:
    """A server without the password of its URL."""
    parts = urlsplit(address)
    told = dict(parse_qsl(parts.query))
    server = parts.netloc.rpartition("@")[2] or told.get("host", "localhost")
    return f"{server}:{told['port']}" if "port" in told else server
