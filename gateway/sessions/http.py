"""The pages of the console that need no session: signing in; and signing out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import structlog
from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.html.address import CONSOLE, Face
from gateway.ground.desk.html.console import read_form
from gateway.ground.desk.html.fields import Typed
from gateway.ground.desk.html.form_shown import FORM_TOKEN
from gateway.ground.desk.html.frame import frame, language_of, query_of
from gateway.ground.desk.html.pages import leads_to, page_answer
from gateway.ground.desk.html.problem_pages import problem_page, refusal_page
from gateway.ground.desk.html.visitor import SIGN_IN, SIGN_OUT, Sessions, Visitor
from gateway.ground.desk.html.wording import Wording
from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.http.operation import OPERATION, Operation, Route
from gateway.ground.http.problems import ProblemError, as_problem
from gateway.ground.http.request import Asked, of
from gateway.sessions import cookies
from gateway.sessions.passkeys import site_asked
from gateway.sessions.rules import is_own_machine, own_path
from gateway.sessions.sign_in import Said, SignIn

log = structlog.get_logger()
Doing = Callable[[Asked, Wording, Mapping[str, str]], Awaitable[StreamResponse]]
SAID_WRONG: Final = (
    "This did not work: name, password or one-time code is wrong, or there were too many tries;"
    " then wait a quarter of an hour. A code is good for one try."
)
SAID_PLAIN: Final = (
    "Sign in over HTTPS, or on the machine itself. If a proxy ends TLS for you, name it with"
    " QUANGATE_TRUSTED_PROXIES, and let it send X-Forwarded-Proto."
)


class Known(Sessions, Protocol):
    """Sessions that end."""

    async def end(self, visitor: Visitor, request: Asked) -> None:
        """Sign out."""

    async def somebody_is_there(self) -> bool:
        """Whether anybody could sign in at all."""


async def told(request: Asked, do: Doing, face: Face = CONSOLE) -> StreamResponse:
    """What `do` answers; a problem as a page."""
    words, headers = language_of(request, face)
    try:
        return await do(request, words, headers)
    except ProblemError as problem:
        return problem_page(request, words, problem, None, face)
    except StoreUnavailableError as error:
        if not isinstance(error, OverloadedError):
            log.warning("console.store_unavailable", error=str(error))
        return problem_page(request, words, as_problem(error), None, face)
    except Exception as error:
        log.exception("console.failed", trace_id=request.trace_id)
        return problem_page(request, words, as_problem(error), None, face)


def refused_at(
    request: Asked, words: Wording, *, is_ours: bool, face: Face = CONSOLE
) -> StreamResponse | None:
    """Why nobody signs in by this request, whoever he is; None: he may try."""
    if not is_ours:
        return refusal_page(request, words, 403, words("This form was sent by another site."), face)
    if not request.is_https and not is_own_machine(request.headers.get("Host", "")):
        return refusal_page(request, words, 403, words(SAID_PLAIN), face)
    return None


async def sign_in_form(
    sessions: Known,
    request: Asked,
    words: Wording,
    following: str,
    headers: Mapping[str, str],
    *,
    name: str = "",
    error: str | None = None,
    face: Face = CONSOLE,
    template: str = "sign_in.html",
) -> StreamResponse:
    """The form, 403 with what was wrong about the try before, if there was one."""
    around = frame(request, words, title=words("Sign in"), face=face)
    values = {
        "fresh": not await sessions.somebody_is_there(),
        "errors": [] if error is None else [words(error)],
        "next": following,
        "name": name,
        "passkeys": site_asked(request) is not None,
    }
    status = 200 if error is None else 403
    return page_answer(template, {**values, **around}, status, headers)


class SigningIn:
    """GET and POST /console/sign-in, POST /console/sign-out; the same of another face.

    `form` is its template, `cookie_of` what stands behind the console's name of the cookie.
    """

    def __init__(
        self,
        sessions: Known,
        sign_in: SignIn,
        *,
        face: Face = CONSOLE,
        form: str = "sign_in.html",
        cookie_of: str = "",
    ) -> None:
        self._sessions = sessions
        self._sign_in = sign_in
        self._face = face
        self._template = form
        self._cookie_of = cookie_of

    async def show(self, request: BaseRequest) -> StreamResponse:
        """The form; and how to make the first operator, where there is none."""
        return await told(of(request), self._show, self._face)

    async def sign_in(self, request: BaseRequest) -> StreamResponse:
        """303 to where somebody wanted to go; else the form again, which does not say why."""
        return await told(of(request), self._sign_in_as_said, self._face)

    async def sign_out(self, request: BaseRequest) -> StreamResponse:
        """303 to the form."""
        return await told(of(request), self._end, self._face)

    async def _show(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        following = own_path(query_of(request).get("next"), self._face.root)
        if await self._sessions.identify(request) is not None:
            return leads_to(following, headers)
        return await sign_in_form(
            self._sessions, request, words, following, headers,
            face=self._face, template=self._template,
        )  # fmt: skip

    async def _sign_in_as_said(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        is_ours = self._sessions.is_ours(request)
        refused = refused_at(request, words, is_ours=is_ours, face=self._face)
        if refused is not None:
            return refused
        typed = await read_form(request)  # type: ignore[arg-type]  # aiohttp's own, as all here
        following = own_path(one(typed, "next"), self._face.root)
        name = one(typed, "operator").strip()
        said_ = Said(name=name, password=one(typed, "password"), code=one(typed, "code"))
        shown = await self._sign_in.sign_in(said_, request)
        if shown is None:
            return await sign_in_form(
                self._sessions, request, words, following, headers, name=name, error=SAID_WRONG,
                face=self._face, template=self._template,
            )  # fmt: skip
        cookie = cookies.setting(request, shown, cookies.name_of(request, self._cookie_of))
        return leads_to(following, {**headers, "Set-Cookie": cookie})

    async def _end(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        visitor = await self._sessions.identify(request)
        if visitor is not None:
            if not self._sessions.is_ours(request):
                said = words("This form was sent by another site.")
                return refusal_page(request, words, 403, said, self._face)
            typed = await read_form(request)  # type: ignore[arg-type]  # as above
            if one(typed, FORM_TOKEN) != visitor.form_token:
                said = words("This form is of an earlier session: open it anew.")
                return refusal_page(request, words, 403, said, self._face)
            await self._sessions.end(visitor, request)
        return leads_to(
            self._face.sign_in,
            {**headers, "Set-Cookie": cookies.forgetting(request, self._cookie_of)},
        )


def one(typed: Typed, name: str) -> str:
    """A field's text."""
    return "".join(typed.get(name, ()))


DOOR: Final = Operation(name="signIn", tag=OPERATION, summary="Signing in", signed=False)
ROUTES: Final = (
    Route("GET", SIGN_IN, SigningIn.show, DOOR),
    Route("POST", SIGN_IN, SigningIn.sign_in, DOOR),
    Route("POST", SIGN_OUT, SigningIn.sign_out, DOOR),
)
