"""The admin API: a route for each thing that is declared, and for nothing else."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.action import Action
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.rest import asked as reading
from gateway.ground.desk.rest.acting import Acting, Wish
from gateway.ground.desk.rest.caller import Caller, Doorkeeper
from gateway.ground.desk.rest.document import admin_document
from gateway.ground.desk.rest.listing import known_filters, list_rows, versions
from gateway.ground.desk.rest.once import Told
from gateway.ground.desk.rest.place import Place
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.rest.seeing import see
from gateway.ground.desk.rest.taking_in import TakingIn
from gateway.ground.desk.rest.uploading import FILE
from gateway.ground.desk.route import Route as Where
from gateway.ground.desk.route import key_of, route_of
from gateway.ground.desk.view import Page, View
from gateway.ground.http.answers import JSON_TYPE
from gateway.ground.http.body import invalid, read_body, require_json
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.meters import HttpMeters
from gateway.ground.http.operation import OPERATION, Operation, Route
from gateway.ground.http.paging import NO_PARAMETERS, parse_query
from gateway.ground.http.request import Request, of
from gateway.ground.http.router import Router

ROOT: Final = "/admin"
V1: Final = f"{ROOT}/v1"
Declared = Action | View | Page
Answering = Callable[[Caller, Request, tuple[str, ...]], Any]


class AdminApi:
    """Answers everything below `/admin`. Who asks is known before anything else is looked at."""

    def __init__(
        self, place: Place, doorkeeper: Doorkeeper, declared: Sequence[Declared], acting: Acting
    ) -> None:
        self._place = place
        self._doorkeeper = doorkeeper
        self._declared = declared
        self._acting = acting
        self._taking_in = TakingIn(place, self._acting)
        self._router = Router(self._routes(), HttpMeters())

    async def answer(self, request: BaseRequest, _rest: str) -> StreamResponse:
        """Any request. Raises ProblemError: unauthenticated first, then not-found, and so on."""
        ours = of(request)
        caller = self._doorkeeper.identify(ours)
        path, _, _ = ours.raw_path.partition("?")
        endpoint, variables = self._router.find(request.method, path)
        return await endpoint.handler(caller, ours, *variables)

    def _routes(self) -> list[Route]:
        own = [
            Route("GET", f"{V1}/me", self._me, _ANY),
            Route("GET", f"{ROOT}/openapi.json", self._openapi, _ANY),
        ]
        for one in self._declared:
            where = route_of(one)
            own.append(Route(where.method, f"{V1}/{where.path}", self._handler(one, where), _ANY))
            if isinstance(one, Page) and one.posted:
                own.append(Route("POST", f"{V1}/{where.path}", self._posted(one, where), _ANY))
        return own

    def _posted(self, page: Page, where: Where) -> Any:
        async def handler(caller: Caller, request: Request, *values: str) -> StreamResponse:
            variables = dict(zip(where.named, values, strict=True))
            caller.require(page.permission)
            with as_problems(page):
                parse_query(request, NO_PARAMETERS)
                said = await _read_said(request)
                reading.refuse_unknown(said, reading.taken(page, variables))
                given = reading.as_given(page.given, {**said, **variables})
                if page.on_site:
                    return _json(as_json(await page.read(self._place.site(_nothing), given)))
                return _json(as_json(await self._seen(page, caller, request, given)))

        return handler

    async def _seen(self, page: Page, caller: Caller, request: Request, given: Given) -> Any:
        """What a page shows to somebody, with whatever is written of it."""
        change = caller.change(request, None)
        return await see(
            self._place, caller, change, lambda at: page.read(at, given, change),
            name=f"{page.noun.name}.{page.verb}", given=given,
        )  # fmt: skip

    def _handler(self, one: Declared, where: Where) -> Any:
        async def handler(caller: Caller, request: Request, *values: str) -> StreamResponse:
            variables = dict(zip(where.named, values, strict=True))
            caller.require(one.permission)
            with as_problems(one):
                if isinstance(one, Job) and one.taking is not None:
                    return await self._take_in(one, caller, request)
                if isinstance(one, Action):
                    return await self._act(one, where, caller, request, variables)
                if isinstance(one, View):
                    return await self._list(one, caller, request)
                return await self._show(one, caller, request, variables)

        return handler

    async def _list(self, view: View, caller: Caller, request: Request) -> StreamResponse:
        query = parse_query(request, known_filters(view))
        found = await self._place.look(caller.person, lambda at: list_rows(view, at, query))
        return _json(as_json(found))

    async def _show(
        self, page: Page, caller: Caller, request: Request, variables: Mapping[str, str]
    ) -> StreamResponse:
        query = parse_query(request, frozenset(reading.taken(page, variables)))
        given = reading.from_query(page.given, {**query, **variables})
        if page.on_site:
            return _json(as_json(await page.read(self._place.site(_nothing), given)))
        if page.seen_by:
            return _json(as_json(await self._seen(page, caller, request, given)))
        async with self._place.at(caller.person, read_only=True) as at:
            data = dict(await page.read(at, given))
            if page.rows_as is not None:
                return _json(as_json({"data": data.pop(page.rows_as), "next_cursor": None, **data}))
            if not variables:
                return _json(as_json(data))
            name = variables.get(key_of(page.noun), "")
            found = await versions(at.db, page.noun, [name])
        data["version"] = found.get(name, "0")
        return _json(as_json(data), headers={"ETag": f'"{data["version"]}"'})

    async def _act(
        self,
        action: Action,
        where: Where,
        caller: Caller,
        request: Request,
        variables: Mapping[str, str],
    ) -> StreamResponse:
        key = reading.read_key(request.headers.get("Idempotency-Key"))
        version = reading.read_version(request.headers.get("If-Match"))
        parse_query(request, NO_PARAMETERS)
        asked = reading.read_asked(action, variables, await _read_said(request))
        wish = Wish(
            action=action,
            asked=asked,
            caller=caller,
            change=caller.change(request, asked.reason),
            route=where,
            variables=variables,
            key=key,
            version=version,
        )
        return _told(await self._acting.act(wish))

    async def _take_in(self, job: Job, caller: Caller, request: Request) -> StreamResponse:
        """A file for a job: taken in, and worked on by a worker."""
        key = reading.read_key(request.headers.get("Idempotency-Key"))
        known = {*reading.taken(job, ()), reading.REASON}
        query = parse_query(request, frozenset(known | {FILE}))
        if request.content_type == "application/json" and request.body_exists:
            reading.refuse_unknown(await _read_said(request), known)
            raise invalid([(f"/{FILE}", "send the file, as it is or as a part of a form")])
        told = await self._taking_in.take(job, caller, request, query, key=key)
        return _told(told)

    async def _me(self, caller: Caller, request: Request) -> StreamResponse:
        parse_query(request, NO_PARAMETERS)
        data = {
            "operator": caller.name,
            "person": caller.person,
            "roles": caller.roles,
            "permissions": sorted(caller.permissions),
            "frozen": caller.is_frozen,
            **caller.details,
        }
        return _json(as_json(data))

    async def _openapi(self, _caller: Caller, request: Request) -> StreamResponse:
        parse_query(request, NO_PARAMETERS)
        return _json(self._document)

    @cached_property
    def _document(self) -> str:
        return as_json(admin_document(self._declared))


_ANY: Final = Operation(name="admin", tag=OPERATION, summary="The admin API", signed=False)
DOOR: Final = Operation(
    name="adminApi",
    tag=OPERATION,
    summary="The admin API: `GET /admin/openapi.json`, with a token, describes it",
    signed=False,
)
ROUTES: Final = tuple(
    Route(method, f"{ROOT}/{{rest}}", AdminApi.answer, DOOR, deep=True)
    for method in ("GET", "POST")
)


async def _nothing(_db: Any, _after: Any) -> None:
    """A page changes nothing, so it has nothing to write down."""


async def _read_said(request: Request) -> dict[str, Any]:
    """The members of a JSON body, or none. Raises ProblemError."""
    body = await read_body(request)
    if body:
        require_json(request)
    return reading.read_object(body)


def _told(told: Told) -> DirectAnswer:
    return _json(
        told.body,
        status=told.status,
        headers={"Quangate-Replayed": "true"} if told.replayed else None,
    )


def _json(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> DirectAnswer:
    return DirectAnswer(text.encode(), status, JSON_TYPE, headers)
