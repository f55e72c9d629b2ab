"""Signing in: name, password and one-time code in one try, which ends one way or the other.

All of it is one look: what was wrong is not told, and takes as long. A code that was shown is
spent, whatever became of the try.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.ground.desk.action import Change
from gateway.ground.desk.gate import Way
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.http.request import Asked
from gateway.operators import credentials
from gateway.sessions.administration import SQL
from gateway.sessions.checking import PasswordChecks
from gateway.sessions.metrics import SignIns, Tried
from gateway.sessions.rules import REMEMBERED, counted_address, is_locked

NAME_LENGTH_MAX: Final = 64
PASSWORD_LENGTH_MAX: Final = 1024
CODE_LENGTH_MAX: Final = 64
STARTED: Final = "session.start"  # rows of the log of changes
ENDED: Final = "session.end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was typed."""

    name: str
    password: str
    code: str

    @property
    def is_sane(self) -> bool:
        """Whether it could be right; what could not is nobody's."""
        texts = ((self.name, NAME_LENGTH_MAX), (self.password, PASSWORD_LENGTH_MAX))
        return all(0 < len(text) <= most and "\0" not in text for text, most in texts) and (
            len(self.code) <= CODE_LENGTH_MAX
        )


# Begins the session of somebody who is who he says: his name and id, and the partner whose he is.
# What his browser shows.
Begin = Callable[[At, str, int, int | None, Asked], Awaitable[str]]


class SignIn:
    """Lets people in: the shop's own, or those `of_partners`. `counted` is told how it ended."""

    def __init__(
        self,
        place: Place,
        checks: PasswordChecks,
        counted: SignIns,
        begin: Begin,
        *,
        of_partners: bool = False,
    ) -> None:
        self._place = place
        self._checks = checks
        self._begin = begin
        self._of_partners = of_partners
        self._counted = counted

    async def sign_in(self, said: Said, request: Asked) -> str | None:
        """What the browser shows from now on; None: it is not him, or the account is locked.

        Raises OverloadedError where too many try at once.
        """
        if not said.is_sane:
            return self._counted.count("password", Tried(None))
        address = address_of(request)
        async with self._place.statements(read_only=True) as db:
            kept = await SQL.password_of.one(db, said.name)
        is_his = await self._checks.holds(kept, said.password, address)

        async def decide() -> Tried:
            async with self._place.at(said.name) as at:
                return await self._decide(at, said, kept if is_his else None, address, request)

        return self._counted.count("password", await in_turn(decide))

    async def _decide(
        self, at: At, said: Said, checked: str | None, address: str, request: Asked
    ) -> Tried:
        """`checked` is the kept password that was shown; made anew meanwhile it is none."""
        who = hash_of(said.name)
        kept = await credentials.hold(at.db, said.name)
        failures = await SQL.failures.all(at.db, who, REMEMBERED.total_seconds())
        now = datetime.now(UTC) if kept is None else datetime.fromtimestamp(kept["now_s"], UTC)
        locked = is_locked(failures, address, now)
        shown = None
        if kept is not None:
            shown = await credentials.spend_code(
                at.db, at.secrecy, said.name, kept, said.code, recovery=True
            )
        good = (
            kept is not None
            and kept["enabled"]
            and (kept["partner_id"] is not None) is self._of_partners
            and checked == kept["password"]
            and shown is not None
            and shown.is_good
            and (not locked or shown.is_recovery)
        )
        if not good or kept is None:
            if not locked:
                await SQL.insert_failure.run(at.db, who, address)
            return Tried(None, locked)
        await SQL.clear_failures.run(at.db, who)
        begun = await self._begin(at, said.name, kept["id"], kept["partner_id"], request)
        return Tried(begun)


async def begin_session(
    at: At, name: str, operator_id: int, _partner: int | None, request: Asked
) -> str:
    """At the console."""
    return await start_session(at, name, operator_id, request)


async def start_session(
    at: At, name: str, operator_id: int, request: Asked, *, passkey: str | None = None
) -> str:
    """Begin one, written down with the passkey that opened it, if one did; what is shown for it."""
    address = address_of(request)
    session_id, shown = f"ses_{secrets.token_hex(8)}", new_shown()
    await SQL.insert_session.run(at.db, session_id, operator_id, hash_of(shown), address)
    how = {"via": Way.CONSOLE.value, "session": session_id, "request_id": request.id}
    change = Change(actor=name, whence=f"{request.client or 'unknown'}", how=how)
    after = {"operator": name} if passkey is None else {"operator": name, "passkey": passkey}
    await write_down(at.db, change, STARTED, session_id, given={}, after=after)
    return shown


def address_of(request: Asked) -> str:
    """By which failures of whoever asks are counted."""
    return counted_address(None if request.client is None else str(request.client))


def new_shown() -> str:
    """What a browser shows: 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_of(text: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(text.encode(errors="replace")).digest()
