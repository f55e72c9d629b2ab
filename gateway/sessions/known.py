"""Who shows a cookie: looked up at every request, so whoever was disabled is nobody at once."""

from dataclasses import replace

from gateway.ground.desk.gate import Way
from gateway.ground.desk.html.visitor import SteppedUp, Visitor
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.place import Place
from gateway.ground.http.request import Asked
from gateway.operators import credentials
from gateway.operators.colleagues import roles_and_permissions
from gateway.sessions import cookies, passkeys
from gateway.sessions.administration import SQL, LiveSession
from gateway.sessions.passkey_rules import Reason
from gateway.sessions.passkeys import site_asked
from gateway.sessions.rules import IDLE_S, LIFETIME_S, SEEN_EVERY_S, STEP_UP_S, form_token
from gateway.sessions.sign_in import ENDED, hash_of
from gateway.sessions.step_up import Holds, by_code, is_of_ours, step_up


class SessionsKnown:
    """The `Sessions` of the console: cookies only, never a token."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def identify(self, request: Asked) -> Visitor | None:
        """Who asks, with what he may at this moment."""
        shown = cookies.read(request, cookies.name_of(request))
        if shown is None:
            return None
        async with self._place.statements() as db:
            found = await SQL.live_session.one(
                db, hash_of(shown), LIFETIME_S, IDLE_S, STEP_UP_S, SEEN_EVERY_S
            )
            if found is None:
                return None
            if found.unseen:
                await SQL.mark_seen.run(db, found.session_id)
            roles, permissions = await roles_and_permissions(db, found.name)
        return Visitor(
            caller=_caller(found, roles, permissions),
            form_token=form_token(shown),
            has_passkey=found.has_passkey,
        )

    def is_ours(self, request: Asked) -> bool:
        """By what its head says."""
        return is_of_ours(request)

    async def step_up(self, visitor: Visitor, code: str, request: Asked) -> SteppedUp | None:
        """Take a one-time code; the session goes on under another cookie for it."""
        return await self._renewed(visitor, request, by_code(visitor.caller.name, code))

    async def step_up_by_passkey(
        self, visitor: Visitor, answer: str, request: Asked
    ) -> SteppedUp | None:
        """Take what an authenticator answered to a challenge of this session; as a code."""
        caller, site = visitor.caller, site_asked(request)
        checked = None if site is None else await passkeys.check(self._place, answer, site)

        async def holds(at: At, kept: credentials.Kept) -> bool:
            if site is None or checked is None or checked.kept["operator_id"] != kept["id"]:
                return False
            return await passkeys.take(at, checked, Reason.STEP_UP, caller.credential, site)

        return await self._renewed(visitor, request, holds)

    async def _renewed(
        self,
        visitor: Visitor,
        request: Asked,
        holds: Holds,
    ) -> SteppedUp | None:
        caller = visitor.caller
        shown = await step_up(self._place, caller, request, holds, SQL.renew.run)
        if shown is None:
            return None
        caller = replace(caller, stepped_up=True)
        return SteppedUp(
            visitor=replace(visitor, caller=caller, form_token=form_token(shown)),
            set_cookie=cookies.setting(request, shown),
        )

    async def end(self, visitor: Visitor, request: Asked) -> None:
        """Sign out."""
        async with self._place.statements() as db:
            session = visitor.caller.credential
            await SQL.end_session.run(db, session)
            change = visitor.caller.change(request, None)
            await write_down(db, change, ENDED, session, given={})

    async def somebody_is_there(self) -> bool:
        """Whether anybody could sign in at all."""
        async with self._place.statements(read_only=True) as db:
            return await SQL.enabled_operators.only(db)


def _caller(found: LiveSession, roles: tuple[str, ...], permissions: frozenset[str]) -> Caller:
    return Caller(
        operator_id=found.operator_id,
        name=found.name,
        person=found.person,
        roles=roles,
        permissions=permissions,
        way=Way.CONSOLE,
        credential=found.session_id,
        details={"session": found.session_id, "ends_at": found.ends_at},
        is_frozen=found.is_frozen,
        stepped_up=found.stepped_up,
    )
