"""Actions of the admin API: judged, done once for an idempotency key, written down."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.desk.asking import Asked as AskedFor
from gateway.ground.desk.asking import ask, weigh
from gateway.ground.desk.job import Job, work
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.rest.asked import Asked
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.listing import versions
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.desk.route import MAKES, Route, key_of
from gateway.ground.http.problems import ProblemError
from gateway.ground.sql.declared import Row

CREATED: Final = 201
DONE: Final = 200
ACCEPTED: Final = 202
LOOKS: Final = 20  # for the answer of a request that is under way
LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer: its status and JSON; `replayed`: it was given before to the same key."""

    status: int
    body: str
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One request for an action, after everything that its head and body say was read."""

    action: Action
    asked: Asked
    caller: Caller
    change: Change
    route: Route
    variables: Mapping[str, str]
    key: str | None
    version: str | None

    def content(self) -> bytes:
        """What tells two requests of one key apart, in whatever order it was said."""
        said = [self.variables, self.version, self.asked.said]
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()

    def status(self, asked: AskedFor | None = None) -> int:
        """Of what was done, or waits."""
        if asked is not None and asked.waits:
            return ACCEPTED
        makes = self.action.verb in MAKES and not self.route.named
        return CREATED if makes else DONE


class Acting:
    """Does what operators ask for by API."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def act(self, wish: Wish) -> Told:
        """Its answer. Raises ProblemError and what the desk refuses: then nothing was done."""
        if isinstance(wish.action, Job):
            return await self._work(wish, wish.action)
        told = await in_turn(lambda: self._act(wish))
        if isinstance(told, DeskRefusedError):
            raise told
        return told

    async def _act(self, wish: Wish) -> Told | DeskRefusedError:
        async with self._place.of(wish.caller.partner).at(wish.caller.person) as at:
            known = await _begin(at.db, wish)
            if known is not None:
                return known
            asked = await ask(
                wish.action,
                at,
                wish.asked.given,
                wish.change,
                stepped_up=wish.caller.stepped_up,
                approval=wish.asked.approval,
                check_first=lambda: _check_version(at.db, wish),
            )
            if asked.refusal is None:
                return await _end(at.db, wish, wish.status(asked), asked.answer)
            await _give_back(at.db, wish)
        return asked.refusal

    async def _work(self, wish: Wish, job: Job) -> Told:
        """What is asked again while it is under way has its answer, if that comes soon."""
        for _ in range(LOOKS):
            try:
                return await self._work_once(wish, job)
            except _UnderWayError:
                await asyncio.sleep(LOOK_S)
        raise ProblemError("overloaded", "The request of this key is under way: ask again.")

    async def _work_once(self, wish: Wish, job: Job) -> Told:
        """A job has its own transactions: a key is taken before them, and given back if refused."""
        change, given = wish.change, wish.asked.given
        async with self._place.of(wish.caller.partner).at(wish.caller.person) as at:
            known = await _begin(at.db, wish)
            if known is not None:
                return known
            await _check_version(at.db, wish)
            change, waiting = await weigh(job, at, given, change)
            if waiting is not None:
                return await _end(at.db, wish, wish.status(waiting), waiting.answer)
        try:
            answer = await work(job, given, change, self._place.site)
        except BaseException:
            async with self._place.statements() as db:
                await _give_back(db, wish)
            raise
        async with self._place.statements() as db:
            return await _end(db, wish, wish.status(), answer)


class _UnderWayError(Exception):
    """The key is taken by a request that has no answer yet."""


async def _give_back(db: Transaction, wish: Wish) -> None:
    """What was refused used no key up."""
    if wish.key is not None:
        await SQL.forget_request.run(db, *_named(wish))


def _named(wish: Wish) -> tuple[int, str, str]:
    assert wish.key is not None
    return wish.caller.operator_id, f"{wish.route.method} {wish.route.path}", wish.key


async def _begin(db: Transaction, wish: Wish) -> Told | None:
    """Take the key; what it was answered before, if it was. Two at once: one waits here, or, of
    what takes several transactions, _UnderWayError is raised.
    """
    if wish.key is None or await SQL.begin_request.one(db, *_named(wish), wish.content()):
        return None
    known = await SQL.known_request.only(db, *_named(wish))
    if known["content"] != wish.content():
        raise ProblemError("idempotency-conflict", "This key was used for another request.")
    if known["status"] is None or known["answer"] is None:
        raise _UnderWayError
    return Told(status=known["status"], body=known["answer"], replayed=True)


async def _end(db: Transaction, wish: Wish, status: int, answer: Row) -> Told:
    """The answer as it goes out; what is kept of it for the key has nothing that is shown once."""
    if wish.key is not None:
        kept = {name: value for name, value in answer.items() if name not in wish.action.shows}
        await SQL.end_request.run(db, *_named(wish), status, as_json(kept))
    return Told(status=status, body=as_json(answer))


async def _check_version(db: Transaction, wish: Wish) -> None:
    """That nobody changed the row since the caller saw it. Raises ProblemError."""
    if wish.version is None:
        return
    name = wish.variables.get(key_of(wish.action.noun))
    if name is None:
        raise ProblemError("changed-meanwhile", "There is no row here that has a version.")
    now = await versions(db, wish.action.noun, [name])
    if now.get(name, "0") != wish.version:
        raise ProblemError(
            "changed-meanwhile",
            f"It is at version {now.get(name, '0')}, not {wish.version}.",
            members={"version": now.get(name, "0")},
        )
