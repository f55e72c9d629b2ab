"""Signing in to the portal: by a signed request, or by the form of a person; and signing out."""

from typing import Final

from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.html.address import PORTAL
from gateway.ground.desk.rest.place import Place
from gateway.ground.http.body import require_no_members
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.operation import WRITE_PROBLEMS, Answer, Operation, Route
from gateway.ground.http.paging import NO_PARAMETERS, parse_query
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import of
from gateway.partners.authentication import Gate
from gateway.sessions import cookies
from gateway.sessions.http import DOOR, SAID_PLAIN, SigningIn
from gateway.sessions.portal_rules import COOKIE_OF
from gateway.sessions.portal_sign_in import begin_by_key
from gateway.sessions.rules import is_own_machine

SESSION: Final = f"{PORTAL.root}/session"
SIGN_IN_BY_KEY: Final = Operation(
    name="signInToPortal",
    tag="Portal",
    summary="Sign in to the portal",
    description=(
        "Any key but one of the sandbox; the body is `{}`. The cookie of the answer opens the"
        " pages below `/portal` for at most 12 hours, or until the key ends."
    ),
    answers={204: Answer("Signed in: `Set-Cookie` has the session.", media_type="")},
    problems=WRITE_PROBLEMS,
)


class KeySignIn:
    """POST /portal/session."""

    def __init__(self, gate: Gate, place: Place) -> None:
        self._gate = gate
        self._place = place

    async def begin(self, request: BaseRequest) -> StreamResponse:
        """204 and the cookie. The nonce is used up."""
        key, body = await self._gate.admit_write(request, None)
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        asked = of(request)
        if not asked.is_https and not is_own_machine(asked.headers.get("Host", "")):
            raise ProblemError("forbidden", SAID_PLAIN)
        shown = await begin_by_key(self._place, key.key_id, asked)
        cookie = cookies.setting(asked, shown, cookies.name_of(asked, COOKIE_OF))
        kept = {"Set-Cookie": cookie, "Cache-Control": "no-store"}
        return DirectAnswer(b"", 204, "application/json", kept)


class PortalSigningIn(SigningIn):
    """GET and POST /portal/sign-in, POST /portal/sign-out, for people of partners."""


KEY_ROUTES: Final = (Route("POST", SESSION, KeySignIn.begin, SIGN_IN_BY_KEY),)
PERSON_ROUTES: Final = (
    Route("GET", PORTAL.sign_in, PortalSigningIn.show, DOOR),
    Route("POST", PORTAL.sign_in, PortalSigningIn.sign_in, DOOR),
    Route("POST", PORTAL.sign_out, PortalSigningIn.sign_out, DOOR),
)
