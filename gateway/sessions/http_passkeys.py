"""Passkeys at the console: what a browser is asked, and what it answers.

The page's module (console.mjs) fetches the two challenges as JSON; what an authenticator answered
is sent by a form, as everything else is.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.html.console import read_form
from gateway.ground.desk.html.fields import Typed
from gateway.ground.desk.html.form_page import CODE, PASSKEY, PURPOSE, SAID_NO_CODE
from gateway.ground.desk.html.form_shown import FORM_TOKEN
from gateway.ground.desk.html.pages import POLICY, leads_to
from gateway.ground.desk.html.problem_pages import refusal_page
from gateway.ground.desk.html.visitor import SIGN_IN, Visitor
from gateway.ground.desk.html.wording import Wording
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.operation import Route
from gateway.ground.http.request import Asked, of
from gateway.sessions import cookies
from gateway.sessions.http import DOOR, one, refused_at, sign_in_form, told
from gateway.sessions.known import SessionsKnown
from gateway.sessions.passkey_rules import Reason, Site
from gateway.sessions.passkeys import Outcome, Passkeys, site_asked
from gateway.sessions.rules import own_path
from gateway.sessions.sign_in import new_shown

MINE: Final = "/console/me/passkeys"
JSON_TYPE: Final = "application/json; charset=utf-8"
SAID_WRONG: Final = (
    "This passkey did not open the console: it is not known here, was revoked, or there were too"
    " many tries; then wait a quarter of an hour."
)
SAID_NOWHERE: Final = (
    "Browsers know passkeys only by HTTPS and by name, or at http://localhost: open the console"
    " there."
)


class Ceremonies:
    """The four requests of browsers that have a passkey, or make one."""

    def __init__(self, sessions: SessionsKnown, passkeys: Passkeys) -> None:
        self._sessions = sessions
        self._passkeys = passkeys

    async def ask_stranger(self, request: BaseRequest) -> StreamResponse:
        """POST …/sign-in/passkey/challenge: for whoever has no session."""
        return await told(of(request), self._ask_stranger)

    async def sign_in(self, request: BaseRequest) -> StreamResponse:
        """POST …/sign-in/passkey: 303 to where somebody wanted to go; else the form again."""
        return await told(of(request), self._sign_in)

    async def ask(self, request: BaseRequest) -> StreamResponse:
        """POST …/me/passkeys/challenge: to step up, or to make one."""
        return await told(of(request), self._ask)

    async def register(self, request: BaseRequest) -> StreamResponse:
        """POST …/me/passkeys/create: 303 to one's own, which say what came of it."""
        return await told(of(request), self._register)

    async def _ask_stranger(
        self, request: Asked, words: Wording, _headers: Mapping[str, str]
    ) -> StreamResponse:
        refused = refused_at(request, words, is_ours=self._sessions.is_ours(request))
        site = site_asked(request)
        if refused is not None or site is None:
            return _said(words, SAID_NOWHERE, HTTPStatus.FORBIDDEN)
        shown = new_shown()
        asked = await self._passkeys.ask_stranger(site, shown)
        cookie = cookies.setting(request, shown, cookies.name_before(request))
        return _json({"publicKey": asked}, cookie)

    async def _sign_in(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        refused = refused_at(request, words, is_ours=self._sessions.is_ours(request))
        if refused is not None:
            return refused
        typed = await read_form(request)  # type: ignore[arg-type]  # aiohttp's own, as all here
        following = own_path(one(typed, "next"))
        shown, site = cookies.read(request, cookies.name_before(request)), site_asked(request)
        session = None
        if shown is not None and site is not None:
            session = await self._passkeys.sign_in(one(typed, PASSKEY), shown, site, request)
        if session is None:
            return await sign_in_form(
                self._sessions, request, words, following, headers, error=SAID_WRONG
            )
        return leads_to(following, {**headers, "Set-Cookie": cookies.setting(request, session)})

    async def _ask(
        self, request: Asked, words: Wording, _headers: Mapping[str, str]
    ) -> StreamResponse:
        visitor, typed = await self._own(request)
        site = site_asked(request)
        if visitor is None:
            said = "You are not signed in, or not any more: sign in first."
            return _said(words, said, HTTPStatus.FORBIDDEN)
        if site is None:
            return _said(words, SAID_NOWHERE, HTTPStatus.CONFLICT)
        cookie = None
        reason = Reason.STEP_UP if one(typed, PURPOSE) == Reason.STEP_UP else Reason.REGISTER
        if reason is Reason.REGISTER and not visitor.caller.stepped_up:
            stepped_up = await self._sessions.step_up(visitor, one(typed, CODE), request)
            if stepped_up is None:
                return _said(words, SAID_NO_CODE, HTTPStatus.FORBIDDEN)
            visitor, cookie = stepped_up.visitor, stepped_up.set_cookie
        asked = await self._passkeys.ask(visitor, reason, site)
        return _json({"publicKey": asked, FORM_TOKEN: visitor.form_token}, cookie)

    async def _register(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        visitor, typed = await self._own(request)
        if visitor is None:
            said = words("You are not signed in, or not any more: sign in first.")
            return refusal_page(request, words, HTTPStatus.FORBIDDEN, said)
        site: Site | None = site_asked(request)
        outcome = Outcome.REFUSED
        if site is not None:
            label = one(typed, "label").strip()
            outcome = await self._passkeys.register(
                visitor, label, one(typed, PASSKEY), site, request
            )
        return leads_to(f"{MINE}?said={outcome.value}", headers)

    async def _own(self, request: Asked) -> tuple[Visitor | None, Typed]:
        """Whose form it is, if it is of a page of ours and of his session."""
        visitor = await self._sessions.identify(request)
        typed = await read_form(request)  # type: ignore[arg-type]  # as above
        if visitor is None or not self._sessions.is_ours(request):
            return None, typed
        return (visitor if one(typed, FORM_TOKEN) == visitor.form_token else None), typed


def _json(document: Mapping[str, Any], cookie: str | None, status: int = 200) -> StreamResponse:
    more = {} if cookie is None else {"Set-Cookie": cookie}
    headers = {**POLICY, "Cache-Control": "no-store", **more}
    return DirectAnswer(orjson.dumps(document), status, JSON_TYPE, headers)


def _said(words: Wording, text: str, status: int) -> StreamResponse:
    return _json({"detail": words(text)}, None, status)


ROUTES: Final = (
    Route("POST", f"{SIGN_IN}/passkey/challenge", Ceremonies.ask_stranger, DOOR),
    Route("POST", f"{SIGN_IN}/passkey", Ceremonies.sign_in, DOOR),
    Route("POST", f"{MINE}/challenge", Ceremonies.ask, DOOR),
    Route("POST", f"{MINE}/create", Ceremonies.register, DOOR),
)
