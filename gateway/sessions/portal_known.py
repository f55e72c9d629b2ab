"""Who shows the portal's cookie: looked up at every request, so a revoked key is nobody at once."""

import ipaddress
from dataclasses import replace

from gateway.ground.desk.gate import Way
from gateway.ground.desk.html.visitor import SteppedUp, Visitor
from gateway.ground.desk.perform import write_down
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.place import Place
from gateway.ground.http.address import is_within
from gateway.ground.http.request import Asked
from gateway.sessions import cookies
from gateway.sessions.portal_rules import COOKIE_OF, OF_A_PERSON, may
from gateway.sessions.portal_sessions import SQL, LiveSession
from gateway.sessions.rules import IDLE_S, LIFETIME_S, SEEN_EVERY_S, STEP_UP_S, form_token
from gateway.sessions.sign_in import hash_of
from gateway.sessions.step_up import by_code, is_of_ours, step_up

ENDED = "portal-session.end"  # rows of the log of changes
STARTED = "portal-session.start"


class PortalSessions:
    """The `Sessions` of the portal."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def identify(self, request: Asked) -> Visitor | None:
        """Who asks, and whose he is. A key's networks hold for its sessions, too."""
        shown = cookies.read(request, cookies.name_of(request, COOKIE_OF))
        if shown is None:
            return None
        async with self._place.statements() as db:
            found = await SQL.live_session.one(
                db, hash_of(shown), LIFETIME_S, IDLE_S, STEP_UP_S, SEEN_EVERY_S
            )
            if found is None or not _may_come_from(found, request):
                return None
            if found.unseen:
                await SQL.mark_seen.run(db, found.session_id)
        return Visitor(caller=_caller(found), form_token=form_token(shown))

    def is_ours(self, request: Asked) -> bool:
        """By what its head says."""
        return is_of_ours(request)

    async def step_up(self, visitor: Visitor, code: str, request: Asked) -> SteppedUp | None:
        """Take a person's one-time code; who signed with a key signs in again instead."""
        caller = visitor.caller
        if not caller.is_somebody:
            return None
        shown = await step_up(
            self._place, caller, request, by_code(caller.name, code), SQL.renew.run
        )
        if shown is None:
            return None
        return SteppedUp(
            visitor=Visitor(caller=replace(caller, stepped_up=True), form_token=form_token(shown)),
            set_cookie=cookies.setting(request, shown, cookies.name_of(request, COOKIE_OF)),
        )

    async def step_up_by_passkey(
        self,
        visitor: Visitor,  # noqa: ARG002  as the protocol has them
        answer: str,  # noqa: ARG002
        request: Asked,  # noqa: ARG002
    ) -> SteppedUp | None:
        """None: passkeys are for operators alone."""
        return None

    async def end(self, visitor: Visitor, request: Asked) -> None:
        """Sign out."""
        async with self._place.statements() as db:
            session = visitor.caller.credential
            await SQL.end_session.run(db, session)
            change = visitor.caller.change(request, None)
            await write_down(db, change, ENDED, session, given={})

    async def somebody_is_there(self) -> bool:
        """Whether anybody could sign in: by key, always."""
        return True


def _may_come_from(found: LiveSession, request: Asked) -> bool:
    if not found.allow_ips:
        return True
    networks = tuple(ipaddress.ip_network(text) for text in found.allow_ips)
    return request.client is not None and is_within(request.client, networks)


def _caller(found: LiveSession) -> Caller:
    by_key = found.key_id is not None
    return Caller(
        operator_id=found.operator_id or 0,
        name=str(found.key_id if by_key else found.operator),
        person=str(found.key_id if by_key else found.person),
        roles=(),
        permissions=may(found.scopes or ()) if by_key else OF_A_PERSON,
        way=Way.PORTAL,
        credential=found.session_id,
        details={
            "session": found.session_id,
            "ends_at": found.ends_at,
            "partner": found.partner,
            "key_id": found.key_id,
        },
        stepped_up=found.stepped_up,
        partner=found.partner_id,
    )
