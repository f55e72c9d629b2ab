"""Signing in and stepping up by passkey, and making one: an answer to a challenge of ours, once.

A challenge is sealed with the key file's vault, so nothing is kept of it until it was answered
well; it is for one thing, one session or browser, one site, and five minutes of the database's.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from gateway.ground.desk.html.visitor import Visitor
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.port import At, Secrecy
from gateway.ground.desk.rest.place import Place, in_turn
from gateway.ground.http.request import Asked
from gateway.ground.native_errors import VaultError
from gateway.operators import credentials, passkeys
from gateway.sessions import ceremony
from gateway.sessions.administration import SQL
from gateway.sessions.metrics import SignIns, Tried
from gateway.sessions.passkey_rules import (
    PURPOSE,
    TERM_S,
    Challenge,
    Reason,
    Site,
    is_good,
    new_challenge,
    site_of,
)
from gateway.sessions.rules import REMEMBERED, is_locked
from gateway.sessions.sign_in import address_of, hash_of, start_session

MADE: Final = "passkey.register"  # a row of the log of changes
LABEL_LENGTH_MAX: Final = 64


class Outcome(StrEnum):
    """What came of making one."""

    MADE = "made"
    REFUSED = "refused"
    LABEL = "label"
    THERE = "there"
    MANY = "many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer by a passkey that is kept; `sign_count` None: its other half did not sign it."""

    kept: passkeys.Kept
    sign_count: int | None
    challenge: bytes


def site_asked(request: Asked) -> Site | None:
    """Where a request finds the console; None: no passkeys there."""
    return site_of(request.headers.get("Host", ""), https=request.is_https)


async def check(place: Place, text: str, site: Site) -> Checked | None:
    """Judge an answer; nothing is used up. None: it is of nobody here."""
    answer = await ceremony.read(text)
    if answer is None:
        return None
    async with place.statements(read_only=True) as db:
        kept = await passkeys.find(db, answer.credential_id)
    if kept is None or kept["site"] != site.name:
        return None
    if answer.user not in {None, user_handle(kept["operator_id"])}:
        return None
    count = await ceremony.shown(answer, site, kept["public_key"], kept["sign_count"])
    return Checked(kept=kept, sign_count=count, challenge=answer.challenge)


async def take(at: At, checked: Checked, reason: Reason, whose: str, site: Site) -> bool:
    """Use the passkey, if its answer is right and to a challenge for this; once."""
    if checked.sign_count is None:
        return False
    if not await _is_asked(at, checked.challenge, reason, whose, site):
        return False
    return await passkeys.use(at.db, checked.kept, checked.sign_count, checked.challenge)


def user_handle(operator_id: int) -> bytes:
    """What authenticators know an operator by; says nothing of him."""
    return hashlib.sha256(f"operator {operator_id}".encode()).digest()


