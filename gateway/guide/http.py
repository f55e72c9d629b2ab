"""GET /docs and its neighbours: pages for partners, upstreams, operators, and their one script."""

from functools import cache
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.ground.http.answers import text_response
from gateway.ground.http.openapi import document
from gateway.ground.http.operation import OPERATION, Answer, Operation, Parameter, Route, Spoken
from gateway.ground.http.paging import parse_query
from gateway.guide.pages import CONSOLE, LANGUAGES, POLICY, language_of, page

_LANG: Final = Parameter(
    "lang",
    "The language, whatever `Accept-Language` says.",
    {"type": "string", "enum": list(LANGUAGES)},
)


def _reading(name: str, summary: str) -> Operation:
    return Operation(
        name=name,
        tag=OPERATION,
        summary=summary,
        signed=False,
        query=(_LANG,),
        answers={200: Answer("One page, in Chinese or English.", media_type="text/html")},
        problems=("invalid-request",),
    )


READ_CONSOLE: Final = Operation(
    name="readConsole",
    tag=OPERATION,
    summary="What signs requests on the page for partners",
    signed=False,
    answers={200: Answer("An ES module.", media_type="text/javascript")},
)


class Guide:
    """Each page is made once, when somebody asks."""

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken
        self._page = cache(lambda reader, language: page(reader, language, document(spoken)))

    async def partner(self, request: BaseRequest) -> Response:
        """GET /docs."""
        return self._answer(request, "partner")

    async def upstream(self, request: BaseRequest) -> Response:
        """GET /docs/upstream."""
        return self._answer(request, "upstream")

    async def operator(self, request: BaseRequest) -> Response:
        """GET /docs/operator."""
        return self._answer(request, "operator")

    async def console(self, _request: BaseRequest) -> Response:
        """GET /docs/console.js."""
        return text_response(CONSOLE, "text/javascript; charset=utf-8", **POLICY)

    def _answer(self, request: BaseRequest, reader: str) -> Response:
        asked = parse_query(request, frozenset({"lang"})).get("lang")
        language = language_of(request.headers.get("Accept-Language", ""), asked)
        more = {"Content-Language": language, "Vary": "Accept-Language"}
        return text_response(
            self._page(reader, language), "text/html; charset=utf-8", **POLICY, **more
        )


ROUTES: Final = (
    Route("GET", "/docs", Guide.partner, _reading("readDocs", "These pages, for partners")),
    Route("GET", "/docs/upstream", Guide.upstream, _reading("readUpstreamDocs", "For upstreams")),
    Route("GET", "/docs/operator", Guide.operator, _reading("readOperatorDocs", "For operators")),
    Route("GET", "/docs/console.js", Guide.console, READ_CONSOLE),
)
