"""Actions of the admin API: judged, done once for an idempotency key, written down."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.asking import Asked as AskedFor
from gateway.ground.desk.asking import ask, weigh
from gateway.ground.desk.job import Job, Site, work
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.rest.asked import Asked
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.listing import versions
from gateway.ground.desk.rest.once import LIVES_S, Named, Once, Told, UnderWayError
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.desk.route import MAKES, Route, key_of
from gateway.ground.http.problems import ProblemError
from gateway.ground.sql.declared import Row

if TYPE_CHECKING:
    from gateway.ground.desk.transaction import Note

CREATED: Final = 201
DONE: Final = 200
ACCEPTED: Final = 202
LOOKS: Final = 20  # for the answer of a request that is under way
LOOK_S: Final = 0.1


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

    def named(self) -> Named | None:
        """Whose key of which route it has."""
        if self.key is None:
            return None
        return self.caller.operator_id, f"{self.route.method} {self.route.path}", self.key

    def told(self, asked: AskedFor) -> Told:
        """Its answer as it goes out."""
        return Told(status=self.status(asked), body=as_json(asked.answer))

    def kept(self, answer: Row) -> str:
        """What is kept of an answer for the key: nothing that is shown once."""
        said = {name: value for name, value in answer.items() if name not in self.action.shows}
        return as_json(said)


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

    async def known(self, wish: Wish) -> Told | None:
        """What the same request was answered before, by its key; nothing is done."""
        async with self._place.statements(read_only=True) as db:
            return await Once(wish.named(), wish.content()).known(db)

    async def _act(self, wish: Wish) -> Told | DeskRefusedError:
        once = Once(wish.named(), wish.content())
        async with self._place.of(wish.caller.partner).at(wish.caller.person) as at:
            known = await once.begin(at.db)
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
                return await once.end(at.db, wish.told(asked), wish.kept(asked.answer))
            await once.give_back(at.db)
        return asked.refusal

    async def _work(self, wish: Wish, job: Job) -> Told:
        """What is asked again while it is under way has its answer, if that comes soon."""
        for _ in range(LOOKS):
            try:
                return await self._work_once(wish, job)
            except UnderWayError:
                await asyncio.sleep(LOOK_S)
        raise ProblemError("overloaded", "The request of this key is under way: ask again.")

    async def _work_once(self, wish: Wish, job: Job) -> Told:
        """A job has its own transactions: a key is taken before them, and given back if refused."""
        change, given = wish.change, wish.asked.given
        once = Once(wish.named(), wish.content())
        async with self._place.of(wish.caller.partner).at(wish.caller.person) as at:
            known = await once.begin(at.db, lives_s=LIVES_S)
            if known is not None:
                return known
            await _check_version(at.db, wish)
            change, waiting = await weigh(job, at, given, change)
            if waiting is not None:
                return await once.end(at.db, wish.told(waiting), wish.kept(waiting.answer))

        def site(note: "Note") -> Site:
            async def noted(db: Transaction, after: Mapping[str, Any]) -> None:
                await note(db, after)
                await once.note(db)

            return self._place.site(noted)

        try:
            async with once.living(self._place.statements):
                answer = await work(job, given, change, site)
        except BaseException:
            async with self._place.statements() as db:
                await once.give_back(db)
            raise
        told = Told(status=wish.status(), body=as_json(answer))
        async with self._place.statements() as db:
            return await once.end(db, told, wish.kept(answer))


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
