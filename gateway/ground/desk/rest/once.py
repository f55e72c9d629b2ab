"""Idempotency keys of the admin API: what was done for one is not done again.

An action is done in the transaction that takes its key: both are there, or neither. A job has
several: while it works it says that it lives, and each of its effects is there only together
with a sign at its key. A worker that died leaves a key that is quiet. If it did nothing yet,
whoever asks next takes the key over, and the dead one, should it wake up, can do nothing any
more, for the try it was is over. If it did something, nobody does it again: the answer names
the row of the log.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.problems import ProblemError

LIVES_S: Final = 30.0  # without a sign; then its key may be taken over
SIGN_S: Final = 5.0
Named: TypeAlias = tuple[int, str, str]  # an operator, a route, a key
Open: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer: its status and JSON; `replayed`: it was given before to the same key."""

    status: int
    body: str
    replayed: bool = False


class UnderWayError(Exception):
    """The key is taken by a request that has no answer yet."""


class Once:
    """One request with its key; without one nothing of this happens."""

    def __init__(self, named: Named | None, content: bytes) -> None:
        self._named = named
        self._content = content
        self._try = 0

    async def begin(self, db: Transaction, *, lives_s: float | None = None) -> Told | None:
        """Take the key; what it was answered before, if it was. Two at once: one waits here, or, of
        what takes several transactions (`lives_s`), UnderWayError is raised.
        """
        if self._named is None:
            return None
        taken = await SQL.begin_request.one(db, *self._named, self._content, lives_s)
        if taken is not None:
            self._try = taken
            return None
        known = await SQL.known_request.only(db, *self._named)
        if known["content"] != self._content:
            raise ProblemError("idempotency-conflict", "This key was used for another request.")
        if known["status"] is not None and known["answer"] is not None:
            return Told(status=known["status"], body=known["answer"], replayed=True)
        if known["died"] and known["change_id"] is not None:
            raise ProblemError(
                "refused",
                f"What this key asked for was done, or a part of it: change {known['change_id']}"
                " says what. Whoever did it ended before the answer; ask for what is left with"
                " another key.",
                members={"why": "answer-lost", "change": known["change_id"]},
            )
        raise UnderWayError

    async def known(self, db: Transaction) -> Told | None:
        """What the same request was answered before; nothing is taken or done."""
        found = None if self._named is None else await SQL.known_request.one(db, *self._named)
        if found is None or found["content"] != self._content:
            return None
        status, answer = found["status"], found["answer"]
        if status is None or answer is None:
            return None
        return Told(status=status, body=answer, replayed=True)

    async def note(self, db: Transaction) -> None:
        """In the transaction of an effect, after its row of the log. Raises ProblemError if
        somebody else goes on with this request: then there is no effect.
        """
        if self._named is None:
            return
        if await SQL.note_request.one(db, *self._named, self._try) is None:
            raise ProblemError("overloaded", "Another worker went on with this request: ask again.")

    async def end(self, db: Transaction, told: Told, kept: str) -> Told:
        """The answer as it goes out; `kept` is what the key is answered with from now on."""
        if self._named is not None:
            await SQL.end_request.run(db, *self._named, self._try, told.status, kept)
        return told

    async def give_back(self, db: Transaction) -> None:
        """What was refused used no key up."""
        if self._named is not None:
            await SQL.forget_request.run(db, *self._named, self._try)

    @asynccontextmanager
    async def living(self, statements: Open) -> AsyncIterator[None]:
        """Say now and then that it is under way."""
        if self._named is None:
            yield
            return
        saying = asyncio.create_task(self._say(statements, self._named))
        try:
            yield
        finally:
            saying.cancel()
            with suppress(asyncio.CancelledError):
                await saying

    async def _say(self, statements: Open, named: Named) -> None:
        while True:
            await asyncio.sleep(SIGN_S)
            with suppress(StoreUnavailableError):  # the next one is soon enough
                async with statements() as db:
                    await SQL.live_request.run(db, *named, self._try, LIVES_S)
