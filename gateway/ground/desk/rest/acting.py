"""Actions of the admin API: judged, done once for an idempotency key, written down."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.ground.desk.action import Action, Change, SecondPerson
from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.desk.job import Job, work
from gateway.ground.desk.perform import as_json, perform
from gateway.ground.desk.rest.asked import Asked
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.listing import versions
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.desk.route import MAKES, Route, key_of
from gateway.ground.http.problems import ProblemError
from gateway.ground.sql.declared import Row

CREATED: Final = 201
DONE: Final = 200


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

    def status(self) -> int:
        """Of what is done at once."""
        makes = self.action.verb in MAKES and not self.route.named
        return CREATED if makes else DONE


class Acting:
    """Does what operators ask for by API."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def act(self, wish: Wish) -> Told:
        """Its answer. Raises ProblemError and what the desk refuses: then nothing was done."""
        _refuse_alone(wish.action)
        if isinstance(wish.action, Job):
            return await self._work(wish, wish.action)
        return await in_turn(lambda: self._act(wish))

    async def _act(self, wish: Wish) -> Told:
        async with self._place.at() as at:
            known = await _begin(at.db, wish)
            if known is not None:
                return known

            async def check() -> None:
                await _check_version(at.db, wish)

            answer = await perform(wish.action, at, wish.asked.given, wish.change, check)
            return await _end(at.db, wish, wish.status(), answer)

    async def _work(self, wish: Wish, job: Job) -> Told:
        """A job has its own transactions: a key is taken before them, and given back if refused."""
        async with self._place.statements() as db:
            known = await _begin(db, wish)
            if known is not None:
                return known
            await _check_version(db, wish)
        try:
            answer = await work(job, wish.asked.given, wish.change, self._place.site)
        except BaseException:
            if wish.key is not None:
                async with self._place.statements() as db:
                    await SQL.forget_request.run(db, *_named(wish))
            raise
        async with self._place.statements() as db:
            return await _end(db, wish, wish.status(), answer)


def _refuse_alone(action: Action) -> None:
    """What wants a second person, or a one-time code, is done by nobody alone with a token.

    Raises ProblemError: refused. Until there are approvals such a thing is done at the shell.
    """
    waits = action.second_person is SecondPerson.ALWAYS or action.limit == "adjustment"
    if waits or action.step_up:
        raise ProblemError("refused", f"{action.name} wants a second person: use the command line.")


def _named(wish: Wish) -> tuple[int, str, str]:
    assert wish.key is not None
    return wish.caller.operator_id, f"{wish.route.method} {wish.route.path}", wish.key


async def _begin(db: Transaction, wish: Wish) -> Told | None:
    """Take the key; what it was answered before, if it was. Two at once: one waits here."""
    if wish.key is None or await SQL.begin_request.one(db, *_named(wish), wish.content()):
        return None
    known = await SQL.known_request.only(db, *_named(wish))
    if known["content"] != wish.content():
        raise ProblemError("idempotency-conflict", "This key was used for another request.")
    if known["status"] is None or known["answer"] is None:
        raise ProblemError("refused", "The request of this key is not finished.")
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
