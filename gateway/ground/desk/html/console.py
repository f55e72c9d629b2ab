"""The console and the portal: a page for each thing that is declared there, and those by hand.

Who asks is known before anything else is looked at; a form is taken from pages of ours alone.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Final, NoReturn
from urllib.parse import parse_qs, quote

import structlog
from aiohttp.web import BaseRequest, Response, StreamResponse

from gateway.ground.desk.action import Action
from gateway.ground.desk.html.address import path_of
from gateway.ground.desk.html.detail_page import show_page
from gateway.ground.desk.html.fields import Typed
from gateway.ground.desk.html.form_page import Forms
from gateway.ground.desk.html.form_shown import FORM_TOKEN, forms_of, is_for_own
from gateway.ground.desk.html.frame import LANGUAGE, language_of, query_of
from gateway.ground.desk.html.listing_page import show_list
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.html.own_shown import read_own
from gateway.ground.desk.html.pages import ASSETS, asset, leads_to
from gateway.ground.desk.html.problem_pages import problem_page, refusal_page
from gateway.ground.desk.html.rooms import Rooms, Visit
from gateway.ground.desk.html.upload_page import Uploads
from gateway.ground.desk.html.visitor import Sessions, Visitor
from gateway.ground.desk.html.wording import Wording
from gateway.ground.desk.job import Job
from gateway.ground.desk.route import route_of
from gateway.ground.desk.view import Page, View
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.body import read_body
from gateway.ground.http.direct_answer import SERVER_NAME
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.operation import OPERATION, Operation, Route
from gateway.ground.http.problems import ProblemError, as_problem
from gateway.ground.http.request import Asked, of
from gateway.ground.http.router import Router

log = structlog.get_logger()

FORM_TYPE: Final = "application/x-www-form-urlencoded"
FIELDS_MAX: Final = 500
_ANY: Final = Operation(name="console", tag=OPERATION, summary="The console", signed=False)


class Console:
    """Answers everything below the root of its face."""

    def __init__(self, rooms: Rooms, sessions: Sessions, forms: Forms, uploads: Uploads) -> None:
        self._rooms = rooms
        self._face = rooms.face
        self._sessions = sessions
        self._forms = forms
        self._uploads = uploads
        self._router = Router(self._routes(), HttpMeters())

    async def answer(self, request: BaseRequest, _rest: str = "") -> StreamResponse:
        """Any request, as a page, whatever happens."""
        ours = of(request)
        words, headers = language_of(ours, self._face)
        visitor: Visitor | None = None
        try:
            visitor = await self._sessions.identify(ours)
            if visitor is None:
                return self._stranger(ours, words, headers)
            visit = Visit(
                rooms=self._rooms, request=ours, visitor=visitor, words=words, headers=headers
            )
            return await self._answer(await visit.with_waiting(), request)
        except ProblemError as problem:
            return problem_page(ours, words, problem, visitor, self._face)
        except StoreUnavailableError as error:
            log.warning("console.store_unavailable", error=str(error), trace_id=ours.trace_id)
            return problem_page(ours, words, as_problem(error), visitor, self._face)
        except Exception as error:
            log.exception("console.failed", method=ours.method, trace_id=ours.trace_id)
            return problem_page(ours, words, as_problem(error), visitor, self._face)

    async def first(self, _request: BaseRequest) -> StreamResponse:
        """GET /console/: as people type it."""
        return leads_to(self._face.root)

    async def asset(self, request: BaseRequest, name: str) -> StreamResponse:
        """GET /console/assets/{name}: what pages need, whoever asks; nothing in it is secret."""
        body = asset(name)
        if body is None:
            words, _ = language_of(of(request), self._face)
            missing = ProblemError("not-found")
            return problem_page(of(request), words, missing, None, self._face)
        return Response(
            body=body,
            headers={
                "Content-Type": ASSETS[name],
                "Cache-Control": "public, max-age=86400",
                "X-Content-Type-Options": "nosniff",
                "Server": SERVER_NAME,
            },
        )

    def _stranger(
        self, request: Asked, words: Wording, headers: Mapping[str, str]
    ) -> StreamResponse:
        if request.method in {"GET", "HEAD"}:
            return leads_to(
                f"{self._face.sign_in}?next={quote(request.raw_path, safe='')}", headers
            )
        said = words("You are not signed in, or not any more: sign in first.")
        return refusal_page(request, words, 403, said, self._face)

    async def _answer(self, visit: Visit, request: BaseRequest) -> StreamResponse:
        endpoint, names = self._router.find(request.method, visit.path)
        answer: StreamResponse = await endpoint.handler(visit, request, *names)
        return answer

    # ------------------------------------------------------------ routes

    def _routes(self) -> list[Route]:
        own = {page.path for page in self._rooms.own}
        routes = [route for page in self._rooms.own for route in self._of_own(page)]
        for one in self._rooms.declared:
            if isinstance(one, Action):
                if isinstance(one, Job) and one.taking is not None:
                    routes += self._of_upload(one)
                elif path_of(one) not in own:
                    routes += self._of_action(one)
            elif path_of(one) not in own:
                routes += self._of_seen(one)
        return routes

    def _of_own(self, page: OwnPage) -> list[Route]:
        async def show(visit: Visit, request: BaseRequest, *values: str) -> StreamResponse:
            names = dict(zip(_named(page.path), values, strict=True))
            posted = request.method == "POST"
            if page.permission is not None:
                visit.visitor.caller.require(page.permission)
            if posted:
                typed = await self._typed(visit, request)
                said = {n: texts[-1] for n, texts in typed.items() if n != FORM_TOKEN}
            else:
                said = _asked(visit, page)
            data = await read_own(visit, page, {**said, **names}, posted=posted)
            if "leads" in data:
                return leads_to(data["leads"])
            acts_on = self._rooms.acts_on
            values_ = {
                "data": data,
                "visit": visit,
                "showing": visit.showing,
                "forms": await forms_of(visit, page, names, data.get("thing")),
                "actions": acts_on(page.path, names, visit, data.get("thing")) if names else [],
            }
            title = " ".join([visit.words.of(page), *names.values()])
            return await visit.shown(page.template, title, values_)

        path = f"{self._face.root}/{page.path}".rstrip("/")
        methods = ("GET", "POST") if page.posted else ("GET",)
        return [Route(method, path, show, _ANY) for method in methods]

    def _of_seen(self, one: View | Page) -> list[Route]:
        path = f"{self._face.root}/{path_of(one)}"

        async def show(visit: Visit, request: BaseRequest, *values: str) -> StreamResponse:
            visit.visitor.caller.require(one.permission)
            if isinstance(one, View):
                return await show_list(visit, one)
            names = dict(zip(route_of(one).named, values, strict=True))
            if request.method == "POST":
                typed = await self._typed(visit, request)
                said = {n: texts[-1] for n, texts in typed.items() if n != FORM_TOKEN}
                return await show_page(visit, one, names, said)
            return await show_page(visit, one, names)

        posted = isinstance(one, Page) and one.posted
        return [Route(m, path, show, _ANY) for m in (("POST", "GET") if posted else ("GET",))]

    def _of_action(self, action: Action) -> list[Route]:
        path = f"{self._face.root}/{path_of(action)}"

        async def show(visit: Visit, _request: BaseRequest, *values: str) -> StreamResponse:
            _require(visit, action)
            return await self._forms.show(visit, action, _names(action, values))

        async def act(visit: Visit, request: BaseRequest, *values: str) -> StreamResponse:
            _require(visit, action)
            self._require_ours(visit)
            typed, names = await read_form(request), _names(action, values)
            if not _is_of_session(visit, typed):
                again = await self._forms.done_before(visit, action, names, typed)
                return _refuse_old(visit) if again is None else again
            return await self._forms.act(visit, action, names, typed)

        return [Route("GET", path, show, _ANY), Route("POST", path, act, _ANY)]

    def _of_upload(self, job: Job) -> list[Route]:
        path = f"{self._face.root}/{path_of(job)}"

        async def show(visit: Visit, _request: BaseRequest) -> StreamResponse:
            visit.visitor.caller.require(job.permission)
            return await self._uploads.show(visit, job)

        async def take(visit: Visit, request: BaseRequest) -> StreamResponse:
            visit.visitor.caller.require(job.permission)
            self._require_ours(visit)
            return await self._uploads.act(visit, job, request)

        return [Route("GET", path, show, _ANY), Route("POST", path, take, _ANY)]

    def _require_ours(self, visit: Visit) -> None:
        if not self._sessions.is_ours(visit.request):
            raise ProblemError("forbidden", visit.words("This form was sent by another site."))

    async def _typed(self, visit: Visit, request: BaseRequest) -> Typed:
        """The fields of a form of ours. Raises ProblemError; 403 where a page of ours sent none."""
        self._require_ours(visit)
        typed = await read_form(request)
        return typed if _is_of_session(visit, typed) else _refuse_old(visit)


def _asked(visit: Visit, page: OwnPage) -> dict[str, str]:
    """The query of a page by hand. Raises ProblemError: it has what the page does not know."""
    said = {name: text for name, text in query_of(visit.request).items() if name != LANGUAGE}
    unknown = sorted(said.keys() - page.query)
    if unknown:
        raise ProblemError(
            "invalid-request", errors=[(f"/{name}", "unknown filter") for name in unknown]
        )
    return said


def _is_of_session(visit: Visit, typed: Typed) -> bool:
    shown = "".join(typed.get(FORM_TOKEN, ()))
    return compare_digest(shown.encode(), visit.visitor.form_token.encode())


def _refuse_old(visit: Visit) -> NoReturn:
    said = visit.words("This form is of an earlier session: open it anew.")
    raise ProblemError("forbidden", said)


def _require(visit: Visit, action: Action) -> None:
    """Who has not the permission may do it for himself, where the action says so."""
    if not is_for_own(action, visit.visitor.caller):
        visit.visitor.caller.require(action.permission)


def _names(action: Action, values: Sequence[str]) -> dict[str, str]:
    return dict(zip(route_of(action).named, values, strict=True))


def _named(path: str) -> list[str]:
    return [step[1:-1] for step in path.split("/") if step.startswith("{")]


async def read_form(request: BaseRequest) -> Typed:
    """A form's fields, each with all it has. Raises ProblemError."""
    body = await read_body(request)
    if request.content_type != FORM_TYPE:
        raise ProblemError(
            "unsupported-media-type", "A form is sent as application/x-www-form-urlencoded."
        )
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        raise ProblemError("invalid-request", "The form cannot be read.") from None