class Passkeys:
    """Those of a worker's console; `counted` is told how signing in ended."""

    def __init__(self, place: Place, counted: SignIns) -> None:
        self._place = place
        self._counted = counted

    async def ask_stranger(self, site: Site, shown: str) -> dict[str, Any]:
        """What a browser is to answer that shows this and has no session."""
        async with self._place.at("", read_only=True) as at:
            sealed = await _sealed(at, Reason.SIGN_IN, hash_of(shown).hex(), site)
        return ceremony.to_show(site, sealed)

    async def ask(self, visitor: Visitor, reason: Reason, site: Site) -> dict[str, Any]:
        """What the browser of a session is to answer."""
        caller = visitor.caller
        async with self._place.at(caller.person, read_only=True) as at:
            sealed = await _sealed(at, reason, caller.credential, site)
            there = await passkeys.live_passkeys(at.db, caller.operator_id, site.name)
        if reason is Reason.STEP_UP:
            return ceremony.to_show(site, sealed, there)
        user = user_handle(caller.operator_id)
        return ceremony.to_make(site, sealed, user=user, name=caller.name, there=there)

    async def sign_in(self, text: str, shown: str, site: Site, request: Asked) -> str | None:
        """What the browser shows from now on; None: it is nobody, or the account is locked."""
        checked = await check(self._place, text, site)
        if checked is None:
            return self._counted.count("passkey", Tried(None))
        found = checked

        async def decide() -> Tried:
            async with self._place.at(found.kept["operator"]) as at:
                return await _decide(at, found, hash_of(shown).hex(), site, request)

        return self._counted.count("passkey", await in_turn(decide))

    async def register(
        self, visitor: Visitor, label: str, text: str, site: Site, request: Asked
    ) -> Outcome:
        """Keep the passkey that an authenticator of his has made; he has stepped up."""
        answer = await ceremony.read(text)
        made = None if answer is None else await ceremony.made(answer, site)
        if answer is None or made is None or not visitor.caller.stepped_up:
            return Outcome.REFUSED
        if not 0 < len(label) <= LABEL_LENGTH_MAX or not label.isprintable():
            return Outcome.LABEL
        challenge, caller = answer.challenge, visitor.caller

        async def keep() -> Outcome:
            async with self._place.at(caller.person) as at:
                await credentials.hold(at.db, caller.name)
                if not await _is_asked(at, challenge, Reason.REGISTER, caller.credential, site):
                    return Outcome.REFUSED
                if not await passkeys.spend(at.db, challenge):
                    return Outcome.REFUSED
                if not await passkeys.has_room(at.db, caller.operator_id):
                    return Outcome.MANY
                passkey_id = f"pk_{secrets.token_hex(8)}"
                kept = await passkeys.keep(
                    at.db, passkey_id, caller.operator_id, credential_id=made.credential_id,
                    public_key=made.public_key, site=site.name, label=label,
                    sign_count=made.sign_count,
                )  # fmt: skip
                if not kept:
                    return Outcome.THERE
                after: Mapping[str, Any] = {
                    "operator": caller.name, "label": label, "site": site.name,
                }  # fmt: skip
                change = caller.change(request, None)
                await write_down(at.db, change, MADE, passkey_id, given={}, after=after)
                return Outcome.MADE

        return await in_turn(keep)

    async def forget(self) -> None:
        """Answers to challenges whose term is over."""
        async with self._place.statements() as db:
            await passkeys.forget_answers(db, TERM_S)


async def _decide(at: At, checked: Checked, whose: str, site: Site, request: Asked) -> Tried:
    name, passkey = checked.kept["operator"], checked.kept["passkey_id"]
    who = hash_of(name)
    address = address_of(request)
    kept = await credentials.hold(at.db, name)
    if kept is None:
        return Tried(None)
    failures = await SQL.failures.all(at.db, who, REMEMBERED.total_seconds())
    if is_locked(failures, address, datetime.fromtimestamp(kept["now_s"], UTC)):
        return Tried(None, locked=True)
    if not kept["enabled"] or not await take(at, checked, Reason.SIGN_IN, whose, site):
        await SQL.insert_failure.run(at.db, who, address)
        return Tried(None)
    await SQL.clear_failures.run(at.db, who)
    return Tried(await start_session(at, name, kept["id"], request, passkey=passkey))


async def _sealed(at: At, reason: Reason, whose: str, site: Site) -> bytes:
    challenge = new_challenge(await passkeys.the_time(at.db), reason, whose, site)
    return at.secrecy.wrap(PURPOSE, msgspec.msgpack.encode(challenge))


async def _is_asked(at: At, sealed: bytes, reason: Reason, whose: str, site: Site) -> bool:
    challenge = _opened(at.secrecy, sealed)
    now_s = await passkeys.the_time(at.db)
    return challenge is not None and is_good(challenge, now_s, reason, whose, site)


def _opened(secrecy: Secrecy, sealed: bytes) -> Challenge | None:
    try:
        return msgspec.msgpack.decode(secrecy.open(PURPOSE, sealed), type=Challenge)
    except VaultError:
        return None  # nobody's, or another shop's
